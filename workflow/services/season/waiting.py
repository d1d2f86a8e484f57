"""What waits for whom, counted: a few grouped queries, whatever the size of a school.

Every queryset that comes in here has been through ``visible_to``; what comes out are
counts, names of colleagues and reasons, never a pupil.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents import machine
from documents.models import LedgerEntry, Record, Role, SchoolClass, State, Unit, User
from documents.querysets import RecordQuerySet

from ...errors import NotAllowed, WorkflowError
from ...models import Batch, BatchItem, Consent, ItemStatus, Notice
from ..bulk.consents import ASKED
from ..notices import notify
from .forecast import deadline_of
from .urging import KINDS, QUEUES, NoDate, holders_below

# Steps after which a draft is with the teacher again, with somebody's reason.
BACKWARD = ("return", "recall")
WRONG = (ItemStatus.FAILED, ItemStatus.REFUSED)
# What went wrong earlier is no news; it stands in the list of batches.
NEWS = timedelta(days=7)
_OF_LOT = (
    "school_class",
    "school_class__name",
    "school_class__school_year",
    "state",
    "n",
    "since",
    "last_step",
    "is_busy",
)
MAY_REMIND = (Role.CLASS_TEACHER, Role.HEAD, Role.REGISTRAR)


class NobodyThere(WorkflowError):
    code = "nobody_there"
    user_message = _("Nobody holds that office now: tell the administrator.")


class NothingLies(WorkflowError):
    code = "nothing_lies_there"
    user_message = _("Nothing waits there any more.")


@dataclass(frozen=True)
class Lot:
    """So many records of one class in one state; ``since`` when the first came there.

    ``last_step`` is that of drafts, ``is_busy`` says that a running batch is about to
    sign them.
    """

    class_id: int
    class_name: str
    school_year: str
    state: str
    count: int
    since: datetime | None
    last_step: str
    is_busy: bool

    @property
    def came_back(self) -> bool:
        """Whether somebody returned or recalled them."""
        return self.last_step in BACKWARD


@dataclass(frozen=True)
class Sent:
    """Why drafts came back: the same reason of the same person counts together."""

    reason: str
    by: str
    at: datetime
    count: int


def lots_of(records: RecordQuerySet) -> list[Lot]:
    """Where the records of a school or a class stand; one query.

    In the order of the classes. The ledger is asked only of what is still open.
    """
    newest = _steps_of(OuterRef("pk"))
    draft, reviewed = Q(state=State.DRAFT), Q(state=State.REVIEWED)
    rows = records.annotate(
        last_step=Case(
            When(draft, then=Subquery(newest.values("action")[:1])),
            default=Value(""),
            output_field=CharField(),
        ),
        is_busy=Case(
            When(reviewed, then=Exists(_being_signed(OuterRef("pk")))),
            default=Value(False),
            output_field=BooleanField(),
        ),
        moved=Case(
            When(draft | reviewed, then=Subquery(newest.values("at")[:1])),
            output_field=DateTimeField(),
        ),
    )
    counted = (
        rows.order_by("-school_year", "school_class__grade", "school_class__name")
        .values("state", "last_step", "is_busy")
        .annotate(n=Count("*"), since=Min("moved"))
        .values_list(*_OF_LOT)
    )
    return [Lot(*row) for row in counted]


def reasons_of(records: RecordQuerySet) -> list[Sent]:
    """Why the drafts among ``records`` came back, the newest first; one query."""
    newest = _steps_of(OuterRef("record")).values("sequence")[:1]
    lines = (
        LedgerEntry.objects.filter(
            record__in=records.filter(state=State.DRAFT).values("pk"),
            action__in=BACKWARD,
        )
        .filter(sequence=Subquery(newest))
        .select_related("actor")
        .order_by("-at", "-pk")
    )
    return _grouped(lines)


def figures(anchor: User, **rows: QuerySet[Any]) -> dict[str, int]:
    """How many rows each queryset has; one query for all of them."""
    counts = {name: Coalesce(Subquery(_count(one)), 0) for name, one in rows.items()}
    row: QuerySet[Any, Any] = User.objects.filter(pk=anchor.pk).values(**counts)
    found: dict[str, int] = row.get()
    return found


def batches_waiting(
    user: User, at: datetime, *, seal_of: Unit | None = None
) -> QuerySet[Any]:
    """The person's batches that run, ask or have failed lately; one query.

    Each with ``asked`` (status of the open question), ``needs``, ``left`` and
    ``wrong``. With ``seal_of`` also those of others that wait for that unit's seal.
    """
    asked = Consent.objects.filter(batch=OuterRef("pk"), status__in=ASKED)
    items = BatchItem.objects.filter(batch=OuterRef("pk"))
    open_ones = Q(by=user) & (
        Q(finished_at=None) | Q(Exists(_unsettled(items)), finished_at__gte=at - NEWS)
    )
    if seal_of is not None:
        waits = Exists(asked.filter(credential__unit=seal_of))
        open_ones |= Q(waits, unit=seal_of, finished_at=None)
    return (
        Batch.objects.filter(open_ones)
        .select_related("by")
        .annotate(
            asked=Subquery(asked.values("status")[:1]),
            needs=Subquery(asked.values("needs")[:1]),
            left=Coalesce(Subquery(_count(items.filter(status="pending"))), 0),
            wrong=Coalesce(Subquery(_count(items.filter(status__in=WRONG))), 0),
        )
    )


def remind_holder(
    *, school_class: SchoolClass, state: str, by: User, at: datetime | None = None
) -> list[User]:
    """Tell those in whose queue records of the class lie; return who was told now.

    Each is told once a day, whoever reminds. Raises NotAllowed unless ``by`` teaches
    the class or leads or keeps its school, NothingLies, NobodyThere and NoDate.
    """
    at = at or timezone.now()
    school = school_class.school
    if not any(by.holds(role, school, school_class) for role in MAY_REMIND):
        raise NotAllowed(by, "remind")
    records = Record.objects.visible_to(by).filter(
        school_class=school_class, state=state
    )
    count = records.count() if state in QUEUES else 0
    if not count:
        raise NothingLies
    return _tell(school_class, State(state), count, by, at)


def _tell(
    school_class: SchoolClass, state: State, count: int, by: User, at: datetime
) -> list[User]:
    school, year = school_class.school, school_class.school_year
    deadline = deadline_of(school, year)
    if deadline is None:
        raise NoDate(year)
    key = school.pk if state == State.REVIEWED else school_class.pk
    people = holders_below(school).get((QUEUES[state], key), [])
    if not people:
        raise NobodyThere
    kind = KINDS[state]
    # As an officer's reminder: of one queue a person hears once a day.
    subject = f"urging/{timezone.localdate(at).isoformat()}/{year}/{key}"
    told = Notice.objects.filter(person__in=people, kind=kind, subject=subject)
    known = set(told.values_list("person_id", flat=True))
    data = {
        "name": f"{school_class.name}, {school.name}",
        "count": count,
        "day": deadline.report_until.isoformat(),
        "by": str(by),
    }
    notify(people, kind, subject=subject, data=data, at=at)
    return [person for person in people if person.pk not in known]


def _steps_of(record: OuterRef) -> QuerySet[LedgerEntry]:
    """Its lines that led somewhere, the newest first.

    To be typed in or asked about is not such a step.
    """
    steps = [name for name, row in machine.table().items() if row.target]
    lines = LedgerEntry.objects.filter(record=record, action__in=steps)
    return lines.order_by("-sequence")


def _grouped(lines: Iterable[LedgerEntry]) -> list[Sent]:
    counts: Counter[tuple[str, str]] = Counter()
    newest: dict[tuple[str, str], datetime] = {}
    for line in lines:
        key = str(line.payload.get("reason", "")), str(line.actor or "")
        counts[key] += 1
        newest.setdefault(key, line.at)
    return [Sent(*key, newest[key], count) for key, count in counts.items()]


def _being_signed(record: OuterRef) -> QuerySet[BatchItem]:
    return BatchItem.objects.filter(
        record=record,
        status=ItemStatus.PENDING,
        batch__step="sign",
        batch__finished_at=None,
    )


def _unsettled(items: QuerySet[BatchItem]) -> QuerySet[BatchItem]:
    """What went wrong, was not tried again, and could still be."""
    again = BatchItem.objects.filter(
        record=OuterRef("record"),
        batch__step=OuterRef("batch__step"),
        pk__gt=OuterRef("pk"),
    )
    possible = Q(pk__in=[])
    for name, step in machine.table().items():
        possible |= Q(batch__step=name, record__state__in=step.sources)
    return items.filter(possible, ~Exists(again), status__in=WRONG)


def _count(rows: QuerySet[Any]) -> QuerySet[Any]:
    """As a subquery of one number; nothing where there is no row."""
    together: QuerySet[Any] = rows.order_by().annotate(together=Value(1))
    found: QuerySet[Any] = together.values("together").annotate(n=Count("*"))
    return found.values("n")
