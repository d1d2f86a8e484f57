"""An officer's reminder: whom it reaches, once a day, and who may send it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.actors import bring_to
from tests.factories import YEAR, make_class, make_draft, make_pupil, make_user
from workflow.errors import NotAllowed
from workflow.models import Deadline, Group, Notice
from workflow.services.season.urging import NoDate, plan_urging, urge

MORNING = datetime(2026, 6, 24, 2, tzinfo=UTC)


@pytest.fixture
def deadline(units):
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group=Group.COMPLETED,
        report_until=date(2026, 6, 30),
        lock_on=date(2026, 7, 10),
    )


@pytest.fixture
def two_queues(units, deadline, school_class, teacher, head):
    """Two drafts with the class teacher, one record with the head."""
    for _number in range(2):
        make_draft(school_class, make_pupil())
    bring_to(make_draft(school_class, make_pupil()), "reviewed", units)


def plan(units, officer, **more):
    return plan_urging(
        unit=units["dong-thap"], school_year=YEAR, by=officer, at=MORNING, **more
    )


def send(units, officer, at=MORNING, **more):
    return urge(unit=units["dong-thap"], school_year=YEAR, by=officer, at=at, **more)


def test_each_queue_is_named_with_its_person_before_anything_is_sent(
    units, two_queues, officer, teacher, head
):
    found = plan(units, officer)

    assert {(one.person, one.telling.data["count"]) for one in found.urgings} == {
        (teacher, 2),
        (head, 1),
    }
    assert not Notice.objects.exists()


def test_what_is_sent_is_what_was_shown_and_says_who_sent_it(
    units, two_queues, officer
):
    shown = {one.text() for one in plan(units, officer).urgings}

    sent = send(units, officer)

    assert sent == 2
    notices = Notice.objects.filter(kind__startswith="urged")
    assert {one.data["by"] for one in notices} == {
        f"{officer} ({units['dong-thap'].name})"
    }
    assert any("2 records are not submitted" in text for text in shown)
    assert all("30/06/2026" in text for text in shown)


def test_the_same_reminder_is_given_once_a_day(units, two_queues, officer):
    send(units, officer)

    again = send(units, officer, at=MORNING + timedelta(hours=3))
    tomorrow = send(units, officer, at=MORNING + timedelta(days=1))

    assert (again, tomorrow) == (0, 2)
    assert all(one.is_told for one in plan(units, officer).urgings)


def test_one_queue_alone_can_be_reminded(
    units, two_queues, school_class, officer, teacher
):
    send(units, officer, class_id=school_class.pk, state="draft")

    assert [one.person for one in Notice.objects.all()] == [teacher]


def test_a_class_without_a_teacher_is_said(units, two_queues, officer):
    make_draft(make_class(units["school"], "1A"), make_pupil())

    found = plan(units, officer)

    assert found.nobody == [f"1A, {units['school'].name}"]


@pytest.mark.parametrize(
    ("role", "place"),
    [("inspector", "dong-thap"), ("head", "school"), ("officer", "an-giang")],
)
def test_nobody_but_an_officer_above_reminds(units, two_queues, role, place):
    stranger = make_user("stranger", role, units[place])

    with pytest.raises(NotAllowed):
        send(units, stranger)

    assert not Notice.objects.exists()


def test_an_officer_of_the_commune_reminds_the_own_schools(units, two_queues):
    commune = make_user("commune", "officer", units["commune"])

    sent = urge(unit=units["school"], school_year=YEAR, by=commune, at=MORNING)

    assert sent == 2


def test_without_a_date_nobody_is_late(units, two_queues, officer):
    Deadline.objects.all().delete()

    with pytest.raises(NoDate):
        send(units, officer)

    assert not Notice.objects.exists()


def test_the_plan_asks_as_much_for_many_classes_as_for_one(units, two_queues, officer):
    with CaptureQueriesContext(connection) as few:
        plan(units, officer)
    for number in range(1, 6):
        own = make_class(units["other"], f"{number}A")
        make_user(f"t{number}", "class_teacher", units["other"], own)
        make_draft(own, make_pupil())
    with CaptureQueriesContext(connection) as many:
        found = plan(units, officer)

    assert len(found.urgings) == 7
    assert len(many) <= len(few) <= 5
