from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from documents import ledger
from documents.models import Record, SchoolClass, Unit, User
from tests.actors import bring_to, make_record
from tests.factories import YEAR, make_class, make_user
from workflow.errors import NotAllowed, ReasonMissing
from workflow.models import Deadline, LateRecord, LateRequest
from workflow.services.season.late import (
    AlreadyDecided,
    DayPassed,
    NothingToAsk,
    NotLate,
    decide_late,
    lock_late,
    open_requests,
    request_late,
)

AT = datetime(2026, 7, 13, 3, tzinfo=UTC)
UNTIL = date(2026, 7, 20)
DAY = timedelta(days=1)


@pytest.fixture
def deadline(units: dict[str, Unit]) -> Deadline:
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="completed",
        report_until=date(2026, 6, 30),
        lock_on=date(2026, 7, 10),
        locked_at=datetime(2026, 7, 9, 18, tzinfo=UTC),
    )


@pytest.fixture
def late(units: dict[str, Unit], school_class: SchoolClass) -> Record:
    return make_record(school_class, "draft", units)


@pytest.fixture
def asked(deadline: Deadline, late: Record, registrar: User) -> LateRequest:
    return ask(deadline, late, registrar)


def ask(deadline: Deadline, record: Record, by: User) -> LateRequest:
    return request_late(
        deadline_id=deadline.pk,
        school=record.issuer,
        record_ids=[record.pk],
        by=by,
        reason="Hiệu trưởng nằm viện",
        at=AT,
    )


def test_asking_stands_in_the_ledger_of_the_record(asked: LateRequest, late: Record):
    line = late.ledger.last()

    assert (line.action, line.actor, line.at) == ("ask_late", asked.by, AT)
    assert line.payload == {
        "request": asked.uuid.hex,
        "reason": "Hiệu trưởng nằm viện",
    }
    assert asked.is_open and not asked.is_granted
    assert ledger.first_break(late.ledger.order_by("sequence")) is None


def test_a_granted_record_is_locked_once_it_is_signed(
    asked: LateRequest, late: Record, officer: User, units: dict[str, Unit]
):
    decide_late(request_id=asked.pk, by=officer, until=UNTIL, at=AT)
    assert list(lock_late(AT + DAY)) == []
    bring_to(late, "signed", units)

    found = list(lock_late(AT + 2 * DAY))

    assert found == [(late.pk, None)]
    record = Record.objects.get(pk=late.pk)
    assert (record.state, record.locked_at) == ("locked", AT + 2 * DAY)
    granted = record.ledger.get(action="grant_late")
    assert (granted.actor, granted.payload["until"]) == (officer, "2026-07-20")
    assert not LateRecord.objects.get().is_live
    assert list(lock_late(AT + 3 * DAY)) == []


def test_on_its_own_day_it_is_still_locked_and_on_the_next_it_has_lapsed(
    asked: LateRequest, late: Record, officer: User, units: dict[str, Unit]
):
    decide_late(request_id=asked.pk, by=officer, until=UNTIL, at=AT)
    last_day = datetime(2026, 7, 20, 3, tzinfo=UTC)

    list(lock_late(last_day))
    assert LateRecord.objects.get().is_live
    list(lock_late(last_day + DAY))

    assert not LateRecord.objects.get().is_live
    bring_to(late, "signed", units)
    assert list(lock_late(last_day + 2 * DAY)) == []
    assert Record.objects.get(pk=late.pk).state == "signed"


def test_a_refused_record_is_not_locked_and_the_reason_stays(
    asked: LateRequest, late: Record, officer: User, units: dict[str, Unit]
):
    decide_late(request_id=asked.pk, by=officer, until=None, answer="Muộn", at=AT)
    bring_to(late, "signed", units)

    assert list(lock_late(AT + DAY)) == []

    line = Record.objects.get(pk=late.pk).ledger.get(action="refuse_late")
    assert (line.actor, line.payload["reason"]) == (officer, "Muộn")
    assert Record.objects.get(pk=late.pk).state == "signed"


def test_after_a_refusal_it_may_be_asked_again(
    asked: LateRequest, deadline: Deadline, late: Record, officer: User, registrar: User
):
    decide_late(request_id=asked.pk, by=officer, until=None, answer="Muộn", at=AT)

    again = ask(deadline, late, registrar)

    assert again.is_open
    assert LateRecord.objects.filter(record=late).count() == 2


