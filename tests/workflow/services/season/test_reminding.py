from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from documents.models import Record, SchoolClass, Unit, User
from tests.actors import make_record
from tests.factories import YEAR, make_class, make_user
from workflow.models import Deadline, Holiday, Notice, QuietHours, ReminderRule
from workflow.services.season.reminding import due_on, due_rules, due_tellings, remind
from workflow.services.season.workdays import WorkDays

REPORT = date(2026, 6, 30)  # a Tuesday
DAY = timedelta(days=1)


def morning(day: date) -> datetime:
    """09:00 in Vietnam."""
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


@pytest.fixture
def deadline(units: dict[str, Unit]) -> Deadline:
    unit = units["dong-thap"]
    QuietHours.objects.create(unit=unit, begins=time(20), ends=time(7))
    return Deadline.objects.create(
        unit=unit,
        school_year=YEAR,
        group="completed",
        report_until=REPORT,
        lock_on=date(2026, 7, 10),
    )


def rule(unit: Unit, lacking: str, to: str, *days: int, of: str = "report") -> None:
    for count in days:
        ReminderRule.objects.create(
            unit=unit, lacking=lacking, to=to, counted_from=of, days_before=count
        )


@pytest.fixture
def draft(units: dict[str, Unit], school_class: SchoolClass) -> Record:
    return make_record(school_class, "draft", units)


def told(at: datetime) -> list[tuple[str, str, int]]:
    return [
        (one.person.username, one.kind, one.data["count"]) for one in due_tellings(at)
    ]


def test_a_class_teacher_who_has_not_submitted_is_reminded_once(
    deadline: Deadline, draft: Record, teacher: User
):
    rule(deadline.unit, "submit", "class_teacher", 7, 1)
    at = morning(REPORT - 7 * DAY)

    assert remind(at) == 1
    remind(at + timedelta(hours=1))
    remind(morning(REPORT - 6 * DAY))

    notice = Notice.objects.get()
    assert (notice.person, notice.kind) == (teacher, "lacks_submit")
    assert notice.data == {
        "name": "3B, Trường Tiểu học Mỹ Ngãi",
        "count": 1,
        "day": "2026-06-30",
    }


def test_each_rung_of_the_ladder_is_told(
    deadline: Deadline, draft: Record, teacher: User
):
    rule(deadline.unit, "submit", "class_teacher", 7, 1)

    remind(morning(REPORT - 7 * DAY))
    remind(morning(REPORT - 1 * DAY))

    assert Notice.objects.filter(person=teacher).count() == 2


def test_who_has_done_it_is_not_reminded(
    deadline: Deadline, units: dict[str, Unit], school_class: SchoolClass, teacher: User
):
    make_record(school_class, "signed", units)
    rule(deadline.unit, "submit", "class_teacher", 7)

    assert told(morning(REPORT - 7 * DAY)) == []


def test_what_is_lacking_goes_up_to_head_and_department(
    deadline: Deadline, draft: Record, units: dict[str, Unit], officer: User
):
    make_user("h", "head", units["school"])
    make_user("r", "registrar", units["school"])
    make_user("h-other", "head", units["other"])
    make_user("o-commune", "officer", units["commune"])
    make_record(draft.school_class, "reviewed", units)
    make_record(make_class(units["other"]), "draft", units)
    rule(deadline.unit, "submit", "head", 3)
    rule(deadline.unit, "submit", "officer", 3)
    rule(deadline.unit, "sign", "registrar", 3)

    found = told(morning(REPORT - 4 * DAY))  # three days before is a Saturday

    assert sorted(found) == [
        ("h", "lacks_submit", 1),
        ("h-other", "lacks_submit", 1),
        ("officer", "lacks_submit", 2),
        ("r", "lacks_sign", 1),
    ]


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 6, 29, 13, tzinfo=UTC),  # 20:00 in Vietnam
        datetime(2026, 6, 28, 23, tzinfo=UTC),  # 06:00
        datetime(2026, 6, 28, 2, tzinfo=UTC),  # a Sunday
    ],
)
def test_nobody_is_disturbed_in_quiet_hours_and_on_free_days(
    deadline: Deadline, draft: Record, teacher: User, at: datetime
):
    rule(deadline.unit, "submit", "class_teacher", 3, 1)

    assert remind(at) == 0
    assert remind(datetime(2026, 6, 29, 1, tzinfo=UTC)) == 1


def test_a_holiday_is_not_disturbed(deadline: Deadline, draft: Record, teacher: User):
    Holiday.objects.create(unit=deadline.unit, day=REPORT - DAY, name="Nghỉ")
    rule(deadline.unit, "submit", "class_teacher", 1)

    assert told(morning(REPORT - DAY)) == []
    assert told(morning(REPORT - 4 * DAY)) != []  # the Friday before


def test_a_rung_on_a_free_day_moves_towards_the_people_not_away(deadline: Deadline):
    before = ReminderRule(counted_from="report", days_before=2)  # Sunday
    after = ReminderRule(counted_from="report", days_before=-4)  # Saturday

    assert due_on(before, deadline, WorkDays()) == date(2026, 6, 26)
    assert due_on(after, deadline, WorkDays()) == date(2026, 7, 6)


def test_of_a_ladder_only_the_last_rung_that_was_reached_speaks(deadline: Deadline):
    rules = [
        ReminderRule(
            lacking="submit", to="head", counted_from="report", days_before=days
        )
        for days in (14, 3, 1)
    ]

    def days(today: date) -> list[int]:
        return [r.days_before for r in due_rules(rules, deadline, WorkDays(), today)]

    assert days(REPORT - 14 * DAY) == [14]
    assert days(REPORT - 8 * DAY) == []  # two weeks are no news any more
    assert days(REPORT - DAY) == [1]


def test_a_rule_that_is_switched_off_says_nothing(
    deadline: Deadline, draft: Record, teacher: User
):
    rule(deadline.unit, "submit", "class_teacher", 7)
    ReminderRule.objects.update(is_active=False)

    assert told(morning(REPORT - 7 * DAY)) == []


def test_a_lock_that_has_been_reminds_nobody(
    deadline: Deadline, draft: Record, teacher: User
):
    rule(deadline.unit, "submit", "class_teacher", 7)
    Deadline.objects.update(locked_at=morning(REPORT))

    assert told(morning(REPORT - 7 * DAY)) == []


def test_the_department_is_reminded_before_its_own_lock(
    deadline: Deadline, units: dict[str, Unit], school_class: SchoolClass, officer: User
):
    make_record(school_class, "signed", units)
    rule(deadline.unit, "lock", "officer", 3, of="lock")

    assert told(morning(date(2026, 7, 7))) == [("officer", "lacks_lock", 1)]
