"""What a lock leaves out, and why: before its day as a preview, after it as a report.

Set-based: one query groups, one inserts in portions. The steps themselves stay the
judge of what is locked; these are the reasons for people.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.utils import timezone
from django.utils.translation import gettext as _

from documents import machine
from documents.kinds import KINDS
from documents.models import (
    FINAL_STATES,
    Assignment,
    LedgerEntry,
    Record,
    Role,
    Signature,
    State,
    Unit,
    User,
)
from documents.querysets import RecordQuerySet

from ...models import Deadline, Group, LeftOut, LockRun
from ...models.lockruns import Reason
from .waiting import BACKWARD

PORTION = 1000
# Who holds a role, by the key of the class or of the school.
People = dict[tuple[str, int], User]
# Whose turn it is, by why a record stays out.
WAITS_FOR = {
    Reason.NO_CONTENT: Role.CLASS_TEACHER,
    Reason.CAME_BACK: Role.CLASS_TEACHER,
    Reason.NOT_SUBMITTED: Role.CLASS_TEACHER,
    Reason.NOT_SIGNED: Role.HEAD,
    Reason.SIGNATURE_MISSING: Role.HEAD,
}


@dataclass(frozen=True)
class Lot:
    """Records of one class that stay out for one reason, and whom they wait for."""

    school: str
    school_code: str
    class_name: str
    class_id: int
    reason: Reason
    count: int
    person: str


def left_out(records: RecordQuerySet, group: str = Group.COMPLETED) -> RecordQuerySet:
    """Those of ``records`` that a lock of that group leaves out, with ``why``.

    Nothing final is among them, and nothing that would be locked.
    """
    open_ones = records.exclude(state__in=FINAL_STATES)
    return open_ones.annotate(why=_why(group)).filter(why__isnull=False)


def taken_in(records: RecordQuerySet, group: str) -> RecordQuerySet:
    """Those of ``records`` that a lock of that group would freeze now."""
    signed = records.filter(state=State.SIGNED)
    return signed.annotate(why=_why(group)).filter(why__isnull=True)


def stays_out(records: RecordQuerySet, group: str) -> list[Lot]:
    """What such a lock leaves out of ``records``, by school and class. Two queries."""
    return _grouped(left_out(records, group).order_by(), "why")


def preview(
    records: RecordQuerySet, deadline: Deadline, unit: Unit | None = None
) -> list[Lot]:
    """What ``deadline`` would leave out now at or below ``unit``, by school and class.

    ``records`` are those that the reader may see. Two queries.
    """
    chosen = records.in_unit(unit or deadline.unit).filter(
        school_year=deadline.school_year
    )
    return stays_out(chosen, deadline.group)


def of_run(run: LockRun, unit: Unit | None = None) -> list[Lot]:
    """What a lock left out, as it was then, at or below ``unit``."""
    rows = run.rows.filter(school__path__startswith=(unit or run.deadline.unit).path)
    fields = (
        "school__name",
        "school__code",
        "school_class__name",
        "school_class_id",
        "reason",
        "person__full_name",
    )
    found = rows.order_by("school__name", "school_class__name", "reason")
    return [
        Lot(school, code, name, class_id, Reason(reason), count, person or "")
        for school, code, name, class_id, reason, person, count in found.values_list(
            *fields
        ).annotate(n=Count("pk"))
    ]


def report_locks(at: datetime | None = None) -> list[LockRun]:
    """Write the report of every lock that has been and has none yet.

    Harmless when it runs twice: a deadline has one report.
    """
    at = at or timezone.now()
    done = Deadline.objects.filter(locked_at__isnull=False, lock_run=None)
    return [
        report_lock(deadline, at=at)
        for deadline in done.select_related("unit").order_by("pk")
    ]


@transaction.atomic
def report_lock(deadline: Deadline, *, at: datetime | None = None) -> LockRun:
    """Keep what stayed out of a lock, each record with its reason, as it is now."""
    at = at or timezone.now()
    records = Record.objects.in_unit(deadline.unit).filter(
        school_year=deadline.school_year
    )
    run, created = LockRun.objects.get_or_create(
        deadline=deadline,
        defaults={
            "at": deadline.locked_at or at,
            "locked": records.filter(locked_at=deadline.locked_at).count(),
            "left_out": 0,
        },
    )
    if created:
        run.left_out = _keep(run, records, deadline.group)
        run.save(update_fields=["left_out"])
    return run


def _keep(run: LockRun, records: RecordQuerySet, group: str) -> int:
    rows = list(
        records.exclude(state__in=FINAL_STATES)
        .annotate(why=_why(group))
        .order_by("pk")
        .values_list("pk", "issuer_id", "school_class_id", "state", "why")
    )
    people = _people({row[1] for row in rows}, {row[2] for row in rows})
    kept = [
        LeftOut(
            run=run,
            record_id=key,
            school_id=school,
            school_class_id=school_class,
            state=state,
            reason=(reason := Reason(why or Reason.CAME_LATE)),
            person=_person(people, reason, school, school_class),
        )
        for key, school, school_class, state, why in rows
    ]
    LeftOut.objects.bulk_create(kept, batch_size=PORTION)
    return len(kept)


def workbook_rows(groups: Sequence[Lot]) -> Iterator[tuple[str | int, ...]]:
    """The rows of a workbook: a header, then one line for each group."""
    yield _("School"), _("Class"), _("Why"), _("Waits for"), _("Records")
    for one in groups:
        yield one.school, one.class_name, str(one.reason.label), one.person, one.count


# -- Why ---------------------------------------------------------------------------


def _why(group: str) -> Case:
    """The reason as an expression; NULL for what the lock would take in."""
    whens = [
        When(current__isnull=True, then=Value(Reason.NO_CONTENT)),
        *_second_round(group),
        When(
            Q(state=State.DRAFT) & Q(Exists(_came_back())),
            then=Value(Reason.CAME_BACK),
        ),
        When(state=State.DRAFT, then=Value(Reason.NOT_SUBMITTED)),
        When(state=State.REVIEWED, then=Value(Reason.NOT_SIGNED)),
        When(_signature_missing(), then=Value(Reason.SIGNATURE_MISSING)),
    ]
    return Case(*whens, default=None, output_field=CharField(null=True))


def _second_round(group: str) -> list[When]:
    """In the first round the re-assessed are not missing: their date is another."""
    if group != Group.COMPLETED:
        return []
    not_completed = Q(reassessment__isnull=False)
    for kind in KINDS.values():
        if kind.not_completed_mark:
            not_completed |= Q(
                kind=kind.code, current__canonical__contains=kind.not_completed_mark
            )
    return [When(not_completed, then=Value(Reason.REASSESSED))]


def _came_back() -> QuerySet[LedgerEntry]:
    """The last step of a record, if it led backwards."""
    steps = LedgerEntry.objects.filter(
        record=OuterRef("record"), action__in=list(machine.table())
    )
    newest = steps.order_by("-sequence").values("sequence")[:1]
    return LedgerEntry.objects.filter(
        record=OuterRef("pk"),
        action__in=BACKWARD,
        sequence=Subquery(newest),
    )


def _signature_missing() -> Q:
    missing = Q()
    for kind in KINDS.values():
        for slot in kind.slots:
            if slot.in_pdf:
                there = Signature.objects.filter(
                    version=OuterRef("current"), slot=slot.code
                )
                missing |= Q(kind=kind.code) & ~Q(Exists(there))
    return missing


# -- Who ---------------------------------------------------------------------------


def _people(schools: Collection[int], classes: Collection[int]) -> People:
    """Class teachers by class and heads by school; one query."""
    rows = Assignment.objects.in_force().filter(
        Q(role=Role.HEAD, unit__in=schools)
        | Q(role=Role.CLASS_TEACHER, school_class__in=classes)
    )
    return {
        (one.role, one.school_class_id or one.unit_id): one.user
        for one in rows.select_related("user").order_by("-pk")
    }


def _person(
    people: People, reason: Reason, school: int, school_class: int
) -> User | None:
    role = WAITS_FOR.get(reason)
    if role is None:
        return None
    return people.get((role, school if role == Role.HEAD else school_class))


def _grouped(rows: RecordQuerySet, reason: str) -> list[Lot]:
    fields = (
        "issuer__name",
        "issuer__code",
        "issuer_id",
        "school_class__name",
        "school_class_id",
        reason,
    )
    counted = list(rows.values_list(*fields).annotate(n=Count("pk")))
    people = _people({row[2] for row in counted}, {row[4] for row in counted})
    found = []
    for school, code, school_id, name, class_id, why, count in counted:
        person = _person(people, Reason(why), school_id, class_id)
        waits = str(person or "")
        found.append(Lot(school, code, name, class_id, Reason(why), count, waits))
    return sorted(found, key=lambda one: (one.school, one.class_name, one.reason))