def test_a_record_has_one_open_request(
    asked: LateRequest, deadline: Deadline, late: Record, registrar: User
):
    with pytest.raises(NothingToAsk):
        ask(deadline, late, registrar)

    assert LateRequest.objects.count() == 1


def test_before_the_lock_nothing_is_late(
    deadline: Deadline, late: Record, registrar: User
):
    Deadline.objects.filter(pk=deadline.pk).update(locked_at=None)

    with pytest.raises(NotLate):
        ask(deadline, late, registrar)

    assert not LateRequest.objects.exists()


@pytest.mark.parametrize("situation", ["locked", "transferred"])
def test_a_final_record_is_not_asked_for(
    deadline: Deadline,
    units: dict[str, Unit],
    school_class: SchoolClass,
    registrar: User,
    situation: str,
):
    record = make_record(school_class, situation, units)

    with pytest.raises(NothingToAsk):
        ask(deadline, record, registrar)

    assert not LateRecord.objects.exists()


def test_a_request_names_only_records_of_its_school(
    deadline: Deadline, units: dict[str, Unit], late: Record, registrar: User
):
    foreign = make_record(make_class(units["other"]), "reviewed", units)

    with pytest.raises(NothingToAsk):
        request_late(
            deadline_id=deadline.pk,
            school=units["school"],
            record_ids=[late.pk, foreign.pk],
            by=registrar,
            reason="x",
            at=AT,
        )

    assert not LateRequest.objects.exists()


@pytest.mark.parametrize("role", ["class_teacher", "officer", "head abroad"])
def test_only_the_school_asks(
    deadline: Deadline, units: dict[str, Unit], late: Record, role: str
):
    unit = {"officer": units["dong-thap"], "head abroad": units["far"]}.get(
        role, units["school"]
    )
    in_class = late.school_class if role == "class_teacher" else None
    user = make_user("somebody", role.split()[0], unit, in_class)

    with pytest.raises(NotAllowed):
        ask(deadline, late, user)

    assert not LateRequest.objects.exists()


@pytest.mark.parametrize("role", ["head", "officer abroad", "officer of the commune"])
def test_only_who_locks_the_school_decides(
    asked: LateRequest, units: dict[str, Unit], late: Record, role: str
):
    unit = {
        "head": units["school"],
        "officer abroad": units["an-giang"],
        "officer of the commune": units["commune"],
    }[role]
    user = make_user("somebody", role.split()[0], unit)

    with pytest.raises(NotAllowed):
        decide_late(request_id=asked.pk, by=user, until=UNTIL, at=AT)

    asked.refresh_from_db()
    assert asked.is_open
    assert late.ledger.last().action == "ask_late"


def test_a_request_is_decided_once(asked: LateRequest, officer: User):
    decide_late(request_id=asked.pk, by=officer, until=UNTIL, at=AT)

    with pytest.raises(AlreadyDecided):
        decide_late(request_id=asked.pk, by=officer, until=None, answer="no", at=AT)

    asked.refresh_from_db()
    assert asked.until == UNTIL


def test_a_refusal_needs_a_reason_and_a_grant_a_day_to_come(
    asked: LateRequest, officer: User
):
    with pytest.raises(ReasonMissing):
        decide_late(request_id=asked.pk, by=officer, until=None, answer=" ", at=AT)
    with pytest.raises(DayPassed):
        decide_late(request_id=asked.pk, by=officer, until=date(2026, 7, 12), at=AT)

    asked.refresh_from_db()
    assert asked.is_open


def test_asking_needs_a_reason(deadline: Deadline, late: Record, registrar: User):
    with pytest.raises(ReasonMissing):
        request_late(
            deadline_id=deadline.pk,
            school=late.issuer,
            record_ids=[late.pk],
            by=registrar,
            reason="  ",
            at=AT,
        )

    assert not LateRequest.objects.exists()


def test_schools_see_their_own_requests_and_officers_those_below(
    asked: LateRequest, units: dict[str, Unit], registrar: User, officer: User
):
    stranger = make_user("r-far", "registrar", units["far"])
    officer_abroad = make_user("o-far", "officer", units["an-giang"])

    assert [open_requests(u).count() for u in (registrar, officer)] == [1, 1]
    assert [open_requests(u).count() for u in (stranger, officer_abroad)] == [0, 0]
