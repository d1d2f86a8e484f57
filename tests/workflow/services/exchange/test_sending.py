"""What goes out, under whose seal; what comes back as a receipt, and what it moves."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from documents import storage
from documents.exchange.headers import PackageHeader
from documents.exchange.packages import entries, open_package
from documents.exchange.receipts import (
    Receipt,
    ReceiptHeader,
    ReceiptLine,
    open_receipt,
)
from documents.models import (
    Package,
    PackageItem,
    ReadLog,
    Record,
    State,
    Transfer,
    Unit,
    User,
)
from tests.factories import NOW, YEAR, make_draft, make_pupil, make_user
from tests.workflow.services.exchange.parcels import (
    DEPARTMENT,
    HOA_THUAN,
    MY_NGAI,
    desk,
    give_seal,
    resealed,
    seal_key,
)
from tests.workflow.signing.packets import provider_of, sealed
from workflow.errors import (
    IllegalTransition,
    NoCredential,
    NotAllowed,
    NotVisible,
    WrongReceiver,
)
from workflow.services import dispatch_record, withdraw_transfer
from workflow.services.exchange.dispatching import dispatch_book, unanswered
from workflow.services.exchange.receipts import Filed, file_receipt
from workflow.services.exchange.receiving import receive_package
from workflow.services.exchange.refusals import (
    CustodyMoved,
    NothingToSend,
    PacketNotTaken,
    SheetNotLocked,
)
from workflow.services.exchange.sending import Sending, in_loads, parcels, send_report
from workflow.verification.signatures import Slot
from workflow.verification.xml import verify_package

DEMANDED = (Slot("CBQL"), Slot("KY_PHAT_HANH"))


@pytest.fixture
def department(units: dict[str, Unit]) -> Unit:
    return give_seal(units["dong-thap"], DEPARTMENT)


def send(school: Unit, by: User | None = None, **more: Any) -> Sending:
    return send_report(school=school, school_year=YEAR, by=by, at=NOW, **more)


def file(data: bytes, by: User | None = None) -> Filed:
    return file_receipt(data=data, by=by, at=NOW)


def bytes_of(package: Package) -> bytes:
    return storage.get(package.sha256)


def receipt_for(
    package: Package,
    /,
    *,
    refused: str = "",
    seal: str = "",
    lines: int | None = None,
    **changes: str,
) -> bytes:
    """What an installation elsewhere answers."""
    facts: dict[str, Any] = {
        "receipt": uuid.uuid4().hex,
        "package": package.uuid.hex,
        "package_sha256": package.sha256,
        "received_at": NOW,
        "receiver_code": package.receiver.code,
        "receiver_tax_code": package.receiver.tax_code,
        "sender_code": package.sender.code,
    }
    said = [line(item, refused) for item in package.items.all()][:lines]
    frame = Receipt.write(ReceiptHeader(**(facts | changes)), said)
    key = seal_key(seal or package.receiver.tax_code)
    return sealed(desk(), frame, provider_of(key)).to_bytes()


def line(item: PackageItem, refused: str) -> ReceiptLine:
    return ReceiptLine(
        item.record_uuid.hex, item.number, item.sha256, not refused, refused
    )


def test_a_report_holds_what_is_signed_and_names_what_is_not(
    signed_record, school, school_class, registrar
):
    draft = make_draft(school_class, make_pupil("Lê Thị Bé"))

    done = send(school, registrar)

    (package,) = done.packages
    assert done.missing == [draft]
    assert (package.sender, package.receiver.code) == (school, "dong-thap")
    data = bytes_of(package)
    header = open_package(data).header
    assert isinstance(header, PackageHeader)
    assert (header.purpose, header.count, header.locked) == ("report", 1, {})
    (entry,) = entries(open_package(data))
    packet = signed_record.current.artifacts.get(purpose="packet")
    assert entry.data == storage.get(packet.sha256)
    report = verify_package(data, desk().trust, NOW, slots=DEMANDED)
    assert report.is_authentic
    assert report.signatures[0].tax_code == MY_NGAI
    assert ReadLog.objects.get(access="export").user == registrar


def test_a_record_in_effect_says_since_when(locked_record, school):
    (package,) = send(school).packages

    header = open_package(bytes_of(package)).header

    assert header.locked == {locked_record.uuid.hex: locked_record.locked_at}


def test_of_another_class_there_is_nothing_to_send(signed_record, school):
    with pytest.raises(NothingToSend):
        send(school, class_name="1A")

    assert not Package.objects.exists()


@pytest.mark.parametrize("role", ["head", "inspector", "officer", "admin"])
def test_only_the_registrar_sends(signed_record, units, school, role):
    home = "school" if role == "head" else "dong-thap"
    somebody = make_user("somebody", role, units[home])

    with pytest.raises(NotAllowed):
        send(school, somebody)

    assert not Package.objects.exists()


def test_the_registrar_of_another_school_sends_nothing_of_ours(
    signed_record, school, registrar2
):
    with pytest.raises(NotAllowed):
        send(school, registrar2)

    assert not Package.objects.exists()


def test_without_a_seal_nothing_is_made(signed_record, school):
    school.credentials.update(is_active=False)

    with pytest.raises(NoCredential):
        send(school)

    assert not Package.objects.exists()


def test_a_school_that_is_too_large_for_one_package_sends_several(
    monkeypatch, signed_record
):
    (one,) = parcels(Record.objects.all())
    monkeypatch.setattr("workflow.services.exchange.sending.MOST_RECORDS", 2)
    by_count = [len(load) for load in in_loads([one] * 5)]
    monkeypatch.setattr("workflow.services.exchange.sending.MOST_RECORDS", 500)
    monkeypatch.setattr("workflow.services.exchange.sending.MOST_BYTES", one.size * 3)
    by_size = [len(load) for load in in_loads([one] * 7)]

    assert by_count == [2, 2, 1]
    assert by_size == [3, 3, 1]


def test_where_the_department_is_in_the_same_installation_it_knows_them(
    signed_record, school, department, officer, registrar
):
    (package,) = send(school, registrar).packages

    done = receive_package(data=bytes_of(package), by=officer, at=NOW)
    filed = file(done.receipt, registrar)

    assert done.counts == {"unchanged": 1}
    assert filed.is_new
    assert filed.package.pk == package.pk
    package.refresh_from_db()
    assert storage.get(package.receipt) == done.receipt
    assert package.items.get().outcome == "accepted"
    assert file(done.receipt, registrar).is_new is False


RECEIPTS: dict[str, dict[str, Any]] = {
    "another_package": {"package_sha256": "a" * 64},
    "package_unknown": {"package": "7" * 32},
    "receipt_does_not_fit": {"sender_code": "hoa-thuan"},
    # Its own good seal, but it is not the unit that the package was sent to.
    "another_receiver": {
        "receiver_tax_code": HOA_THUAN,
        "receiver_code": "hoa-thuan",
        "seal": HOA_THUAN,
    },
    # The seal of a school under the name of the department.
    "wrong_school": {"seal": HOA_THUAN},
}


@pytest.mark.parametrize("code", sorted(RECEIPTS))
def test_a_receipt_that_is_not_the_receivers_files_nothing(
    signed_record, school, department, code
):
    (package,) = send(school).packages

    with pytest.raises(PacketNotTaken) as caught:
        file(receipt_for(package, **RECEIPTS[code]))

    assert caught.value.code == code
    package.refresh_from_db()
    assert (package.receipt, package.items.get().outcome) == ("", "waiting")


def test_a_receipt_without_a_line_or_with_another_is_refused(
    signed_record, school, department
):
    (package,) = send(school).packages

    with pytest.raises(PacketNotTaken) as caught:
        file(receipt_for(package, lines=0))

    assert caught.value.code == "receipt_does_not_fit"


def test_a_receipt_that_was_changed_is_refused(signed_record, school, department):
    (package,) = send(school).packages
    data = receipt_for(package, refused="older_version")

    with pytest.raises(PacketNotTaken) as caught:
        file(data.replace(b">false<", b">true<"))

    assert caught.value.code == "bytes_changed"
    assert package.items.get().outcome == "waiting"


def test_a_package_has_one_receipt(signed_record, school, department):
    (package,) = send(school).packages
    file(receipt_for(package))

    with pytest.raises(PacketNotTaken) as caught:
        file(receipt_for(package, refused="older_version"))

    assert caught.value.code == "receipt_filed"
    assert package.items.get().outcome == "accepted"


def test_only_the_senders_registrar_files_a_receipt(
    signed_record, school, department, registrar2, head
):
    (package,) = send(school).packages

    for somebody in (registrar2, head):
        with pytest.raises(NotAllowed):
            file(receipt_for(package), somebody)

    package.refresh_from_db()
    assert package.receipt == ""


# Custody


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
