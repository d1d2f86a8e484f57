from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from documents.errors import RecordsError
from documents.models import LedgerEntry, Record, SchoolClass, Signature, Unit, User
from documents.versions import Draft, NotDraft, add_version
from tests.actors import bring_to, make_record
from tests.factories import NOW, YEAR, make_class, make_draft
from workflow.errors import IllegalTransition
from workflow.models import Deadline, Reassessment
from workflow.services import lock_record
from workflow.services.locking import lock_due
from workflow.tasks import lock_what_is_due

LOCK_DAY = date(2026, 7, 10)
# 00:30 in Vietnam on the day of the lock; still the day before in UTC.
MORNING = datetime(2026, 7, 9, 17, 30, tzinfo=UTC)
EVENING_BEFORE = MORNING - timedelta(hours=1)


@pytest.fixture
def signed(units: dict[str, Unit], school_class: SchoolClass) -> Record:
    return make_record(school_class, "signed", units)


def deadline(unit: Unit, **more: Any) -> Deadline:
    fields = {
        "school_year": YEAR,
        "group": "completed",
        "report_until": date(2026, 6, 30),
        "lock_on": LOCK_DAY,
    }
    return Deadline.objects.create(unit=unit, **(fields | more))


def outcome(found: list[tuple[int, RecordsError | None]]) -> dict[int, str]:
    return {pk: error.code if error else "locked" for pk, error in found}


def test_locking_freezes_the_record_and_enters_the_ledger(
    signed: Record, officer: User
):
    lock_record(record_id=signed.pk, by=officer, at=NOW)

    record = Record.objects.get(pk=signed.pk)
    assert (record.state, record.locked_at) == ("locked", NOW)
    line = record.ledger.last()
    assert (line.action, line.actor, line.at) == ("lock", officer, NOW)
    assert line.payload == {"version": 1, "sha256": record.current.sha256}
    with pytest.raises(NotDraft):
        add_version(Draft(record, record.current.content), by=officer, at=NOW)


@pytest.mark.parametrize("slot", ["head", "seal"])
def test_a_record_without_every_signature_is_not_locked(
    units: dict[str, Unit], school_class: SchoolClass, officer: User, slot: str
):
    record = make_record(school_class, "reviewed", units)
    Signature.objects.create(
        version=record.versions.get(),
        slot=slot,
        unit=record.issuer,
        name="one of two",
        signed_at=NOW,
        time_source="clock",
    )
    Record.objects.filter(pk=record.pk).update(state="signed")

    with pytest.raises(IllegalTransition):
        lock_record(record_id=record.pk, by=officer)

    assert Record.objects.get(pk=record.pk).state == "signed"
    assert record.ledger.count() == 1


def test_the_calendar_locks_what_is_due_on_its_day_in_vietnam(
    units: dict[str, Unit], signed: Record
):
    due = deadline(units["dong-thap"])

    assert list(lock_due(EVENING_BEFORE)) == []
    found = list(lock_due(MORNING))

    assert outcome(found) == {signed.pk: "locked"}
    record = Record.objects.get(pk=signed.pk)
    assert (record.state, record.locked_at) == ("locked", MORNING)
    assert LedgerEntry.objects.get(record=record, action="lock").actor is None
    due.refresh_from_db()
    assert due.locked_at == MORNING


def test_a_second_call_does_nothing(units: dict[str, Unit], signed: Record):
    deadline(units["dong-thap"])
    list(lock_due(MORNING))

    assert list(lock_due(MORNING + timedelta(days=1))) == []

    assert LedgerEntry.objects.filter(action="lock").count() == 1


@pytest.mark.parametrize("situation", ["draft", "reviewed", "locked", "transferred"])
def test_what_is_not_signed_stays_as_it_is(
    units: dict[str, Unit], school_class: SchoolClass, situation: str
):
    record = make_record(school_class, situation, units)
    deadline(units["dong-thap"])

    assert list(lock_due(MORNING)) == []

    assert Record.objects.get(pk=record.pk).state == situation


def test_other_departments_and_other_years_wait(units: dict[str, Unit], signed: Record):
    far = make_record(make_class(units["far"]), "signed", units)
    deadline(units["an-giang"], school_year="2024-2025")
    deadline(units["dong-thap"], lock_on=LOCK_DAY + timedelta(days=1))

    assert list(lock_due(MORNING)) == []

    states = set(Record.objects.values_list("state", flat=True))
    assert states == {"signed"} and far.pk != signed.pk


def test_one_that_cannot_be_locked_is_named_and_keeps_no_other(
    units: dict[str, Unit], school_class: SchoolClass, signed: Record
):
    half = make_record(make_class(units["school"], "3C"), "reviewed", units)
    Record.objects.filter(pk=half.pk).update(state="signed")
    deadline(units["dong-thap"])

    found = outcome(list(lock_due(MORNING)))

    assert found == {signed.pk: "locked", half.pk: "illegal_transition"}
    assert Record.objects.get(pk=signed.pk).state == "locked"
    assert Record.objects.get(pk=half.pk).state == "signed"


def test_a_calendar_that_was_stopped_goes_on(
    units: dict[str, Unit], school_class: SchoolClass
):
    first, second = (make_record(school_class, "signed", units) for _ in range(2))
    due = deadline(units["dong-thap"])
    next(iter(lock_due(MORNING, chunk=1)))
    due.refresh_from_db()
    assert due.locked_at is None

    assert outcome(list(lock_due(MORNING))) == {second.pk: "locked"}

    assert Record.objects.get(pk=first.pk).state == "locked"


def test_the_worker_locks_by_the_calendar(units: dict[str, Unit], signed: Record):
    deadline(units["dong-thap"])

    lock_what_is_due.delay()
    lock_what_is_due.delay()

    assert Record.objects.get(pk=signed.pk).state == "locked"
    assert LedgerEntry.objects.filter(action="lock").count() == 1


def test_who_is_reassessed_in_summer_waits_for_the_second_round(
    units: dict[str, Unit], school_class: SchoolClass, signed: Record
):
    draft = make_draft(school_class, completed=False, promoted=False)
    waiting = bring_to(draft, "signed", units)
    deadline(units["dong-thap"])
    deadline(
        units["dong-thap"],
        group="reassessed",
        report_until=date(2026, 8, 15),
        lock_on=date(2026, 8, 25),
    )

    in_july = list(lock_due(MORNING))
    in_august = list(lock_due(datetime(2026, 8, 25, 5, tzinfo=UTC)))

    assert outcome(in_july) == {signed.pk: "locked"}
    assert outcome(in_august) == {waiting.pk: "locked"}


def test_who_is_assessed_again_waits_for_the_second_round(
    units: dict[str, Unit], signed: Record, head: User
):
    deadline(units["dong-thap"])
    assert signed.current is not None
    Reassessment.objects.create(
        record=signed, first=signed.current, opened_by=head, opened_at=NOW
    )

    assert list(lock_due(MORNING)) == []

    deadline(units["dong-thap"], group="reassessed")
    assert outcome(list(lock_due(MORNING))) == {signed.pk: "locked"}
