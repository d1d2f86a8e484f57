"""Which days are worked: the week, less the holidays, with the days exchanged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from documents.models import Unit

from ...models import Holiday, QuietHours

DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True)
class WorkDays:
    """A department's working days. Monday to Friday, but for the days it names."""

    free: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def is_worked(self, day: date) -> bool:
        if day in self.free:
            return False
        return day.weekday() < SATURDAY or day in self.worked

    def on_or_before(self, day: date) -> date:
        """The day itself if it is worked, else the last one that was."""
        while not self.is_worked(day):
            day -= DAY
        return day

    def add(self, day: date, count: int) -> date:
        """The working day that stands ``count`` working days after (before) ``day``."""
        step = DAY if count > 0 else -DAY
        for _number in range(abs(count)):
            day += step
            while not self.is_worked(day):
                day += step
        return day

    def between(self, first: date, last: date) -> int:
        """How many working days follow ``first`` until ``last``; negative backwards."""
        if last < first:
            return -self.between(last, first)
        days = (first + n * DAY for n in range(1, (last - first).days + 1))
        return sum(map(self.is_worked, days))

    def last(self, count: int, until: date) -> list[date]:
        """The last ``count`` working days up to ``until``, oldest first."""
        days = [self.on_or_before(until)]
        while len(days) < count:
            days.append(self.add(days[-1], -1))
        return days[::-1]


@dataclass(frozen=True)
class Quiet:
    """The hours of the day in which nobody is reminded; they may pass midnight."""

    begins: time
    ends: time

    def covers(self, moment: time) -> bool:
        if self.begins < self.ends:
            return self.begins <= moment < self.ends
        return moment >= self.begins or moment < self.ends


def workdays_of(unit: Unit) -> WorkDays:
    """The working days that hold for ``unit``, from the units above it. One query."""
    rows = Holiday.objects.filter(unit__path__in=paths_above(unit))
    return _workdays(rows.values_list("day", "works"))


def is_quiet(unit: Unit, at: datetime) -> bool:
    """Whether nobody of ``unit`` is to be disturbed: a free day, or quiet hours."""
    local = timezone.localtime(at)
    if not workdays_of(unit).is_worked(local.date()):
        return True
    hours = QuietHours.objects.filter(unit__path__in=paths_above(unit))
    return any(Quiet(h.begins, h.ends).covers(local.time()) for h in hours)


def paths_above(unit: Unit) -> list[str]:
    """The paths of the unit and of every unit above it: no query."""
    step: int = Unit.steplen
    return [unit.path[:end] for end in range(step, len(unit.path) + 1, step)]


def _workdays(rows: Iterable[tuple[date, bool]]) -> WorkDays:
    free: set[date] = set()
    worked: set[date] = set()
    for day, works in rows:
        (worked if works else free).add(day)
    return WorkDays(frozenset(free), frozenset(worked))
