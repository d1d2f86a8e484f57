from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from documents.models import Unit, User
from tests.factories import make_class, make_user
from workflow.errors import NotAllowed, ReasonMissing
from workflow.models import CalendarChange, Deadline, Holiday, QuietHours, ReminderRule
from workflow.services.season.calendar import (
    CalendarMoved,
    Change,
    DatesWrong,
    DeadlineOver,
    HoursWrong,
    change_deadline,
    ensure_calendars,
    remove_holiday,
    school_year_of,
    set_holiday,
    set_quiet_hours,
    switch_rule,
)

SPRING = datetime(2026, 3, 2, 3, tzinfo=UTC)


@pytest.fixture
def department(units: dict[str, Unit]) -> Unit:
    make_class(units["school"], year="2025-2026")
    ensure_calendars(SPRING)
    return units["dong-thap"]


@pytest.fixture
def first(department: Unit) -> Deadline:
    return Deadline.objects.get(unit=department, group="completed")


def by(user: User, reason: str = "Công văn 123/SGDĐT") -> Change:
    return Change(user, reason, SPRING)


def test_a_school_year_begins_with_the_dates_of_the_plan(department: Unit):
    rows = Deadline.objects.filter(unit=department, school_year="2025-2026")

    assert {d.group: (d.report_until, d.lock_on) for d in rows} == {
        "completed": (date(2026, 6, 30), date(2026, 7, 10)),
        "reassessed": (date(2026, 8, 15), date(2026, 8, 25)),
    }
    tet = Holiday.objects.get(unit=department, day=date(2026, 2, 17))
    assert (tet.name, tet.works) == ("Tết Nguyên đán", False)
    assert QuietHours.objects.get(unit=department).begins == time(20)
    assert ReminderRule.objects.filter(unit=department, to="class_teacher").exists()
    assert CalendarChange.objects.get(unit=department).by is None


def test_beginning_twice_changes_nothing(department: Unit):
    before = Deadline.objects.count(), Holiday.objects.count()

    assert ensure_calendars(SPRING) == []

    assert (Deadline.objects.count(), Holiday.objects.count()) == before


def test_a_year_that_has_a_date_keeps_what_it_has(units: dict[str, Unit]):
    Deadline.objects.create(
        unit=units["dong-thap"],
        school_year="2025-2026",
        group="completed",
        report_until=date(2026, 6, 1),
        lock_on=date(2026, 6, 5),
    )

    ensure_calendars(SPRING)

    assert Deadline.objects.filter(unit=units["dong-thap"]).count() == 1


def test_no_default_ever_locks_in_the_past(units: dict[str, Unit]):
    make_class(units["school"], year="2024-2025")

    ensure_calendars(datetime(2026, 7, 10, 3, tzinfo=UTC))

    assert not Deadline.objects.exists()


@pytest.mark.parametrize(
    "day,year",
    [(date(2026, 7, 31), "2025-2026"), (date(2026, 8, 1), "2026-2027")],
)
def test_a_school_year_begins_in_august(day: date, year: str):
    assert school_year_of(day) == year


def test_the_officer_moves_a_date_and_the_reason_stays(first: Deadline, officer: User):
    change_deadline(
        deadline_id=first.pk,
        report_until=date(2026, 6, 25),
        lock_on=date(2026, 7, 3),
        change=by(officer),
    )

    first.refresh_from_db()
    assert (first.report_until, first.lock_on) == (date(2026, 6, 25), date(2026, 7, 3))
    entry = CalendarChange.objects.get(by=officer)
    assert (entry.reason, entry.before["lock_on"], entry.after["lock_on"]) == (
        "Công văn 123/SGDĐT",
        "2026-07-10",
        "2026-07-03",
    )


