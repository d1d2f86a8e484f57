"""Packages that come in: what is taken, what is refused and why, and that once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages

from documents import storage
from documents.exchange.receipts import open_receipt
from documents.models import (
    Book,
    Package,
    PackageItem,
    Pupil,
    Record,
    State,
    Unit,
    User,
)
from tests.documents.rendering.sheets import year_sheet
from tests.factories import NOW, TODAY, make_user
from tests.workflow.services.exchange.parcels import (
    BOOK,
    CHAU_DOC,
    DEPARTMENT,
    HOA_THUAN,
    MY_NGAI,
    desk,
    give_seal,
    parcel,
    record_xml,
    without_teachers,
    wrong,
)
from workflow.errors import NoCredential, NotAllowed
from workflow.services import lock_record
from workflow.services.exchange.receiving import Reception, receive_package
from workflow.services.exchange.refusals import NoTaxCode, PacketNotTaken
from workflow.verification.xml import verify_receipt

RECORD = "1f8fad5bd9cb469fa16570867728950e"
OTHER = "2f8fad5bd9cb469fa16570867728950e"
OTHER_BOOK = "3f8fad5bd9cb469fa16570867728950e"


@pytest.fixture
def department(units: dict[str, Unit]) -> Unit:
    return give_seal(units["dong-thap"], DEPARTMENT)


def take(data: bytes, by: User | None = None) -> Reception:
    return receive_package(data=data, by=by, at=NOW)


def other_pupil(record: str = OTHER, **more: object) -> bytes:
    return record_xml(
        record, lookup_code=OTHER_BOOK, pupil="7400000002", name="Y Moan", **more
    )


def refused(done: Reception) -> list[str]:
    return [item.code for item in done.refused()]


def is_empty() -> bool:
    rows = (Package, PackageItem, Record, Pupil, Book)
    return not any(model.objects.exists() for model in rows)


def test_the_department_holds_what_the_school_has_signed(department, officer):
    done = take(parcel(record_xml(RECORD), other_pupil()), officer)

    assert done.counts == {"accepted": 2}
    record = Record.objects.get(uuid=RECORD)
    assert (record.state, record.issuer.code) == (State.SIGNED, "my-ngai")
    assert (record.custodian.code, record.school_class.name) == ("my-ngai", "3B")
    assert (record.book.lookup_code, record.book.pupil.name) == (BOOK, "Lê Thị Bé")
    version = record.current
    assert version is not None and version.number == 1
    assert {"head", "seal", "class_teacher"} <= version.signed_slots()
    file = version.artifacts.get()
    assert storage.get(file.sha256) == record_xml(RECORD)
    line = record.ledger.get()
    assert (line.action, line.actor) == ("receive_packet", officer)
    assert line.payload["package_sha256"] == done.package.sha256
    assert wrong() == []


def test_the_receipt_bears_the_receivers_seal_and_names_each_record(department):
    sent = parcel(record_xml(RECORD), other_pupil())

    done = take(sent)

    report = verify_receipt(done.receipt, desk().trust, NOW)
    assert report.reasons == ()
    assert report.signatures[0].tax_code == DEPARTMENT
    assert report.header is not None
    assert report.header.package_sha256 == done.package.sha256
    assert [(one.record, one.accepted) for one in report.lines] == [
        (RECORD, True),
        (OTHER, True),
    ]


def test_the_same_package_again_changes_nothing_and_has_the_same_receipt(department):
    sent = parcel(record_xml(RECORD))
    first = take(sent)
    lines = Record.objects.get().ledger.count()

    again = take(sent)

    assert (first.is_new, again.is_new) == (True, False)
    assert again.receipt == first.receipt
    assert Package.objects.count() == 1
    assert Record.objects.get().ledger.count() == lines


def test_the_same_record_in_another_package_is_known(department):
    take(parcel(record_xml(RECORD)))

    done = take(parcel(record_xml(RECORD)))

    assert done.counts == {"unchanged": 1}
    assert open_receipt(done.receipt).lines[0].accepted
    assert Record.objects.get().ledger.count() == 1


def test_a_newer_version_replaces_and_an_older_one_is_refused(department):
    take(parcel(record_xml(RECORD)))

    newer = take(parcel(record_xml(RECORD, number=2, comment="sửa")))
    older = take(parcel(record_xml(RECORD)))

    record = Record.objects.get()
    assert newer.counts == {"accepted": 1}
    assert record.current is not None and record.current.number == 2
    assert refused(older) == ["older_version"]
    assert wrong() == []


def test_a_record_in_effect_takes_no_other_version(department, officer):
    take(parcel(record_xml(RECORD)))
    lock_record(record_id=Record.objects.get().pk, by=officer, at=NOW)

    newer = take(parcel(record_xml(RECORD, number=2, comment="sửa")))
    same = take(parcel(record_xml(RECORD)))

    assert refused(newer) == ["record_locked"]
    assert same.counts == {"unchanged": 1}
    assert Record.objects.get().versions.count() == 1


REFUSALS = {
    "version_conflict": lambda: record_xml(RECORD, comment="khác"),
    "sheet_conflict": lambda: record_xml(OTHER),
    "pupil_conflict": lambda: record_xml(OTHER, pupil="7400000009", name="Ai"),
    "book_conflict": lambda: record_xml(OTHER, lookup_code=OTHER_BOOK),
    "issuer_unknown": lambda: record_xml(OTHER, school="xa-la", tax_code=MY_NGAI),
    "not_the_senders": lambda: record_xml(
        OTHER, school="hoa-thuan", tax_code=HOA_THUAN, lookup_code=OTHER_BOOK
    ),
    "not_storable": lambda: other_pupil(class_name="3" + "B" * 30),
}


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_record_that_may_not_come_is_refused_alone(department, code):
    take(parcel(record_xml(RECORD)))
    third = record_xml("4" * 32, lookup_code="5" * 32, pupil="7400000004")

    done = take(parcel(REFUSALS[code](), third))

    assert refused(done) == [code]
    assert done.counts == {"refused": 1, "accepted": 1}
    lines = open_receipt(done.receipt).lines
    assert [(one.accepted, one.code) for one in lines] == [(False, code), (True, "")]
    assert Record.objects.count() == 2
    assert wrong() == []


def test_another_child_with_the_same_code_is_refused(department):
    take(parcel(record_xml(RECORD)))
    namesake = record_xml(OTHER, lookup_code=OTHER_BOOK, name="Người Khác")

    done = take(parcel(namesake))

    assert refused(done) == ["pupil_conflict"]
    assert Pupil.objects.get().name == "Lê Thị Bé"


def test_a_row_with_the_longest_name_is_kept_with_its_teacher(department):
    subject = max(year_sheet(4).subjects, key=len)
    done = take(parcel(record_xml(RECORD, also=subject)))

    assert done.counts == {"accepted": 1}
    version = Record.objects.get().current
    assert version is not None
    assert f"subject_teacher.{subject}" in version.signed_slots()


def test_every_slot_of_the_kind_is_demanded_where_teachers_have_keys(
    department, settings
):
    without = parcel(without_teachers(record_xml(RECORD)))
    settings.TEACHER_SIGNATURES = "required"
    strict = refused(take(without))
    settings.TEACHER_SIGNATURES = "where-possible"

    trial = take(parcel(without_teachers(record_xml(RECORD))))

    assert strict == ["teachers_not_signed"]
    assert trial.counts == {"accepted": 1}
    version = Record.objects.get().current
    assert version is not None and version.signed_slots() == {"head", "seal"}


def sender_other(data: bytes, **more: str) -> bytes:
    header = {"sender_code": "hoa-thuan", "sender_tax_code": HOA_THUAN} | more
    return parcel(data, seal=HOA_THUAN, **header)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        # The seal is another school's than the one that the package names.
        (lambda: parcel(record_xml(RECORD), seal=HOA_THUAN), "wrong_school"),
        # It names no tax code, so any seal would do.
        (
            lambda: parcel(record_xml(RECORD), seal=HOA_THUAN, sender_tax_code=""),
            "sender_unknown",
        ),
        # Its own seal, under the code of a neighbour.
        (
            lambda: sender_other(record_xml(RECORD), sender_code="my-ngai"),
            "sender_unknown",
        ),
        (
            lambda: parcel(record_xml(RECORD), receiver_code="ha-noi"),
            "receiver_unknown",
        ),
        (lambda: parcel(record_xml(RECORD), purpose="gift"), "purpose_unknown"),
        (
            lambda: parcel(record_xml(RECORD), created_at=NOW + timedelta(days=1)),
            "made_in_future",
        ),
        (lambda: parcel(record_xml(RECORD))[:-40], "damaged"),
        (lambda: b"", "empty_file"),
        (lambda: b"PK\x03\x04", "not_a_packet"),
        (
            lambda: parcel(record_xml(RECORD)).replace(b"Minh", b"Ming", 1) + b" ",
            "packet_rewritten",
        ),
    ],
)
def test_a_package_that_may_not_come_leaves_nothing_behind(department, make, code):
    before = sorted(p.name for p in stored_files())

    with pytest.raises(PacketNotTaken) as caught:
        take(make())

    assert caught.value.code == code
    assert str(caught.value.for_user())
    assert is_empty()
    assert sorted(p.name for p in stored_files()) == before


def stored_files() -> list[Path]:
    folder = Path(storages["records"].path("x")).parent
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_report_goes_up_the_tree_and_nowhere_else(units, department):
    give_seal(units["an-giang"], CHAU_DOC)

    with pytest.raises(PacketNotTaken) as caught:
        take(parcel(record_xml(RECORD), receiver_code="an-giang"))

    assert caught.value.code == "sender_elsewhere"
    assert is_empty()


def test_a_school_that_was_closed_sends_nothing(units, department):
    closed = TODAY - timedelta(days=3)
    Unit.objects.filter(code="my-ngai").update(valid_until=closed)

    with pytest.raises(PacketNotTaken) as caught:
        take(parcel(record_xml(RECORD)))

    assert caught.value.code == "sender_not_in_force"


def test_a_number_stands_for_one_content(department):
    number = "6" * 32
    take(parcel(record_xml(RECORD), package=number))

    with pytest.raises(PacketNotTaken) as caught:
        take(parcel(other_pupil(), package=number))

    assert caught.value.code == "package_reused"
    assert Record.objects.count() == Package.objects.count() == 1


def test_without_a_seal_of_the_receiver_nothing_is_kept(units):
    Unit.objects.filter(code="dong-thap").update(tax_code=DEPARTMENT)

    with pytest.raises(NoCredential):
        take(parcel(record_xml(RECORD)))

    assert is_empty()


def test_a_receiver_without_tax_code_gives_no_receipt(units):
    with pytest.raises(NoTaxCode):
        take(parcel(record_xml(RECORD)))

    assert is_empty()


@pytest.mark.parametrize(
    ("role", "unit"),
    [
        ("registrar", "school"),
        ("head", "school"),
        ("inspector", "dong-thap"),
        ("officer", "an-giang"),
        ("officer", "commune"),
        ("admin", "ministry"),
    ],
)
def test_only_the_departments_officer_receives_reports(units, department, role, unit):
    somebody = make_user("somebody", role, units[unit])

    with pytest.raises(NotAllowed):
        take(parcel(record_xml(RECORD)), somebody)

    assert is_empty()


def test_who_may_not_receive_does_not_get_the_receipt_either(
    units, department, officer
):
    sent = parcel(record_xml(RECORD))
    take(sent, officer)
    stranger = make_user("stranger", "officer", units["an-giang"])

    with pytest.raises(NotAllowed):
        take(sent, stranger)
