"""The calendar as a person reads it: which date is next, and how many days are left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from operator import itemgetter

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from treebeard.mp_tree import MP_Node

from documents.models import Assignment, Role, Unit
from workflow.models import Deadline


@dataclass(frozen=True)
class Countdown:
    """The date that a role works towards."""

    what: str
    day: date
    days_left: int
    school_year: str = ""

    @property
    def is_late(self) -> bool:
        return self.days_left < 0

    @property
    def sentence(self) -> str:
        """ "12 days left", "today", "3 days late"."""
        if self.days_left == 0:
            return _("today")
        if self.is_late:
            late = -self.days_left
            return ngettext("%d day late", "%d days late", late) % late
        left = self.days_left
        return ngettext("%d day left", "%d days left", left) % left


def is_locker(assignment: Assignment) -> bool:
    """Whether the lock is the date of that role; the others work towards the report."""
    return assignment.role in (Role.OFFICER, Role.INSPECTOR)


def dates_above(unit: Unit) -> list[Deadline]:
    """Every date that holds for ``unit``; one query."""
    return list(Deadline.objects.filter(unit__path__in=_paths_above(unit)))


def countdown_for(unit: Unit, today: date, *, locks: bool) -> Countdown | None:
    """The next date for that unit; once all have passed, the last one."""
    return next_of(dates_above(unit), today, locks=locks)


def next_of(rows: list[Deadline], today: date, *, locks: bool) -> Countdown | None:
    """The next date among ``rows``; once all have passed, the last one."""
    dates = _countdowns(rows, today, locks=locks)
    ahead = next((one for one in dates if not one.is_late), None)
    return ahead or (dates[-1] if dates else None)


def after(
    rows: list[Deadline], today: date, first: Countdown | None
) -> list[Countdown]:
    """What comes after that date: reports and locks, the soonest first."""
    both = [
        one
        for locks in (False, True)
        for one in _countdowns(rows, today, locks=locks)
        if first and not one.is_late and one.day > first.day
    ]
    return sorted(both, key=lambda one: one.day)


def _countdowns(rows: list[Deadline], today: date, *, locks: bool) -> list[Countdown]:
    what = _("Department locks (%(group)s)") if locks else _("Report until (%(group)s)")
    dates = [
        (d.lock_on if locks else d.report_until, str(d.get_group_display()), d)
        for d in rows
    ]
    return [
        Countdown(what % {"group": group}, day, (day - today).days, d.school_year)
        for day, group, d in sorted(dates, key=itemgetter(0, 1))
    ]


def year_due(unit: Unit, today: date) -> str | None:
    """The school year whose lock is the next one for ``unit``."""
    ahead = Deadline.objects.filter(
        unit__path__in=_paths_above(unit), lock_on__gte=today
    )
    return ahead.order_by("lock_on").values_list("school_year", flat=True).first()


def _paths_above(unit: MP_Node) -> list[str]:
    """The paths of the unit and of every unit above it: no query."""
    step: int = Unit.steplen
    return [unit.path[:end] for end in range(step, len(unit.path) + 1, step)]
