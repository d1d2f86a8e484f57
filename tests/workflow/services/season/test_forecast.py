"""The forecast over real rows: what is counted, for whom, and with how many queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import ledger
from documents.models import Record, SchoolClass, Unit, User
from tests.actors import bring_to
from tests.factories import YEAR, _child, make_class, make_draft, make_pupil, make_user
from workflow.models import Deadline, Holiday
from workflow.services.season.forecast import (
    Clock,
    school_flows,
    school_forecasts,
    tree_rows,
)
from workflow.services.season.workdays import WorkDays, workdays_of

# Wednesday 24 June 2026, 09:00 in Vietnam.
MORNING = datetime(2026, 6, 24, 2, tzinfo=UTC)


@pytest.fixture
def moved(units: dict[str, Unit]) -> Callable[..., Record]:
    """A record, with ledger lines of the days on which it moved."""

    def make(school_class: SchoolClass, situation: str, **days: date) -> Record:
        pupil = make_pupil()
        record = make_draft(school_class, pupil, at=MORNING - timedelta(days=40))
        record = bring_to(record, situation, units)
        for action, day in days.items():
            at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
            ledger.append(record, action=action, actor=None, at=at, payload={})
        return record

    return make


def fresh(unit: Unit) -> Any:
    """The tree counts children on the row: one made before them knows of none."""
    return Unit.objects.get(pk=unit.pk)


def visible(user: User) -> Any:
    return Record.objects.visible_to(user)


def test_what_was_done_is_counted_by_class_step_and_working_day(
    school_class: SchoolClass, officer: User, moved: Callable[..., Record]
):
    monday, tuesday = date(2026, 6, 22), date(2026, 6, 23)
    moved(school_class, "draft")
    moved(school_class, "reviewed", submit=monday)
    moved(school_class, "signed", submit=monday, sign=tuesday)
    moved(school_class, "signed", submit=date(2026, 6, 20), sign=tuesday)  # Saturday

    clock = Clock.at(MORNING, WorkDays())
    [flow] = school_flows(visible(officer), clock)

    [one] = flow.classes
    assert (one.drafts, one.reviewed, one.signed, one.locked) == (1, 1, 2, 0)
    assert clock.past[-1] == tuesday
    assert one.submitted[-3:] == [1, 2, 0]  # Saturday's work counts for the Friday
    assert one.signed_by_day[-1] == 2


def test_returns_and_recalls_count_backwards(
    school_class: SchoolClass, officer: User, moved: Callable[..., Record]
):
    record = moved(school_class, "draft", submit=date(2026, 6, 22))
    for action in ("return", "submit", "sign", "recall"):
        at = datetime(2026, 6, 23, 3, tzinfo=UTC)
        ledger.append(record, action=action, actor=None, at=at, payload={})

    [flow] = school_flows(visible(officer), Clock.at(MORNING, WorkDays()))

    assert sum(flow.classes[0].submitted) == 0
    assert sum(flow.classes[0].signed_by_day) == 0


def test_the_day_is_over_in_the_evening(units: dict[str, Unit]):
    evening = datetime(2026, 6, 24, 11, tzinfo=UTC)  # 18:00 in Vietnam

    assert Clock.at(MORNING, WorkDays()).first == date(2026, 6, 24)
    assert Clock.at(evening, WorkDays()).first == date(2026, 6, 25)
    assert Clock.at(evening, WorkDays()).past[-1] == date(2026, 6, 24)


def test_holidays_are_no_working_days(
    units: dict[str, Unit], school_class: SchoolClass, officer: User, moved: Any
):
    for day in (24, 25, 26):
        Holiday.objects.create(
            unit=units["dong-thap"], day=date(2026, 6, day), name="Bão"
        )
    moved(school_class, "draft")

    [found] = school_forecasts(
        visible(officer), units["dong-thap"], YEAR, MORNING
    ).values()

    assert found.finish is not None and found.finish >= date(2026, 6, 29)
    assert workdays_of(units["school"]).is_worked(found.finish)


def test_the_class_teacher_whose_class_lies_is_named(
    units: dict[str, Unit],
    school_class: SchoolClass,
    teacher: User,
    officer: User,
    moved,
):
    for _number in range(4):
        moved(school_class, "draft")
    quick = make_class(units["school"], "3C")
    moved(quick, "signed", submit=date(2026, 6, 22), sign=date(2026, 6, 23))

    [found] = school_forecasts(
        visible(officer), units["dong-thap"], YEAR, MORNING
    ).values()

    assert found.left == 4
    assert (found.bottleneck.step, found.bottleneck.class_name) == ("submit", "3B")
    assert found.people == (str(teacher),)
    assert found.classes == {school_class.pk: found.submitted}


def test_the_head_is_named_when_everything_lies_there(
    units: dict[str, Unit], school_class: SchoolClass, officer: User, moved
):
    head = make_user("h", "head", units["school"], full_name="Lê Văn Bình")
    moved(school_class, "reviewed", submit=date(2026, 6, 17))

    [found] = school_forecasts(
        visible(officer), units["dong-thap"], YEAR, MORNING
    ).values()

    assert found.bottleneck.step == "sign"
    assert found.people == (str(head),)


def test_what_is_signed_in_time_is_locked_on_the_day(
    units: dict[str, Unit], school_class: SchoolClass, officer: User, moved
):
    Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="completed",
        report_until=date(2026, 6, 30),
        lock_on=date(2026, 7, 10),
    )
    moved(school_class, "signed", submit=date(2026, 6, 17), sign=date(2026, 6, 18))

    [found] = school_forecasts(
        visible(officer), units["dong-thap"], YEAR, MORNING
    ).values()

    assert (found.left, found.finish, found.never) == (0, None, False)
    assert found.lock == date(2026, 7, 10)


def test_the_tree_puts_the_most_urgent_first(
    units: dict[str, Unit], officer: User, other_school: Unit, moved
):
    done = make_class(units["other"])
    busy = make_class(units["school"])
    moved(done, "signed", submit=date(2026, 6, 17), sign=date(2026, 6, 18))
    moved(busy, "draft")
    moved(busy, "reviewed", submit=date(2026, 6, 22))

    first, second = tree_rows(visible(officer), fresh(units["commune"]), YEAR, MORNING)

    assert (first.unit, second.unit) == (units["school"], units["other"])
    assert (first.not_submitted, first.waits_for_signature) == (1, 1)
    assert (second.signed, second.locked, second.total) == (1, 0, 1)
    assert first.finish == first.slowest.finish
    assert second.slowest is None


def test_another_province_is_not_counted(
    units: dict[str, Unit], school_class: SchoolClass, moved
):
    stranger = make_user("o-far", "officer", units["an-giang"])
    moved(school_class, "draft")

    rows = tree_rows(visible(stranger), units["dong-thap"], YEAR, MORNING)

    assert sum(row.total for row in rows) == 0
    assert school_forecasts(visible(stranger), units["dong-thap"], YEAR, MORNING) == {}


def test_many_schools_ask_as_many_queries_as_few(
    units: dict[str, Unit], officer: User, moved
):
    def queries() -> int:
        records = visible(User.objects.get(pk=officer.pk))
        commune = fresh(units["commune"])
        with CaptureQueriesContext(connection) as context:
            rows = tree_rows(records, commune, YEAR, MORNING)
        assert sum(row.total for row in rows) > 0
        return len(context)

    moved(make_class(units["school"]), "draft", submit=date(2026, 6, 22))
    few = queries()
    for number in range(12):
        school = _child(units["commune"], f"s-{number}", "school", "Trường", "Xã")
        moved(make_class(school), "reviewed", submit=date(2026, 6, 22))

    assert queries() == few <= 9
