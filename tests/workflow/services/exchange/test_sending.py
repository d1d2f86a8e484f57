"""What goes out, under whose seal, and what comes back as a receipt."""

from __future__ import annotations

from typing import Any

import pytest

from documents import storage
from documents.exchange.headers import PackageHeader
from documents.exchange.packages import entries, open_package
from documents.models import Package, ReadLog, Record, Unit, User
from tests.factories import NOW, YEAR, make_draft, make_pupil, make_user
from tests.workflow.services.exchange.answers import bytes_of, file, receipt_for
from tests.workflow.services.exchange.parcels import (
    DEPARTMENT,
    HOA_THUAN,
    MY_NGAI,
    desk,
    give_seal,
)
from workflow.errors import NoCredential, NotAllowed
from workflow.services.exchange.receiving import receive_package
from workflow.services.exchange.refusals import NothingToSend, PacketNotTaken
from workflow.services.exchange.sending import Sending, in_loads, parcels, send_report
from workflow.verification.signatures import Slot
from workflow.verification.xml import verify_package

DEMANDED = (Slot("CBQL"), Slot("KY_PHAT_HANH"))


@pytest.fixture
def department(units: dict[str, Unit]) -> Unit:
    return give_seal(units["dong-thap"], DEPARTMENT)


def send(school: Unit, by: User | None = None, **more: Any) -> Sending:
    return send_report(school=school, school_year=YEAR, by=by, at=NOW, **more)


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
