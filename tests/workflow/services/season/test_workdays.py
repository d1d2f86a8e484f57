from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from workflow.models import Holiday, QuietHours
from workflow.services.season.workdays import Quiet, WorkDays, is_quiet, workdays_of

FRIDAY, SATURDAY, MONDAY = date(2026, 6, 26), date(2026, 6, 27), date(2026, 6, 29)


def test_the_week_has_five_days_but_for_those_that_are_named():
    days = WorkDays(free=frozenset({MONDAY}), worked=frozenset({SATURDAY}))

    assert [days.is_worked(day) for day in (FRIDAY, SATURDAY, MONDAY)] == [
        True,
        True,
        False,
    ]
    assert days.add(SATURDAY, 1) == date(2026, 6, 30)
    assert days.on_or_before(MONDAY) == SATURDAY


def test_working_days_are_counted_and_added_both_ways():
    days = WorkDays()

    assert days.add(FRIDAY, 1) == MONDAY
    assert days.add(MONDAY, -1) == FRIDAY
    assert days.between(FRIDAY, MONDAY) == 1
    assert days.between(MONDAY, FRIDAY) == -1
    assert days.last(3, SATURDAY) == [date(2026, 6, 24), date(2026, 6, 25), FRIDAY]


@pytest.mark.parametrize(
    "moment,quiet",
    [
        ("19:59", False),
        ("20:00", True),
        ("03:00", True),
        ("06:59", True),
        ("07:00", False),
    ],
)
def test_quiet_hours_may_pass_midnight(moment: str, quiet: bool):
    hours = Quiet(time(20), time(7))

    assert hours.covers(time.fromisoformat(moment)) is quiet


def test_the_holidays_of_the_department_are_those_of_its_schools(units):
    Holiday.objects.create(unit=units["dong-thap"], day=MONDAY, name="Nghỉ")

    assert not workdays_of(units["school"]).is_worked(MONDAY)
    assert workdays_of(units["far"]).is_worked(MONDAY)


def test_it_is_quiet_on_free_days_and_in_quiet_hours_by_the_clock_of_vietnam(units):
    QuietHours.objects.create(unit=units["dong-thap"], begins=time(20), ends=time(7))
    nine_in_the_morning = datetime(2026, 6, 26, 2, tzinfo=UTC)
    nine_in_the_evening = datetime(2026, 6, 26, 14, tzinfo=UTC)
    on_saturday = datetime(2026, 6, 27, 2, tzinfo=UTC)

    assert not is_quiet(units["school"], nine_in_the_morning)
    assert is_quiet(units["school"], nine_in_the_evening)
    assert is_quiet(units["school"], on_saturday)
    assert not is_quiet(units["far"], nine_in_the_evening)
