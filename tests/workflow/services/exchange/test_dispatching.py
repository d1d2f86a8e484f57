"""A book that goes to another school: whose it is until the receipt, and after it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from documents.exchange.receipts import open_receipt
from documents.models import Package, Record, State, Transfer, Unit, User
from tests.factories import NOW
from tests.workflow.services.exchange.answers import file, receipt_for
from tests.workflow.services.exchange.parcels import HOA_THUAN, give_seal, resealed
from workflow.errors import IllegalTransition, NotAllowed, NotVisible, WrongReceiver
from workflow.services import dispatch_record, withdraw_transfer
from workflow.services.exchange.dispatching import dispatch_book, unanswered
from workflow.services.exchange.refusals import (
    CustodyMoved,
    PacketNotTaken,
    SheetNotLocked,
)


@pytest.fixture
def far(units: dict[str, Unit]) -> Unit:
    """A school elsewhere, with a key of its seal."""
    return give_seal(units["far"], "1600112233")


@pytest.fixture
def on_its_way(locked_record: Record, far: Unit, registrar: User) -> Package:
    return dispatch(locked_record, far, registrar)


def dispatch(record: Record, to_unit: Unit, by: User) -> Package:
    return dispatch_book(
        record_id=record.pk, to_unit=to_unit, by=by, reason="Chuyển nhà", at=NOW
    )


def test_custody_stays_until_the_signed_receipt_is_filed(
    on_its_way, locked_record, school, far, registrar
):
    before = Record.objects.get()
    file(receipt_for(on_its_way), registrar)
    after = Record.objects.get()

    assert (before.state, before.custodian) == (State.LOCKED, school)
    assert (after.state, after.custodian) == (State.TRANSFERRED, far)
    assert after.locked_at == locked_record.locked_at
    transfer = Transfer.objects.get()
    assert (transfer.package, transfer.received_by) == (on_its_way, registrar)
    actions = list(after.ledger.values_list("action", flat=True))
    assert actions[-2:] == ["dispatch", "receive"]
    assert after.ledger.last().payload["package"] == on_its_way.uuid.hex


def test_a_refused_record_comes_back(on_its_way, school, registrar):
    file(receipt_for(on_its_way, refused="pupil_conflict"), registrar)

    record = Record.objects.get()
    assert (record.state, record.custodian) == (State.LOCKED, school)
    assert record.open_transfer() is None
    assert record.ledger.last().payload["code"] == "pupil_conflict"
    item = on_its_way.items.get()
    assert (item.outcome, item.code) == ("refused", "pupil_conflict")


def test_a_receipt_counts_although_the_dispatch_was_taken_back(
    on_its_way, locked_record, far, registrar
):
    withdraw_transfer(record_id=locked_record.pk, by=registrar, at=NOW)

    file(receipt_for(on_its_way), registrar)

    assert Record.objects.get().custodian == far


def test_a_record_that_went_elsewhere_meanwhile_is_for_people_to_clear(
    on_its_way, locked_record, other_school, registrar
):
    withdraw_transfer(record_id=locked_record.pk, by=registrar, at=NOW)
    dispatch_record(
        record_id=locked_record.pk, to_unit=other_school, by=registrar, at=NOW
    )

    with pytest.raises(CustodyMoved):
        file(receipt_for(on_its_way), registrar)

    on_its_way.refresh_from_db()
    assert on_its_way.receipt == ""
    assert Record.objects.get().open_transfer().to_unit == other_school


def test_a_dispatch_goes_once(on_its_way, locked_record, far, registrar):
    with pytest.raises(IllegalTransition):
        dispatch(locked_record, far, registrar)

    assert Package.objects.count() == 1


def test_only_sheets_in_effect_are_handed_over(signed_record, far, registrar):
    with pytest.raises(SheetNotLocked):
        dispatch(signed_record, far, registrar)

    assert not Package.objects.exists()
    assert not Transfer.objects.exists()


def test_a_department_receives_no_books(locked_record, units, registrar):
    with pytest.raises(WrongReceiver):
        dispatch(locked_record, units["an-giang"], registrar)

    assert not Package.objects.exists()


def test_only_the_keeping_registrar_hands_over(
    locked_record, far, registrar2, head, officer
):
    for somebody in (registrar2, head, officer):
        with pytest.raises((NotAllowed, NotVisible)):
            dispatch(locked_record, far, somebody)

    assert not Package.objects.exists()


def test_a_dispatch_without_receipt_is_listed_after_some_days(
    on_its_way, registrar, registrar2
):
    soon, late = NOW + timedelta(days=4), NOW + timedelta(days=6)

    assert unanswered(registrar, soon) == []
    assert [one.package for one in unanswered(registrar, late)] == [on_its_way]
    assert unanswered(registrar2, late) == []
    file(receipt_for(on_its_way), registrar)
    assert unanswered(registrar, late) == []


def test_a_receipt_under_another_seal_moves_nothing(on_its_way, school, registrar):
    good = open_receipt(receipt_for(on_its_way))

    with pytest.raises(PacketNotTaken) as caught:
        file(resealed(good, HOA_THUAN), registrar)

    assert caught.value.code == "wrong_school"
    assert Record.objects.get().custodian == school
