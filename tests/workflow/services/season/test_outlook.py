"""The season beside what is needed, and the forecast that is kept for minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache

from documents import ledger
from documents.models import Record
from tests.actors import bring_to
from tests.factories import YEAR, make_class, make_draft, make_pupil
from workflow.models import Deadline, Group
from workflow.services.season.outlook import outlook_of, season_of

# Wednesday 24 June 2026, 09:00 in Vietnam; five working days until the 30th.
MORNING = datetime(2026, 6, 24, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_is_kept():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def deadline(units):
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group=Group.COMPLETED,
        report_until=date(2026, 6, 30),
        lock_on=date(2026, 7, 10),
    )


def signed_on(units, school_class, day):
    record = make_draft(school_class, make_pupil())
    bring_to(record, "signed", units)
    at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    ledger.append(record, action="sign", actor=None, at=at, payload={})
    return record


def season(units):
    return season_of(Record.objects.all(), units["dong-thap"], YEAR, MORNING)


def test_each_day_has_what_was_signed_and_what_was_needed(
    units, deadline, school_class
):
    for _number in range(10):
        make_draft(school_class, make_pupil())
    for day in (date(2026, 6, 22), date(2026, 6, 23), date(2026, 6, 23)):
        signed_on(units, school_class, day)

    found = season(units)

    days = {one.day: one for one in found.days}
    assert (found.total, found.left) == (13, 10)
    assert days[date(2026, 6, 22)].done == 1
    assert days[date(2026, 6, 22)].needed == 2  # 13 on 7 days
    assert days[date(2026, 6, 23)].done == 2
    assert days[date(2026, 6, 24)].needed == 2  # 10 on 5 days
    assert days[date(2026, 6, 25)].done is None


def test_a_recall_takes_back_and_a_sunday_counts_for_the_friday(
    units, deadline, school_class
):
    record = signed_on(units, school_class, date(2026, 6, 21))
    at = datetime(2026, 6, 23, 3, tzinfo=UTC)
    ledger.append(record, action="recall", actor=None, at=at, payload={})

    days = {one.day: one.done for one in season(units).days}

    assert (days[date(2026, 6, 19)], days[date(2026, 6, 23)]) == (1, -1)


def test_without_a_date_there_is_no_season(units):
    assert season(units) is None


def test_the_forecast_is_kept_and_says_of_when_it_is(units, deadline, school_class):
    make_draft(school_class, make_pupil())
    first = outlook_of(units["commune"], YEAR, MORNING)
    make_draft(make_class(units["other"], "1A"), make_pupil())

    again = outlook_of(units["school"], YEAR, datetime(2026, 6, 24, 3, tzinfo=UTC))

    assert again == first
    assert again.at == MORNING
    assert set(again.schools) == {units["school"].pk}


def test_a_school_that_will_be_late_is_one_at_risk(units, deadline, school_class):
    for _number in range(30):
        make_draft(school_class, make_pupil())
    late = datetime(2026, 6, 30, 2, tzinfo=UTC)

    found = outlook_of(units["dong-thap"], YEAR, late)

    assert found.is_late(units["school"].pk)
    assert not found.is_late(units["other"].pk)
