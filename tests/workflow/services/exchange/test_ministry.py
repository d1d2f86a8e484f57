"""The report to the ministry: what goes, once, under the department's seal."""

from __future__ import annotations

import uuid

import pytest

from documents import storage
from documents.exchange.packages import open_package
from documents.exchange.receipts import Receipt, ReceiptHeader, ReceiptLine
from documents.models import Package, PackageItem, State
from tests.factories import NOW, YEAR, make_user
from tests.workflow.services.exchange.parcels import (
    DEPARTMENT,
    desk,
    give_seal,
    seal_key,
)
from tests.workflow.signing.packets import provider_of, sealed
from workflow.errors import NoCredential, NotAllowed
from workflow.services import lock_record
from workflow.services.exchange.ministry import (
    counts_by_school,
    report_to_ministry,
    reports_of,
    standing,
    unreported,
)
from workflow.services.exchange.receipts import file_receipt

MINISTRY = "0100111222"


@pytest.fixture
def department(units):
    give_seal(units["ministry"], MINISTRY)
    return give_seal(units["dong-thap"], DEPARTMENT)


@pytest.fixture
def locked(signed_record, officer):
    return lock_record(record_id=signed_record.pk, by=officer, at=NOW)


def report(department, by):
    return list(
        report_to_ministry(department=department, school_year=YEAR, by=by, at=NOW)
    )


def receipt_for(package, *, accepted=True):
    """What the ministry would answer."""
    header = ReceiptHeader(
        receipt=uuid.uuid4().hex,
        package=package.uuid.hex,
        package_sha256=package.sha256,
        received_at=NOW,
        receiver_code="bo",
        receiver_tax_code=MINISTRY,
        sender_code="dong-thap",
    )
    lines = [
        ReceiptLine(
            record=item.record_uuid.hex,
            number=item.number,
            sha256=item.sha256,
            accepted=accepted,
            code="" if accepted else "pupil_conflict",
        )
        for item in package.items.all()
    ]
    frame = Receipt.write(header, lines)
    return sealed(desk(), frame, provider_of(seal_key(MINISTRY))).to_bytes()


def test_what_is_locked_goes_under_the_departments_seal(department, locked, officer):
    [package] = report(department, officer)

    header = open_package(storage.get(package.sha256)).header
    assert (header.sender_code, header.receiver_code) == ("dong-thap", "bo")
    assert set(header.locked) == {locked.uuid.hex}
    assert [item.record for item in package.items.all()] == [locked]
    assert reports_of(department) == [package]


def test_a_version_goes_once(department, locked, officer):
    report(department, officer)

    assert report(department, officer) == []
    assert not unreported(department, YEAR).exists()


def test_a_signed_record_waits_for_the_lock(department, signed_record, officer):
    assert report(department, officer) == []
    assert not Package.objects.exists()


def test_the_receipt_is_filed_by_the_officer_and_counted(department, locked, officer):
    [package] = report(department, officer)
    assert standing(department, YEAR).waiting == 1

    file_receipt(data=receipt_for(package), by=officer, at=NOW)

    found = standing(department, YEAR)
    assert (found.accepted, found.waiting, found.unsent, found.locked) == (1, 0, 0, 1)


def test_what_the_ministry_refused_goes_again(department, locked, officer):
    [package] = report(department, officer)
    file_receipt(data=receipt_for(package, accepted=False), by=officer, at=NOW)
    assert standing(department, YEAR).refused == 1

    [again] = report(department, officer)

    assert again != package
    assert [item.record for item in again.items.all()] == [locked]
    assert standing(department, YEAR).waiting == 1


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("inspector", "dong-thap"),
        ("registrar", "school"),
        ("officer", "commune"),
        ("officer", "an-giang"),
    ],
)
def test_only_who_locks_for_the_department_reports_and_files(
    department, units, locked, officer, role, place
):
    stranger = make_user("stranger", role, units[place])
    [package] = report(department, officer)

    with pytest.raises(NotAllowed):
        report(department, stranger)
    with pytest.raises(NotAllowed):
        file_receipt(data=receipt_for(package), by=stranger, at=NOW)

    assert Package.objects.count() == 1
    assert PackageItem.objects.get().outcome == "waiting"


def test_an_officer_who_loses_the_role_stops_before_the_next_package(
    department, locked, officer
):
    run = report_to_ministry(
        department=department, school_year=YEAR, by=officer, at=NOW
    )
    officer.assignments.all().delete()

    with pytest.raises(NotAllowed):
        next(run)

    assert not Package.objects.exists()


def test_without_a_seal_nothing_is_made(units, locked, officer):
    units["dong-thap"].tax_code = DEPARTMENT
    units["dong-thap"].save()

    with pytest.raises(NoCredential):
        report(units["dong-thap"], officer)

    assert not Package.objects.exists()


def test_another_writer_can_be_named(department, locked, officer, settings):
    settings.MINISTRY_WRITER = "tests.workflow.services.exchange.test_ministry.plain"

    [package] = report(department, officer)

    assert storage.get(package.sha256) == b"1 to bo from dong-thap"


def plain(load, way, number):
    """A format of its own."""
    return f"{len(load)} to {way.receiver.code} from {way.sender.code}".encode()


def test_the_counts_stand_by_school(department, locked, officer):
    before = counts_by_school(department, YEAR)
    report(department, officer)

    school = locked.issuer
    assert before == [(school.code, school.name, 1, 1)]
    assert counts_by_school(department, YEAR) == [(school.code, school.name, 1, 0)]
    assert locked.state == State.LOCKED
