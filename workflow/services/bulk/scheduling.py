"""Whose turn it is: slices of batches, fair between schools, the nearest date first.

The brokers keep no order that could be relied on (their priorities differ, and the
filesystem has none), so messages only say that there is something to do: what, is
looked up here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from documents.models import Record, Unit

from ...models import Batch, Deadline
from ..season.workdays import paths_above

# How much a second of waiting weighs when at most so many days are left.
WEIGHTS = ((1, 8), (3, 4), (7, 2))
# Longer ago than this a school's last turn says nothing.
REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True)
class Waiting:
    """A batch that waits, ``since`` its school last had a turn."""

    pk: int
    since: datetime
    due: date | None

    def urgency(self, at: datetime) -> float:
        """Grows as it waits, so that everybody's turn comes; faster near its date."""
        seconds = max(0.0, (at - self.since).total_seconds())
        return (1 + seconds) * weight(self.due, timezone.localdate(at))


def weight(due: date | None, today: date) -> int:
    if due is None:
        return 1
    left = (due - today).days
    return next((heavy for days, heavy in WEIGHTS if left <= days), 1)


def in_turn(batches: QuerySet[Batch], at: datetime) -> list[int]:
    """Their keys, the most urgent first; two queries, however many there are."""
    last = _last_turns(at)
    rows = batches.order_by().values_list(
        "pk", "unit_id", "by_id", "created_at", "turn_at", "due"
    )
    waiting = [
        Waiting(pk, _latest(created, turn, last.get(_owner(unit, by))), due)
        for pk, unit, by, created, turn, due in rows
    ]
    waiting.sort(key=lambda one: (-one.urgency(at), one.due or date.max, one.pk))
    return [one.pk for one in waiting]


def due_of(records: QuerySet[Record], step: str) -> date | None:
    """The first day that is still ahead of the departments of these records.

    A lock waits for its own day, all else for the day of the reports; a few queries.
    """
    years = set(records.order_by().values_list("school_year", flat=True).distinct())
    schools = Unit.objects.filter(pk__in=records.order_by().values("issuer"))
    above = {path for school in schools for path in paths_above(school)}
    open_ones = Deadline.objects.filter(
        unit__path__in=above, school_year__in=years, locked_at=None
    )
    field = "lock_on" if step == "lock" else "report_until"
    found: date | None = open_ones.aggregate(first=Min(field))["first"]
    return found


def _last_turns(at: datetime) -> dict[tuple[str, int], datetime]:
    recent = Batch.objects.filter(turn_at__gte=at - REMEMBERED).order_by()
    turns: dict[tuple[str, int], datetime] = {}
    rows = recent.values_list("unit_id", "by_id").annotate(Max("turn_at"))
    for unit, by, turn in rows:
        owner = _owner(unit, by)
        turns[owner] = _latest(turn, turns.get(owner))
    return turns


def _owner(unit: int | None, by: int) -> tuple[str, int]:
    """A school's batches share its turns, whoever started them."""
    return ("unit", unit) if unit is not None else ("person", by)


def _latest(first: datetime, *others: datetime | None) -> datetime:
    return max([first, *filter(None, others)])
