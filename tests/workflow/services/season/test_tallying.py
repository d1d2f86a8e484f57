"""What is counted by day equals what the ledger says, whenever it was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from benchmarks.province import YEAR, Size, load_province
from documents import ledger
from documents.models import LedgerEntry, Record, SchoolClass, Unit
from tests.factories import make_class, make_draft, make_pupil
from workflow.models import CountedDay, Tally
from workflow.services.season import tallying
from workflow.services.season.forecast import Clock, school_flows, school_forecasts
from workflow.services.season.tallying import count_days, mismatches, rebuild_tally
from workflow.services.season.workdays import WorkDays
from workflow.tasks import count_ledgers

# Wednesday 24 June 2026, 09:00 in Vietnam.
MORNING = datetime(2026, 6, 24, 2, tzinfo=UTC)
TUESDAY = date(2026, 6, 23)


@pytest.fixture
def enter(school_class: SchoolClass) -> Callable[..., Record]:
    """A draft with lines of its ledger at given times."""

    def make(*lines: tuple[str, datetime]) -> Record:
        record = make_draft(school_class, make_pupil(), at=MORNING - timedelta(days=90))
        for action, at in lines:
            ledger.append(record, action=action, actor=None, at=at, payload={})
        return record

    return make


def tallied() -> Counter[tuple[int, str, date]]:
    rows = Tally.objects.values_list("school_class", "action", "day", "count")
    return Counter({(room, action, day): n for room, action, day, n in rows})


def told() -> Counter[tuple[int, str, date]]:
    """The same from every line of every ledger, one by one."""
    found: Counter[tuple[int, str, date]] = Counter()
    for line in LedgerEntry.objects.select_related("record"):
        if line.action in tallying.COUNTED:
            day = timezone.localdate(line.at)
            found[line.record.school_class_id, line.action, day] += 1
    return found


def test_the_tally_of_a_province_equals_its_ledger(db: None):
    load_province(Size(records=300, schools=2, communes=1, lines=2_400))
    last = LedgerEntry.objects.order_by("at").last()
    assert last is not None

    count_days(last.at + timedelta(days=2))

    assert tallied() == told()
    assert tallied().total() > 1_000
    assert list(mismatches()) == []


def test_the_forecast_is_the_same_from_the_tally_and_from_the_ledger(db: None):
    load_province(Size(records=300, schools=2, communes=1, lines=2_400))
    middle = LedgerEntry.objects.order_by("at")[1_200].at
    department = Unit.objects.get(code="so-do")
    before = school_forecasts(Record.objects.all(), department, YEAR, middle)

    counted = count_days(middle)

    after = school_forecasts(Record.objects.all(), department, YEAR, middle)
    assert counted and Tally.objects.exists()
    assert after == before


def test_a_day_begins_and_ends_at_midnight_in_vietnam(enter: Callable[..., Record]):
    first = datetime(2026, 6, 22, 17, tzinfo=UTC)  # 00:00 on Tuesday in Vietnam
    last = datetime(2026, 6, 23, 16, 59, 59, 999_999, tzinfo=UTC)
    enter(("submit", first - timedelta(microseconds=1)), ("return", first))
    enter(("submit", last), ("return", last + timedelta(microseconds=1)))

    count_days(MORNING)

    days = {(day, action) for _room, action, day in tallied()}
    assert days == {
        (TUESDAY - timedelta(days=1), "submit"),
        (TUESDAY, "return"),
        (TUESDAY, "submit"),
    }


def test_today_is_not_counted_and_yesterday_only_when_it_has_settled(db: None):
    midnight = datetime(2026, 6, 23, 17, tzinfo=UTC)

    early = count_days(midnight + timedelta(minutes=59))
    later = count_days(midnight + timedelta(minutes=60))

    assert max(early) == TUESDAY - timedelta(days=1)
    assert max(later) == TUESDAY
    assert not CountedDay.objects.filter(day__gt=TUESDAY).exists()


def test_a_day_is_counted_once_a_day_and_after_a_week_no_more(db: None):
    first = count_days(MORNING)
    again = count_days(MORNING + timedelta(hours=5))
    tomorrow = count_days(MORNING + timedelta(days=1))

    assert len(first) == tallying.KEPT
    assert again == []
    assert len(tomorrow) == tallying.RECENT
    assert max(tomorrow) == MORNING.date()


def test_what_is_entered_late_is_counted_the_next_day(enter: Callable[..., Record]):
    yesterday = MORNING - timedelta(days=1)
    count_days(MORNING)
    record = enter(("submit", yesterday))
    found = [(one.day, one.tally, one.ledger) for one in mismatches()]

    count_days(MORNING + timedelta(days=1))

    assert found == [(TUESDAY, 0, 1)]
    assert tallied() == {(record.school_class_id, "submit", TUESDAY): 1}
    assert list(mismatches()) == []


def test_the_forecast_reads_the_ledger_of_days_that_are_not_counted(
    enter: Callable[..., Record],
):
    days = [MORNING - timedelta(days=back) for back in (1, 2, 5)]
    for at in days:
        enter(("submit", at))
    count_days(MORNING)
    CountedDay.objects.filter(day=timezone.localdate(days[1])).delete()

    [flow] = school_flows(Record.objects.all(), Clock.at(MORNING, WorkDays()))

    assert sum(flow.classes[0].submitted) == 3
    assert Tally.objects.count() == 2


def test_the_tally_of_other_schools_is_not_looked_at(
    enter: Callable[..., Record], other_school: Unit
):
    far = make_draft(make_class(other_school, "1A"), make_pupil(), at=MORNING)
    enter(("submit", MORNING - timedelta(days=1)))
    ledger.append(
        far, action="submit", actor=None, at=MORNING - timedelta(days=1), payload={}
    )
    count_days(MORNING)

    found = list(
        tallying.moves(
            Record.objects.filter(pk=far.pk),
            [other_school.pk],
            TUESDAY,
            MORNING.date(),
        )
    )

    assert [(one.school_class, one.number) for one in found] == [
        (far.school_class_id, 1)
    ]


def test_the_command_finds_a_wrong_number_and_counts_anew(
    enter: Callable[..., Record], capsys: pytest.CaptureFixture[str]
):
    enter(("submit", MORNING - timedelta(days=1)))
    count_days(MORNING)
    Tally.objects.update(count=7)

    with pytest.raises(CommandError, match="1"):
        call_command("tally", "--check")
    printed = capsys.readouterr().out
    rebuild_tally(MORNING)

    assert "2026-06-23" in printed and "7" in printed
    call_command("tally", "--check")
    assert [one.count for one in Tally.objects.all()] == [1]


def test_the_command_drops_and_counts(enter: Callable[..., Record]):
    at = timezone.now() - timedelta(days=3)
    enter(("submit", at))
    count_days()
    Tally.objects.update(count=7)

    call_command("tally", "--rebuild", verbosity=0)

    assert [one.count for one in Tally.objects.all()] == [1]


def test_the_task_may_run_twice(enter: Callable[..., Record]):
    enter(("sign", timezone.now() - timedelta(days=3)))

    count_ledgers.delay()
    count_ledgers.delay()

    assert [one.count for one in Tally.objects.all()] == [1]
    assert CountedDay.objects.count() == tallying.KEPT
