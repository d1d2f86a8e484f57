"""On which day each school will finish, and what it waits for longest.

Counts only, by class, step and working day: a fixed number of queries, however many
schools and records there are. How it is worked out: ``pace``, and
docs/explanation/forecast.md.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Q
from django.utils import timezone

from documents.models import Assignment, Role, State, Unit
from documents.querysets import RecordQuerySet

from ...models import Deadline, Group
from .pace import (
    WINDOW,
    Bottleneck,
    ClassFlow,
    Forecast,
    SchoolFlow,
    forecast,
    norms_of,
)
from .tallying import moves
from .workdays import WorkDays, paths_above, workdays_of

# From this hour on a day's work is taken to be done.
DAY_ENDS = 17
# What one ledger line moves: (submitted, signed).
MOVES = {"submit": (1, 0), "return": (-1, 0), "sign": (0, 1), "recall": (-1, -1)}


@dataclass(frozen=True)
class Clock:
    """Past working days that count, and the first one still to come."""

    past: list[date]
    first: date
    days: WorkDays

    @classmethod
    def at(cls, at: datetime, days: WorkDays) -> Clock:
        local = timezone.localtime(at)
        today = local.date()
        if days.is_worked(today) and local.hour < DAY_ENDS:
            first = today
        else:
            first = days.add(today, 1)
        return cls(days.last(WINDOW, days.add(first, -1)), first, days)

    def day(self, number: int | None) -> date | None:
        """The date of a day that ``pace`` counts from 0."""
        return None if number is None else self.days.add(self.first, number)

    def index(self, day: date) -> int | None:
        """Which past working day a date counts for: a Sunday's work for the Friday."""
        found = bisect_right(self.past, day) - 1
        return found if found >= 0 and day < self.first else None


@dataclass(frozen=True)
class SchoolForecast:
    """``finish`` is the day of the last signature; None with nothing left, or never.

    ``states`` counts the records; what was handed over counts as locked.
    ``people`` are the names of those whose queue is the bottleneck. ``lock`` is the
    day on which the calendar locks all of it, None when it would come too late.
    """

    school_id: int
    states: Counter[str]
    left: int
    finish: date | None
    submitted: date | None
    lock: date | None
    classes: dict[int, date | None]
    bottleneck: Bottleneck | None
    people: tuple[str, ...] = ()

    @property
    def never(self) -> bool:
        """Whether work is left and no end of it can be seen."""
        return self.left > 0 and self.finish is None


@dataclass
class TreeRow:
    """One line of the officer's tree: counts of a unit, and when it is all signed."""

    unit: Unit
    states: Counter[str] = field(default_factory=Counter)
    finish: date | None = None
    never: int = 0
    late: int = 0
    slowest: SchoolForecast | None = None

    @property
    def not_submitted(self) -> int:
        return self.states[State.DRAFT]

    @property
    def waits_for_signature(self) -> int:
        return self.states[State.REVIEWED]

    @property
    def signed(self) -> int:
        return self.states[State.SIGNED]

    @property
    def locked(self) -> int:
        return self.states[State.LOCKED]

    @property
    def total(self) -> int:
        return self.states.total()


def school_forecasts(
    records: RecordQuerySet, unit: Unit, school_year: str, at: datetime | None = None
) -> dict[int, SchoolForecast]:
    """The forecast of every school among ``records`` at or below ``unit``, by its key.

    ``records`` are those that the reader may see; the pace of them all is what is
    expected of a school that has not begun. Seven queries.
    """
    at = at or timezone.now()
    clock = Clock.at(at, workdays_of(unit))
    chosen = records.in_unit(unit).filter(school_year=school_year)
    flows = school_flows(chosen, clock)
    norms = norms_of(flows)
    found = {flow.key: forecast(flow, norms) for flow in flows}
    people = _people(found)
    lock_on = _lock_on(unit, school_year)
    return {
        flow.key: _dated(flow, found[flow.key], clock, lock_on, people)
        for flow in flows
    }


def tree_rows(
    records: RecordQuerySet, unit: Unit, school_year: str, at: datetime | None = None
) -> list[TreeRow]:
    """One row for each child of ``unit``, the most urgent first. Ten queries.

    A school without a visible end comes before every date, then the latest date.
    """
    step = len(unit.path) + Unit.steplen
    rows = {child.path: TreeRow(child) for child in unit.get_children()}
    below = Unit.objects.filter(path__startswith=unit.path)
    paths = dict(below.order_by().values_list("pk", "path"))
    report = _report_until(unit, school_year)
    for key, one in school_forecasts(records, unit, school_year, at).items():
        row = rows.get(paths[key][:step])
        if row is not None:
            _add(row, one, report)
    return sorted(rows.values(), key=_urgency)


