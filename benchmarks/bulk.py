"""Steps on many records at once; the index is fed, as after any change."""

from __future__ import annotations

from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from documents.models import Record, Role, State, User
from workflow.services.locking import CHUNK, lock_records
from workflow.services.returning import return_records

from .measure import Figure, seconds
from .province import need_province, person

LOCKED = 10_000


def figures() -> list[Figure]:
    loaded = need_province(indexed=True)
    return [*loaded, *_lock(), *_return()]


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
