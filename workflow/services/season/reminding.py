"""Who is to be told today of what is lacking before a date of the calendar.

The rules are rows (``ReminderRule``); this finds whom they mean and hands the notices
over. Nothing is sent on free days or in quiet hours, and nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from documents.models import Assignment, Record, Role, State, User

from ...models import Deadline, Group, ReminderRule
from ...models.reminders import CountedFrom, Lacking
from ..notices import notify
from .workdays import WorkDays, is_quiet, workdays_of

# A reminder that could not be sent on its day is sent on one of these after it.
GRACE = timedelta(days=4)
DAY = timedelta(days=1)
STATES = {
    Lacking.SUBMIT: State.DRAFT,
    Lacking.SIGN: State.REVIEWED,
    Lacking.LOCK: State.SIGNED,
}


@dataclass(frozen=True)
class Telling:
    """One notice to one person. The same ``subject`` is told once."""

    person: User
    kind: str
    subject: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Lot:
    """So many records of one class that lack a step."""

    class_id: int
    class_name: str
    school_id: int
    school_name: str
    count: int


def remind(at: datetime | None = None) -> int:
    """Hand over the notices that are due; return how many. Harmless when repeated."""
    at = at or timezone.now()
    told = 0
    for one in due_tellings(at):
        notify([one.person], one.kind, subject=one.subject, data=one.data, at=at)
        told += 1
    return told


def due_tellings(at: datetime) -> Iterator[Telling]:
    """What the rules of every open deadline say for this moment."""
    today = timezone.localdate(at)
    rows = Deadline.objects.filter(
        locked_at=None, lock_on__gte=today - GRACE, report_until__lte=today + 60 * DAY
    )
    for deadline in rows.select_related("unit").order_by("pk"):
        if not is_quiet(deadline.unit, at):
            yield from _of_deadline(deadline, today)


def due_rules(
    rules: Iterable[ReminderRule], deadline: Deadline, days: WorkDays, today: date
) -> list[ReminderRule]:
    """Of each ladder (14, 7, 3, 1 days) the last rung that has been reached.

    A rung on a free day is moved to the working day before it, after the date to the
    one that follows.
    """
    ladders: dict[tuple[str, str, str], tuple[date, ReminderRule]] = {}
    for rule in rules:
        day = due_on(rule, deadline, days)
        ladder = (rule.lacking, rule.to, rule.counted_from)
        reached = today - GRACE <= day <= today
        if reached and (ladder not in ladders or day >= ladders[ladder][0]):
            ladders[ladder] = day, rule
    return [rule for _day, rule in ladders.values()]


def due_on(rule: ReminderRule, deadline: Deadline, days: WorkDays) -> date:
    """The working day on which a rule speaks of a deadline."""
    target = _target(rule, deadline)
    day = target - rule.days_before * DAY
    if days.is_worked(day):
        return day
    return days.on_or_before(day) if day <= target else days.add(day, 1)


def _target(rule: ReminderRule, deadline: Deadline) -> date:
    if rule.counted_from == CountedFrom.LOCK:
        return deadline.lock_on
    return deadline.report_until


def _of_deadline(deadline: Deadline, today: date) -> Iterator[Telling]:
    rules = list(deadline.unit.reminder_rules.filter(is_active=True))
    due = due_rules(rules, deadline, workdays_of(deadline.unit), today)
    if not due:
        return
    lots = _lots(deadline)
    people = _people(deadline)
    for rule in due:
        yield from _of_rule(rule, deadline, lots[STATES[Lacking(rule.lacking)]], people)


def _lots(deadline: Deadline) -> dict[str, list[Lot]]:
    """What lacks which step, by class; one query."""
    records = Record.objects.in_unit(deadline.unit).filter(
        school_year=deadline.school_year,
        state__in=list(STATES.values()),
        reassessment__isnull=deadline.group == Group.COMPLETED,
    )
    rows = records.order_by("school_class_id").values_list(
        "state",
        "school_class_id",
        "school_class__name",
        "issuer_id",
        "issuer__name",
    )
    lots: dict[str, list[Lot]] = defaultdict(list)
    for state, class_id, name, school, school_name, count in rows.annotate(
        n=Count("pk")
    ):
        lots[state].append(Lot(class_id, name, school, school_name, count))
    return lots


def _people(deadline: Deadline) -> dict[tuple[str, int], list[User]]:
    """Who holds which role in which class or unit below the department; one query."""
    held = Assignment.objects.in_force().filter(
        unit__path__startswith=deadline.unit.path, user__is_active=True
    )
    people: dict[tuple[str, int], list[User]] = defaultdict(list)
    for one in held.select_related("user").order_by("pk"):
        people[one.role, one.school_class_id or one.unit_id].append(one.user)
    return people


def _of_rule(
    rule: ReminderRule,
    deadline: Deadline,
    lots: list[Lot],
    people: dict[tuple[str, int], list[User]],
) -> Iterator[Telling]:
    for key, name, count in _sums(rule, deadline, lots):
        data = {
            "name": name,
            "count": count,
            "day": _target(rule, deadline).isoformat(),
        }
        for person in people[rule.to, key]:
            subject = f"reminder/{rule.pk}/{deadline.pk}/{key}"
            yield Telling(person, f"lacks_{rule.lacking}", subject, data)


def _sums(
    rule: ReminderRule, deadline: Deadline, lots: list[Lot]
) -> Iterator[tuple[int, str, int]]:
    """(class or unit, its name, how many), on the level of those who are told."""
    sums: dict[tuple[int, str], int] = defaultdict(int)
    for lot in lots:
        if rule.to == Role.CLASS_TEACHER:
            place = lot.class_id, f"{lot.class_name}, {lot.school_name}"
        elif rule.to == Role.OFFICER:
            place = deadline.unit_id, deadline.unit.name
        else:
            place = lot.school_id, lot.school_name
        sums[place] += lot.count
    for (key, name), count in sums.items():
        yield key, name, count
