from __future__ import annotations

from datetime import date

import pytest

from documents.models import Record, SchoolClass, Unit, User
from tests.actors import make_record
from tests.factories import NOW, TODAY, YEAR
from workflow import tasks
from workflow.models import Deadline, LockRun, Notice, ReminderRule
from workflow.services.season.late import decide_late, request_late


@pytest.fixture
def over(units: dict[str, Unit]) -> Deadline:
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="completed",
        report_until=date(2026, 6, 30),
        lock_on=date(2026, 7, 10),
        locked_at=NOW,
    )


def test_the_worker_begins_years_locks_what_was_granted_and_reports(
    over: Deadline,
    units: dict[str, Unit],
    school_class: SchoolClass,
    registrar: User,
    officer: User,
):
    late = make_record(school_class, "signed", units)
    request = request_late(
        deadline_id=over.pk,
        school=units["school"],
        record_ids=[late.pk],
        by=registrar,
        reason="Mất điện",
    )
    decide_late(request_id=request.pk, by=officer, until=TODAY)

    tasks.run_calendar.delay()
    tasks.run_calendar.delay()

    assert Record.objects.get(pk=late.pk).state == "locked"
    assert LockRun.objects.filter(deadline=over).count() == 1
    assert ReminderRule.objects.filter(unit=units["an-giang"]).exists()
    kinds = {(n.person, n.kind) for n in Notice.objects.all()}
    assert kinds == {(officer, "late_asked"), (registrar, "late_decided")}


def test_with_nothing_to_say_nobody_is_told(db: None):
    tasks.remind_people.delay()

    assert not Notice.objects.exists()