def school_flows(records: RecordQuerySet, clock: Clock) -> list[SchoolFlow]:
    """What stands where, and what moved on each past working day. Four queries."""
    schools: dict[int, SchoolFlow] = {}
    classes: dict[int, ClassFlow] = {}
    rows = records.order_by().values_list(
        "issuer_id", "school_class_id", "school_class__name", "state"
    )
    for school, key, name, state, count in rows.annotate(n=Count("pk")):
        if key not in classes:
            flow = schools.setdefault(school, SchoolFlow(school))
            classes[key] = ClassFlow(key, name)
            flow.classes.append(classes[key])
        _count(classes[key], state, count)
    for one in moves(records, schools, clock.past[0], clock.first):
        index = clock.index(one.day)
        if index is not None and one.school_class in classes:
            submitted, signed = MOVES[one.action]
            classes[one.school_class].submitted[index] += submitted * one.number
            classes[one.school_class].signed_by_day[index] += signed * one.number
    return list(schools.values())


def _count(flow: ClassFlow, state: str, count: int) -> None:
    match state:
        case State.DRAFT:
            flow.drafts += count
        case State.REVIEWED:
            flow.reviewed += count
        case State.SIGNED:
            flow.signed += count
        case _:
            flow.locked += count


def _dated(
    flow: SchoolFlow,
    found: Forecast,
    clock: Clock,
    lock_on: date | None,
    people: dict[tuple[str, int], list[str]],
) -> SchoolForecast:
    finish = clock.day(found.days)
    in_time = flow.left == 0 or (finish is not None and lock_on and finish <= lock_on)
    names: Sequence[str] = ()
    if found.bottleneck:
        names = people.get(_whose(flow.key, found.bottleneck), ())
    return SchoolForecast(
        school_id=flow.key,
        states=_states(flow),
        left=flow.left,
        finish=finish,
        submitted=clock.day(found.submit_days),
        lock=lock_on if in_time else None,
        classes={key: clock.day(day) for key, day in found.class_days.items()},
        bottleneck=found.bottleneck,
        people=tuple(sorted(names)),
    )


def _states(flow: SchoolFlow) -> Counter[str]:
    return Counter(
        {
            State.DRAFT: sum(one.drafts for one in flow.classes),
            State.REVIEWED: sum(one.reviewed for one in flow.classes),
            State.SIGNED: sum(one.signed for one in flow.classes),
            State.LOCKED: sum(one.locked for one in flow.classes),
        }
    )


def _whose(school_id: int, bottleneck: Bottleneck) -> tuple[str, int]:
    if bottleneck.step == "sign":
        return Role.HEAD, school_id
    return Role.CLASS_TEACHER, bottleneck.class_key


def _people(found: dict[int, Forecast]) -> dict[tuple[str, int], list[str]]:
    """The names of those whose queues are bottlenecks; one query."""
    wanted = [
        _whose(key, one.bottleneck) for key, one in found.items() if one.bottleneck
    ]
    heads = [key for role, key in wanted if role == Role.HEAD]
    classes = [key for role, key in wanted if role == Role.CLASS_TEACHER]
    rows = Assignment.objects.in_force().filter(
        Q(role=Role.HEAD, unit__in=heads)
        | Q(role=Role.CLASS_TEACHER, school_class__in=classes)
    )
    names: dict[tuple[str, int], list[str]] = {}
    for one in rows.select_related("user"):
        key = one.unit_id if one.role == Role.HEAD else one.school_class_id
        names.setdefault((one.role, key or 0), []).append(str(one.user))
    return names


def deadline_of(unit: Unit, school_year: str) -> Deadline | None:
    """The first date of the year that holds for ``unit``: the nearest one above."""
    rows = Deadline.objects.filter(
        unit__path__in=paths_above(unit),
        school_year=school_year,
        group=Group.COMPLETED,
    )
    return rows.order_by("-unit__depth").first()


def _lock_on(unit: Unit, school_year: str) -> date | None:
    deadline = deadline_of(unit, school_year)
    return deadline.lock_on if deadline else None


def _report_until(unit: Unit, school_year: str) -> date | None:
    deadline = deadline_of(unit, school_year)
    return deadline.report_until if deadline else None


def _add(row: TreeRow, one: SchoolForecast, report_until: date | None) -> None:
    """Count one school into the row of the unit above it."""
    row.states.update(one.states)
    if not one.left:
        return
    row.never += one.never
    late = one.never or (report_until and one.finish and one.finish > report_until)
    row.late += bool(late)
    if row.slowest is None or _end(one) > _end(row.slowest):
        row.slowest = one
        row.finish = one.finish


def _end(one: SchoolForecast) -> date:
    return one.finish or date.max


def _urgency(row: TreeRow) -> tuple[bool, int, str]:
    end = _end(row.slowest) if row.slowest else date.min
    return row.slowest is None, -end.toordinal(), row.unit.name
