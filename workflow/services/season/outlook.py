"""What the officer's pages show of the days to come: worked out seldom, read often.

The forecast reads the ledger of ten working days and the season that of its whole
length. For a province that is work of seconds, so both are kept for some minutes and
say of when they are; the counts beside them are never kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil

from django.core.cache import cache
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from documents.models import FINAL_STATES, Record, State, Unit
from documents.models.units import UnitKind
from documents.querysets import RecordQuerySet

from .forecast import SchoolForecast, deadline_of, school_forecasts
from .workdays import WorkDays, paths_above, workdays_of

KEPT_SECONDS = 600
# So many working days before the report date the season begins.
SPAN = 30
SIGNED = (State.SIGNED, *FINAL_STATES)
# What one ledger line adds to the signed records.
MOVES = {"sign": 1, "recall": -1}


@dataclass(frozen=True)
class Outlook:
    """The forecasts of all schools below a department, by their keys, as of ``at``."""

    at: datetime
    report_until: date | None
    schools: dict[int, SchoolForecast]

    def is_late(self, school_id: int) -> bool:
        """Whether the school will not have signed everything by the report date."""
        one = self.schools.get(school_id)
        if one is None or not one.left:
            return False
        if one.finish is None:
            return True
        return self.report_until is not None and one.finish > self.report_until


@dataclass(frozen=True)
class SeasonDay:
    """``done`` records were signed on that day, None for a day that is still to come.

    ``needed`` is what it had to bring if all days until the date bring the same.
    """

    day: date
    done: int | None
    needed: int


@dataclass(frozen=True)
class Season:
    """The working days up to the report date, as of ``at``."""

    at: datetime
    until: date
    total: int
    left: int
    days: tuple[SeasonDay, ...]


def outlook_of(unit: Unit, school_year: str, at: datetime | None = None) -> Outlook:
    """The forecasts for ``unit``, made for its whole department and kept for minutes.

    The pace of all schools is what is expected of one that has not begun, so a
    commune sees the same dates as its department.
    """
    at = at or timezone.now()
    place = department_of(unit)
    key = f"outlook/{place.pk}/{school_year}"
    kept: Outlook | None = cache.get(key)
    if kept is None:
        deadline = deadline_of(place, school_year)
        records = Record.objects.filter(current__isnull=False)
        kept = Outlook(
            at,
            deadline.report_until if deadline else None,
            school_forecasts(records, place, school_year, at),
        )
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def season_of(
    records: RecordQuerySet, unit: Unit, school_year: str, at: datetime | None = None
) -> Season | None:
    """What was signed on each day beside what was needed; None without a date.

    ``records`` are all that ``unit`` and the units below it issued. Kept for minutes.
    """
    at = at or timezone.now()
    key = f"season/{unit.pk}/{school_year}"
    kept: Season | None = cache.get(key)
    if kept is None:
        deadline = deadline_of(unit, school_year)
        if deadline is None:
            return None
        chosen = records.filter(school_year=school_year)
        kept = _season(chosen, deadline.report_until, workdays_of(unit), at)
        cache.set(key, kept, KEPT_SECONDS)
    return kept


def department_of(unit: Unit) -> Unit:
    """The nearest department at or above ``unit``; the unit itself if there is none."""
    found = Unit.objects.filter(
        path__in=paths_above(unit), kind=UnitKind.DEPARTMENT
    ).order_by("-depth")
    department: Unit | None = found.first()
    return department or unit


def _season(
    records: RecordQuerySet, until: date, days: WorkDays, at: datetime
) -> Season:
    today = timezone.localdate(at)
    span = days.last(SPAN, days.on_or_before(until))
    states = Counter(
        dict(records.order_by().values_list("state").annotate(n=Count("*")))
    )
    total = states.total()
    left = total - sum(states[state] for state in SIGNED)
    done = _signed_by_day(records, span)
    found: list[SeasonDay] = []
    # Backwards from what is left now: before each day so much more was.
    still = left
    for number in range(len(span) - 1, -1, -1):
        day = span[number]
        remaining = len(span) - number
        if day > today:
            ahead = sum(one >= today for one in span)
            found.append(SeasonDay(day, None, ceil(left / max(ahead, 1))))
            continue
        still += done[number]
        found.append(SeasonDay(day, done[number], ceil(max(still, 0) / remaining)))
    return Season(at, until, total, left, tuple(reversed(found)))


def _signed_by_day(records: RecordQuerySet, span: list[date]) -> Counter[int]:
    """How many were signed on each day of the span, net of recalls; one query.

    A Sunday's work counts for the working day before it.
    """
    zone = timezone.get_default_timezone()
    lines = records.filter(
        ledger__action__in=list(MOVES),
        ledger__at__gte=datetime.combine(span[0], time.min, zone),
        ledger__at__lt=datetime.combine(span[-1] + timedelta(days=1), time.min, zone),
    )
    rows = (
        lines.annotate(day=TruncDate("ledger__at", tzinfo=zone))
        .order_by()
        .values("ledger__action", "day")
        .annotate(n=Count("ledger__pk"))
        .values_list("ledger__action", "day", "n")
    )
    done: Counter[int] = Counter()
    for action, day, count in rows:
        done[bisect_right(span, day) - 1] += MOVES[action] * count
    return done
