"""A department's calendar: made from the defaults, and changed by its officer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.models import SchoolClass, Unit, User
from documents.models.units import UnitKind

from ...errors import NotAllowed, WorkflowError
from ...models import CalendarChange, Deadline, Holiday, QuietHours, ReminderRule
from ..steps import require_reason
from .calendar_data import defaults, holidays


class DatesWrong(WorkflowError):
    code = "dates_wrong"
    user_message = _(
        "The department locks on the last day of the reports or later, and not before "
        "today."
    )


class DeadlineOver(WorkflowError):
    code = "deadline_over"
    user_message = _("This lock has been: its dates stay as they were.")


class CalendarMoved(WorkflowError):
    code = "calendar_moved"
    user_message = _("Somebody changed the calendar meanwhile. Look at it again first.")


class HoursWrong(WorkflowError):
    code = "hours_wrong"
    user_message = _("Quiet hours end at another time than they begin.")


@dataclass(frozen=True)
class Change:
    """Who changes a calendar, when and why."""

    by: User
    reason: str
    at: datetime


# -- What it begins with -----------------------------------------------------------


def ensure_calendars(at: datetime | None = None) -> list[Deadline]:
    """Give every department the dates of the school years that it works on.

    Only years of which it has no date at all, and whose first lock is still to come:
    a default must never lock in the past. Calling it again changes nothing.
    """
    at = at or timezone.now()
    today = timezone.localdate(at)
    made: list[Deadline] = []
    for unit in Unit.objects.filter(kind=UnitKind.DEPARTMENT).order_by("pk"):
        years = _years_of(unit, today) - set(
            unit.deadlines.values_list("school_year", flat=True)
        )
        for year in sorted(years):
            made += _begin_year(unit, year, today, at)
    return made


def school_year_of(day: date) -> str:
    """A month ≥ 8 belongs to the school year that starts then (domain.md §6)."""
    first = day.year if day.month >= 8 else day.year - 1
    return f"{first}-{first + 1}"


def _years_of(unit: Unit, today: date) -> set[str]:
    classes = SchoolClass.objects.filter(school__path__startswith=unit.path)
    found = set(classes.order_by().values_list("school_year", flat=True).distinct())
    return found | {school_year_of(today)}


@transaction.atomic
def _begin_year(unit: Unit, year: str, today: date, at: datetime) -> list[Deadline]:
    rows = [
        Deadline(unit=unit, school_year=year, group=one.group, **one.dates(year))
        for one in defaults().deadlines
    ]
    if min(row.lock_on for row in rows) <= today:
        return []
    made = Deadline.objects.bulk_create(rows)
    _begin_rest(unit)
    after = {str(row.group): _dates(row) for row in made}
    CalendarChange.objects.create(unit=unit, at=at, subject=year, after=after)
    return made


def _begin_rest(unit: Unit) -> None:
    """Holidays, quiet hours and reminders, if the department never had any."""
    if not unit.holidays.exists():
        days = [
            Holiday(unit=unit, day=d, name=h.name, works=h.works) for d, h in _days()
        ]
        Holiday.objects.bulk_create(days)
    quiet = defaults().quiet
    QuietHours.objects.get_or_create(
        unit=unit, defaults={"begins": quiet.begins, "ends": quiet.ends}
    )
    if not unit.reminder_rules.exists():
        ReminderRule.objects.bulk_create(_rules(unit))


def _days() -> Iterable[tuple[date, Any]]:
    return ((day, one) for one in holidays().days for day in one.on)


def _rules(unit: Unit) -> list[ReminderRule]:
    return [
        ReminderRule(
            unit=unit,
            lacking=one.lacking,
            to=one.to,
            counted_from=one.counted_from,
            days_before=days,
        )
        for one in defaults().reminders
        for days in one.days_before
    ]


# -- What its officer changes ------------------------------------------------------


@transaction.atomic
def change_deadline(
    *, deadline_id: int, report_until: date, lock_on: date, change: Change
) -> Deadline:
    """Move the dates of one group.

    Raises ReasonMissing, NotAllowed, DeadlineOver once it has locked, and DatesWrong.
    """
    row = Deadline.objects.select_for_update(of=("self",)).select_related("unit")
    deadline = row.get(pk=deadline_id)
    _allow(deadline.unit, change)
    if deadline.locked_at is not None:
        raise DeadlineOver
    if lock_on < max(report_until, timezone.localdate(change.at)):
        raise DatesWrong
    before = _dates(deadline)
    deadline.report_until, deadline.lock_on = report_until, lock_on
    deadline.save(update_fields=["report_until", "lock_on"])
    subject = f"{deadline.school_year} {deadline.group}"
    _note(deadline.unit, change, subject, before, _dates(deadline))
    return deadline


@transaction.atomic
def set_holiday(
    *, unit: Unit, day: date, name: str, works: bool = False, change: Change
) -> Holiday:
    """Enter a day, or rename it. Raises ReasonMissing and NotAllowed."""
    _allow(unit, change)
    known = Holiday.objects.filter(unit=unit, day=day).first()
    before = _holiday(known) if known else {}
    holiday, _created = Holiday.objects.update_or_create(
        unit=unit, day=day, defaults={"name": name.strip() or str(day), "works": works}
    )
    _note(unit, change, "holiday", before, _holiday(holiday))
    return holiday


@transaction.atomic
def remove_holiday(*, unit: Unit, day: date, change: Change) -> None:
    """Take a day out; what it was stays among the changes.

    Raises ReasonMissing, NotAllowed, and CalendarMoved if it is no longer there.
    """
    _allow(unit, change)
    known = Holiday.objects.filter(unit=unit, day=day).first()
    if known is None:
        raise CalendarMoved
    before = _holiday(known)
    known.delete()
    _note(unit, change, "holiday", before, {})


@transaction.atomic
def set_quiet_hours(
    *, unit: Unit, begins: time, ends: time, change: Change
) -> QuietHours:
    """Change the hours without reminders.

    Raises ReasonMissing, NotAllowed and HoursWrong.
    """
    _allow(unit, change)
    if begins == ends:
        raise HoursWrong
    known = QuietHours.objects.filter(unit=unit).first()
    before = _hours(known) if known else {}
    hours, _created = QuietHours.objects.update_or_create(
        unit=unit, defaults={"begins": begins, "ends": ends}
    )
    _note(unit, change, "quiet hours", before, _hours(hours))
    return hours


@transaction.atomic
def switch_rule(*, rule_id: int, is_active: bool, change: Change) -> ReminderRule:
    """Switch one reminder on or off. Raises ReasonMissing and NotAllowed."""
    rule = ReminderRule.objects.select_related("unit").get(pk=rule_id)
    _allow(rule.unit, change)
    before = {"rule": str(rule), "is_active": rule.is_active}
    rule.is_active = is_active
    rule.save(update_fields=["is_active"])
    after = before | {"is_active": is_active}
    _note(rule.unit, change, "reminder", before, after)
    return rule


def may_change(user: User, unit: Unit) -> bool:
    """Whether the person may change the calendar of ``unit``: whoever locks there."""
    return any(assignment.locks(unit) for assignment in user.standing)


def _allow(unit: Unit, change: Change) -> None:
    if not may_change(change.by, unit):
        raise NotAllowed(change.by, "change the calendar")
    require_reason(change.reason)


def _note(
    unit: Unit,
    change: Change,
    subject: str,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    CalendarChange.objects.create(
        unit=unit,
        by=change.by,
        at=change.at,
        reason=change.reason.strip(),
        subject=subject,
        before=before,
        after=after,
    )


def _dates(deadline: Deadline) -> dict[str, str]:
    return {
        "report_until": deadline.report_until.isoformat(),
        "lock_on": deadline.lock_on.isoformat(),
    }


def _holiday(row: Holiday) -> dict[str, Any]:
    return {"day": row.day.isoformat(), "name": row.name, "works": row.works}


def _hours(row: QuietHours) -> dict[str, str]:
    return {"begins": f"{row.begins:%H:%M}", "ends": f"{row.ends:%H:%M}"}
