"""Steps on many records at once; the index is fed, as after any change."""

from __future__ import annotations

from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents.exchange.standing import given_to_many
from documents.models import (
    Assignment,
    Record,
    Role,
    SchoolClass,
    Signature,
    State,
    User,
    Version,
)
from workflow.services.locking import CHUNK, lock_records
from workflow.services.returning import return_records
from workflow.services.signing_off import SignOff
from workflow.services.submitting import submit_records

from .measure import Figure, seconds
from .province import need_province, person

LOCKED = 10_000
SUBMITTED = 600


def figures() -> list[Figure]:
    loaded = need_province(indexed=True)
    return [*loaded, *_lock(), *_return(), *_submit()]


def _lock() -> list[Figure]:
    """The dated file of each is made later, in the background, and is not in it."""
    records = Record.objects.filter(state=State.SIGNED).order_by("pk")
    keys = list(records.values_list("pk", flat=True)[:LOCKED])
    officer = person("officer")
    with CaptureQueriesContext(connection) as captured:
        lock_records(record_ids=keys[:1], by=officer)

    def lock() -> None:
        for start in range(1, len(keys), CHUNK):
            taken = lock_records(record_ids=keys[start : start + CHUNK], by=officer)
            assert not taken.refused, taken.refused

    took = seconds(lock)
    return [
        Figure(f"lock {len(keys):,}, {CHUNK} at a time, no files", took, "s", 20),
        Figure("… queries of one lock, index fed", len(captured), ""),
    ]


def _submit() -> list[Figure]:
    """Drafts of several schools, all signed; one person leads all of the classes."""
    records = Record.objects.filter(state=State.DRAFT).order_by("pk")
    keys = list(records.values_list("pk", flat=True)[:SUBMITTED])
    # Nobody of the province: the pages that are measured show each teacher one class.
    teacher, _new = User.objects.get_or_create(username="do-submitter")
    rooms = SchoolClass.objects.filter(records__in=keys).distinct()
    Assignment.objects.bulk_create(
        Assignment(
            user=teacher,
            unit_id=room.school_id,
            role=Role.CLASS_TEACHER,
            school_class=room,
        )
        for room in rooms.exclude(assignments__user=teacher)
    )
    _sign_off(keys, teacher)
    with CaptureQueriesContext(connection) as captured:
        submit_records(record_ids=keys[:1], by=teacher)

    def submit() -> None:
        taken = submit_records(record_ids=keys[1:], by=teacher)
        assert not taken.refused, taken.refused

    took = seconds(submit)
    return [
        Figure(f"submit {len(keys)} that are signed", took, "s", 3),
        Figure("… queries of one submission, index fed", len(captured), ""),
    ]


def _sign_off(keys: list[int], teacher: User) -> None:
    """Their rows and sheets, without a key: what is there already stays."""
    now = timezone.now()
    versions = Version.objects.filter(record__in=keys).select_related("record__issuer")
    given = given_to_many(list(versions))
    Signature.objects.bulk_create(
        row
        for one in given.values()
        for row in SignOff(
            one.version,
            teacher,
            now,
            tuple(one.unsigned_parts()),
            sheet=not one.sheet_is_signed,
        )
        .clicked(one)
        .signatures
    )


def _return() -> list[Figure]:
    """All that waits for one head: the one for whom most waits."""
    waiting = Record.objects.filter(state=State.REVIEWED).order_by()
    counted = waiting.values_list("issuer").annotate(n=Count("*"))
    school, _count = counted.order_by("-n", "issuer")[0]
    head = User.objects.get(assignments__role=Role.HEAD, assignments__unit=school)
    keys = list(waiting.filter(issuer=school).values_list("pk", flat=True))
    reason = "Nhận xét chưa khớp với mức đạt được."
    took = seconds(lambda: return_records(record_ids=keys, by=head, reason=reason))
    return [Figure(f"return {len(keys)}", took, "s")]