@pytest.mark.parametrize(
    "report,lock",
    [
        (date(2026, 6, 30), date(2026, 6, 29)),
        (date(2026, 2, 1), date(2026, 2, 20)),  # before today
    ],
)
def test_dates_that_cannot_be_are_refused(
    first: Deadline, officer: User, report: date, lock: date
):
    with pytest.raises(DatesWrong):
        change_deadline(
            deadline_id=first.pk, report_until=report, lock_on=lock, change=by(officer)
        )

    first.refresh_from_db()
    assert first.lock_on == date(2026, 7, 10)


def test_a_lock_that_has_been_keeps_its_dates(first: Deadline, officer: User):
    Deadline.objects.filter(pk=first.pk).update(locked_at=SPRING)

    with pytest.raises(DeadlineOver):
        change_deadline(
            deadline_id=first.pk,
            report_until=first.report_until,
            lock_on=date(2026, 7, 20),
            change=by(officer),
        )

    assert not CalendarChange.objects.filter(by=officer).exists()


@pytest.mark.parametrize("who", ["commune", "elsewhere", "head"])
def test_nobody_else_changes_the_calendar(
    units: dict[str, Unit], first: Deadline, department: Unit, who: str
):
    role, unit = {
        "commune": ("officer", units["commune"]),
        "elsewhere": ("officer", units["an-giang"]),
        "head": ("head", units["school"]),
    }[who]
    user = make_user(who, role, unit)
    rule = ReminderRule.objects.filter(unit=department).first()
    days = Holiday.objects.count()

    with pytest.raises(NotAllowed):
        change_deadline(
            deadline_id=first.pk,
            report_until=first.report_until,
            lock_on=date(2026, 7, 20),
            change=by(user),
        )
    with pytest.raises(NotAllowed):
        set_holiday(unit=department, day=date(2026, 6, 1), name="x", change=by(user))
    with pytest.raises(NotAllowed):
        remove_holiday(unit=department, day=date(2026, 4, 30), change=by(user))
    with pytest.raises(NotAllowed):
        set_quiet_hours(unit=department, begins=time(1), ends=time(2), change=by(user))
    with pytest.raises(NotAllowed):
        switch_rule(rule_id=rule.pk, is_active=False, change=by(user))

    assert not CalendarChange.objects.filter(by=user).exists()
    assert Holiday.objects.count() == days


def test_without_a_reason_nothing_changes(department: Unit, officer: User):
    with pytest.raises(ReasonMissing):
        remove_holiday(unit=department, day=date(2026, 4, 30), change=by(officer, " "))

    assert Holiday.objects.filter(unit=department, day=date(2026, 4, 30)).exists()


def test_holidays_hours_and_rules_are_changed_and_each_change_is_kept(
    department: Unit, officer: User
):
    rule = ReminderRule.objects.filter(unit=department).first()

    set_holiday(unit=department, day=date(2026, 6, 1), name="Bão", change=by(officer))
    remove_holiday(unit=department, day=date(2026, 6, 1), change=by(officer))
    set_quiet_hours(
        unit=department, begins=time(21), ends=time(6, 30), change=by(officer)
    )
    switch_rule(rule_id=rule.pk, is_active=False, change=by(officer))

    changes = CalendarChange.objects.filter(by=officer).order_by("pk")
    assert [(c.subject, bool(c.before), bool(c.after)) for c in changes] == [
        ("holiday", False, True),
        ("holiday", True, False),
        ("quiet hours", True, True),
        ("reminder", True, True),
    ]
    assert QuietHours.objects.get(unit=department).ends == time(6, 30)


def test_what_is_not_there_cannot_be_removed(department: Unit, officer: User):
    with pytest.raises(CalendarMoved):
        remove_holiday(unit=department, day=date(2026, 6, 2), change=by(officer))


def test_quiet_hours_have_a_length(department: Unit, officer: User):
    with pytest.raises(HoursWrong):
        set_quiet_hours(
            unit=department, begins=time(7), ends=time(7), change=by(officer)
        )

    assert QuietHours.objects.get(unit=department).begins == time(20)
