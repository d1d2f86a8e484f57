"""The calendar as a person reads it: which date is next, and how many days are left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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


def countdown(assignment: Assignment, today: date) -> Countdown | None:
    """The next date for that role; once all have passed, the last one."""
    locks = assignment.role in (Role.OFFICER, Role.INSPECTOR)
    return countdown_for(assignment.unit, today, locks=locks)


def countdown_for(unit: Unit, today: date, *, locks: bool) -> Countdown | None:
    dates = [
        (d.lock_on if locks else d.report_until, str(d.get_group_display()))
        for d in Deadline.objects.filter(unit__path__in=_paths_above(unit))
    ]
    if not dates:
        return None
    coming = [pair for pair in sorted(dates) if pair[0] >= today]
    day, group = coming[0] if coming else max(dates)
    what = _("Department locks (%(group)s)") if locks else _("Report until (%(group)s)")
    return Countdown(what % {"group": group}, day, (day - today).days)


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
