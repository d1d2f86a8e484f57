"""What moved on each day, counted once: past days hardly change any more.

A step may be entered with a time of an earlier day (a key that was asked yesterday
and answered today), and an import may move a record to another class. So each day of
the last week is counted again every day; what is older stays as it was counted last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from documents.models import Record
from documents.querysets import RecordQuerySet

from ...models import CountedDay, Tally

# The steps by which work goes on, or back.
COUNTED = ("submit", "return", "sign", "recall")
# Transactions of the evening have ended so long after midnight.
SETTLED = timedelta(hours=1)
DAY = timedelta(days=1)
# So far back days are counted at all, and so far they are counted again every day.
KEPT = 60
RECENT = 7


class Moved(NamedTuple):
    """So many records of a class took a step on a day."""

    school_class: int
    action: str
    day: date
    number: int


class Mismatch(NamedTuple):
    """Where the tally says something else than the ledger."""

    day: date
    school_class: int
    action: str
    tally: int
    ledger: int


def count_days(at: datetime | None = None) -> list[date]:
    """Count the past days that are not counted, or not since this day began.

    Return them. Harmless when it runs twice, also at once.
    """
    at = at or timezone.now()
    newest = timezone.localdate(at - SETTLED) - DAY
    counted = dict(CountedDay.objects.values_list("day", "counted_at"))
    begun = _begin(newest + DAY) + SETTLED
    due = []
    for back in range(KEPT):
        day = newest - back * DAY
        if day not in counted or (back < RECENT and counted[day] < begun):
            due.append(day)
    for day in due:
        count_day(day, at=at)
    return due


@transaction.atomic
def count_day(day: date, *, at: datetime) -> None:
    """Count one day, whatever has been counted before."""
    CountedDay.objects.get_or_create(day=day, defaults={"counted_at": at})
    # A second run waits here until the first one is done.
    row = CountedDay.objects.select_for_update().get(day=day)
    row.tallies.all().delete()
    Tally.objects.bulk_create(
        [
            Tally(
                day=row,
                school_class_id=one.school_class,
                action=one.action,
                count=one.number,
            )
            for one in _in_ledger([day])
        ],
        batch_size=2_000,
    )
    CountedDay.objects.filter(day=day).update(counted_at=at)


def rebuild_tally(at: datetime | None = None) -> list[date]:
    """Drop all that was counted, and count it anew. Return the days."""
    with transaction.atomic():
        CountedDay.objects.all().delete()
        return count_days(at)


def mismatches() -> Iterator[Mismatch]:
    """Every difference between the tally and the ledger. Changes nothing."""
    for day in CountedDay.objects.values_list("day", flat=True):
        told = {(one.school_class, one.action): one.number for one in _in_ledger([day])}
        rows = Tally.objects.filter(day=day)
        kept = {
            (room, action): count
            for room, action, count in rows.values_list(
                "school_class", "action", "count"
            )
        }
        for key in sorted(told.keys() | kept.keys()):
            was, now = kept.get(key, 0), told.get(key, 0)
            if was != now:
                yield Mismatch(day, *key, tally=was, ledger=now)


def moves(
    records: RecordQuerySet, schools: Iterable[int], first: date, end: date
) -> Iterator[Moved]:
    """What moved from ``first`` to the day before ``end``; three queries.

    Counted days come from the tally, for all classes of ``schools``; the others from
    the ledger of ``records``.
    """
    days = [first + n * DAY for n in range((end - first).days)]
    counted = set(CountedDay.objects.filter(day__in=days).values_list("day", flat=True))
    rows = Tally.objects.filter(
        day__in=counted, school_class__school__in=list(schools)
    ).values_list("school_class", "action", "day", "count")
    yield from (Moved(*row) for row in rows.iterator(chunk_size=10_000))
    yield from _in_ledger([d for d in days if d not in counted], records)


def _in_ledger(
    days: Sequence[date], records: RecordQuerySet | None = None
) -> list[Moved]:
    if not days:
        return []
    times = reduce(or_, (_during(first, last) for first, last in _runs(days)))
    chosen = Record.objects.all() if records is None else records
    zone = timezone.get_default_timezone()
    rows = (
        chosen.filter(times, ledger__action__in=COUNTED)
        .order_by()
        .annotate(day=TruncDate("ledger__at", tzinfo=zone))
        .values("school_class", "ledger__action", "day")
        .annotate(n=Count("*"))
        .values_list("school_class", "ledger__action", "day", "n")
    )
    return [Moved(*row) for row in rows]


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days in their order as pairs of the first and last of those in a row."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and runs[-1][1] + DAY == day:
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    return runs


def _during(first: date, last: date) -> Q:
    return Q(ledger__at__gte=_begin(first), ledger__at__lt=_begin(last + DAY))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_default_timezone())
