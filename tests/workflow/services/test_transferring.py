from __future__ import annotations

import pytest

from documents.models import Record, SchoolClass, Transfer, Unit, User
from tests.actors import bring_to, make_actors, make_record
from tests.factories import NOW
from workflow.errors import IllegalTransition, NotAllowed, NotVisible, WrongReceiver
from workflow.services import dispatch_record, receive_record, withdraw_transfer


@pytest.fixture
def locked(units: dict[str, Unit], draft_record: Record) -> Record:
    return bring_to(draft_record, "locked", units)


def dispatch(record: Record, to_unit: Unit, by: User, **more: str) -> Transfer:
    return dispatch_record(record_id=record.pk, to_unit=to_unit, by=by, at=NOW, **more)


def test_a_dispatch_leaves_custody_where_it_is(
    locked: Record, other_school: Unit, registrar: User, school: Unit
):
    transfer = dispatch(locked, other_school, registrar, reason=" Chuyển nhà ")

    record = Record.objects.get(pk=locked.pk)
    assert (record.state, record.custodian) == ("locked", school)
    assert record.open_transfer() == transfer
    assert (transfer.from_unit, transfer.to_unit) == (school, other_school)
    assert transfer.reason == "Chuyển nhà"
    line = record.ledger.last()
    assert line.action == "dispatch"
    assert (line.payload["from"], line.payload["to"]) == ("my-ngai", "hoa-thuan")


def test_the_receipt_moves_custody_and_the_issuer_stays(
    locked: Record, other_school: Unit, registrar: User, registrar2: User, school: Unit
):
    dispatch(locked, other_school, registrar)

    receive_record(record_id=locked.pk, by=registrar2, at=NOW)

    record = Record.objects.get(pk=locked.pk)
    assert (record.state, record.locked_at) == ("transferred", NOW)
    assert (record.custodian, record.issuer) == (other_school, school)
    transfer = record.transfers.get()
    assert (transfer.received_by, transfer.received_at) == (registrar2, NOW)
    assert record.open_transfer() is None
    assert record.ledger.last().action == "receive"


def test_the_new_school_hands_over_again_and_back(
    locked: Record, school: Unit, other_school: Unit, registrar: User, registrar2: User
):
    dispatch(locked, other_school, registrar)
    receive_record(record_id=locked.pk, by=registrar2)
    with pytest.raises(NotAllowed):
        dispatch(locked, school, registrar)

    dispatch(locked, school, registrar2)
    receive_record(record_id=locked.pk, by=registrar)

    record = Record.objects.get(pk=locked.pk)
    assert (record.state, record.custodian) == ("transferred", school)
    assert record.transfers.count() == 2


def test_a_dispatch_that_nobody_received_is_withdrawn(
    locked: Record, other_school: Unit, registrar: User, registrar2: User
):
    dispatch(locked, other_school, registrar)

    withdraw_transfer(record_id=locked.pk, by=registrar, at=NOW)

    record = Record.objects.get(pk=locked.pk)
    assert (record.state, record.open_transfer()) == ("locked", None)
    assert record.transfers.get().withdrawn_at == NOW
    assert record.ledger.last().action == "withdraw"
    with pytest.raises(NotVisible):
        receive_record(record_id=locked.pk, by=registrar2)
    assert dispatch(record, other_school, registrar).pk


def test_nothing_is_withdrawn_when_nothing_is_on_its_way(
    locked: Record, other_school: Unit, registrar: User, registrar2: User
):
    with pytest.raises(IllegalTransition):
        withdraw_transfer(record_id=locked.pk, by=registrar)
    dispatch(locked, other_school, registrar)
    receive_record(record_id=locked.pk, by=registrar2)

    with pytest.raises(IllegalTransition):
        withdraw_transfer(record_id=locked.pk, by=registrar2)

    assert Transfer.objects.get().withdrawn_at is None


@pytest.mark.parametrize("situation", ["locked, on its way", "transferred, on its way"])
def test_only_the_keeping_registrar_withdraws(
    subtests, units: dict[str, Unit], school_class: SchoolClass, situation: str
):
    record = make_record(school_class, situation, units)
    keeper = "registrar" if record.state == "locked" else "registrar receiving"

    for name, actor in make_actors(units, record).items():
        if name == keeper:
            continue
        with subtests.test(actor=name):
            with pytest.raises((NotVisible, NotAllowed)):
                withdraw_transfer(record_id=record.pk, by=actor)
            assert record.open_transfer() is not None


@pytest.mark.parametrize("code", ["my-ngai", "dong-thap", "my-ngai-xa", "bo"])
def test_only_another_school_receives(locked: Record, registrar: User, code: str):
    with pytest.raises(WrongReceiver) as caught:
        dispatch(locked, Unit.objects.get(code=code), registrar)

    assert caught.value.code == "wrong_receiver"
    assert not Transfer.objects.exists()
    assert locked.ledger.count() == 1


def test_a_record_goes_one_way_at_a_time(
    locked: Record, units: dict[str, Unit], registrar: User
):
    dispatch(locked, units["other"], registrar)

    with pytest.raises(IllegalTransition):
        dispatch(locked, units["far"], registrar)

    assert Transfer.objects.get().to_unit == units["other"]


def test_a_receipt_is_given_once(
    locked: Record, other_school: Unit, registrar: User, registrar2: User
):
    dispatch(locked, other_school, registrar)
    receive_record(record_id=locked.pk, by=registrar2)
    lines = locked.ledger.count()

    with pytest.raises(NotAllowed):
        receive_record(record_id=locked.pk, by=registrar2)

    assert locked.ledger.count() == lines
