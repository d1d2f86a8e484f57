"""Recalls that travel: told once, with the replacement or alone, and heard."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import storage
from documents.exchange.headers import Recalled
from documents.exchange.packages import open_package
from documents.models import Package, Record, SchoolClass, State, Unit, User
from tests.actors import bring_to
from tests.factories import NOW, YEAR, make_draft, make_pupil
from tests.workflow.services.exchange.parcels import (
    DEPARTMENT,
    give_seal,
    parcel,
    record_xml,
    wrong,
)
from workflow.services import lock_record, recall_record, sign_record, submit_record
from workflow.services.evidence.verdicts import verdict_of_code
from workflow.services.exchange.recalls import untold
from workflow.services.exchange.receiving import Reception, receive_package
from workflow.services.exchange.refusals import NothingToSend
from workflow.services.exchange.sending import Parcel, Sending, item_of, send_report

RECORD = "1f8fad5bd9cb469fa16570867728950e"
REASON = "Nhầm điểm Toán"
LATER = NOW + timedelta(days=1)


@pytest.fixture
def department(units: dict[str, Unit]) -> Unit:
    return give_seal(units["dong-thap"], DEPARTMENT)


def send(school: Unit) -> Sending:
    return send_report(school=school, school_year=YEAR, by=None, at=LATER)


def told_in(package: Package) -> dict[str, Recalled]:
    return dict(open_package(storage.get(package.sha256)).header.recalled)


def recall(record: Record, head: User) -> None:
    recall_record(record_id=record.pk, by=head, reason=REASON, at=LATER)


def take(data: bytes) -> Reception:
    return receive_package(data=data, by=None, at=LATER)


def told(number: int = 1, sha256: str = "a" * 64) -> dict[str, Recalled]:
    return {RECORD: Recalled(number, sha256, REASON, LATER)}


# -- The school -----------------------------------------------------------------------


def answer(package: Package) -> None:
    Package.objects.filter(pk=package.pk).update(receipt="0" * 64, receipt_at=LATER)


def test_a_recall_goes_with_each_package_until_one_is_receipted(
    signed_record: Record, school: Unit, department: Unit, head: User
):
    first = signed_record.current
    assert told_in(*send(school).packages) == {}
    recall(signed_record, head)

    (package,) = send(school).packages

    assert first is not None
    assert told_in(package) == {
        signed_record.uuid.hex: Recalled(1, first.sha256, REASON, LATER)
    }
    assert package.count == 0
    item = package.items.get()
    assert (item.number, item.version, item.sha256) == (1, first, first.sha256)
    assert item.is_recall
    line = signed_record.ledger.latest("sequence")
    assert (line.action, line.payload["reason"]) == ("report_recall", REASON)
    assert line.payload["package"] == package.uuid.hex
    (again,) = send(school).packages
    assert told_in(again) == told_in(package)
    answer(package)
    with pytest.raises(NothingToSend):
        send(school)


def test_a_replacement_comes_with_the_reason(
    signed_record: Record, school: Unit, department: Unit, head: User, teacher: User
):
    send(school)
    recall(signed_record, head)
    submit_record(record_id=signed_record.pk, by=teacher, at=LATER)
    sign_record(record_id=signed_record.pk, by=head, at=LATER)

    (package,) = send(school).packages

    assert [one.reason for one in told_in(package).values()] == [REASON]
    item = package.items.get()
    assert (package.count, item.number, item.is_recall) == (1, 2, False)
    answer(package)
    (again,) = send(school).packages
    assert told_in(again) == {}


def test_what_was_never_reported_is_not_told_of(
    signed_record: Record, school: Unit, department: Unit, head: User
):
    recall(signed_record, head)

    with pytest.raises(NothingToSend):
        send(school)

    assert not Package.objects.exists()


def test_school_and_department_of_one_installation_agree(
    signed_record: Record, school: Unit, department: Unit, head: User
):
    send(school)
    recall(signed_record, head)
    (package,) = send(school).packages

    done = take(storage.get(package.sha256))

    assert done.counts == {"unchanged": 1}
    assert wrong() == []


def test_many_recalls_are_found_in_two_queries(
    units: dict[str, Unit], school_class: SchoolClass, school: Unit, head: User
):
    for _ in range(4):
        bring_to(make_draft(school_class, make_pupil()), "signed", units)
    records = Record.objects.filter(issuer=school)
    package = Package.objects.create(
        uuid=uuid.uuid4(),
        direction="sent",
        purpose="report",
        sender=school,
        receiver=units["dong-thap"],
        size=1,
        count=4,
        created_at=NOW,
        entered_at=NOW,
    )
    for record in records.select_related("current"):
        item_of(package, Parcel(record, "x", 1)).save()
        recall(record, head)

    with CaptureQueriesContext(connection) as captured:
        found = untold(records)

    assert len(captured) == 2
    assert len(found) == 4


# -- The department -------------------------------------------------------------------


def test_what_was_recalled_is_superseded_for_the_department(department: Unit):
    take(parcel(record_xml(RECORD)))
    record = Record.objects.get()
    assert record.current is not None

    done = take(parcel(recalled=told(sha256=record.current.sha256)))

    assert done.counts == {"accepted": 1}
    assert done.package.items.get().is_recall
    record.refresh_from_db()
    assert record.state == State.DRAFT
    line = record.ledger.latest("sequence")
    assert (line.action, line.payload["reason"]) == ("receive_recall", REASON)
    answer = verdict_of_code(record.book.lookup_code)
    (sheet,) = answer.sheets
    assert (sheet.verdict, sheet.superseded_at) == ("superseded", LATER)
    late = take(parcel(record_xml(RECORD)))
    assert [item.code for item in late.refused()] == ["recalled_here"]
    assert wrong() == []


def test_a_replacement_takes_the_place_of_what_was_recalled(department: Unit):
    take(parcel(record_xml(RECORD)))

    done = take(parcel(record_xml(RECORD, number=3, comment="sửa"), recalled=told()))

    record = Record.objects.get()
    assert record.current is not None
    assert (record.state, record.current.number) == (State.SIGNED, 3)
    assert done.counts == {"accepted": 1}
    actions = list(record.ledger.order_by("sequence").values_list("action", flat=True))
    assert actions == ["receive_packet", "receive_recall", "receive_packet"]
    assert wrong() == []


def test_what_is_in_effect_stays_so(department: Unit, officer: User):
    take(parcel(record_xml(RECORD)))
    record = Record.objects.get()
    lock_record(record_id=record.pk, by=officer, at=NOW)

    done = take(parcel(recalled=told()))

    assert [item.code for item in done.refused()] == ["record_locked"]
    record.refresh_from_db()
    assert record.state == State.LOCKED


def test_nobody_recalls_the_records_of_another_school(
    units: dict[str, Unit], department: Unit
):
    give_seal(units["other"], "1400654321")
    take(parcel(record_xml(RECORD)))
    stranger = {"sender_code": "hoa-thuan", "sender_tax_code": "1400654321"}

    done = take(parcel(recalled=told(), seal="1400654321", **stranger))

    assert [item.code for item in done.refused()] == ["not_the_senders"]
    assert Record.objects.get().state == State.SIGNED


def test_an_older_recall_and_one_of_what_never_came_change_nothing(department: Unit):
    take(parcel(record_xml(RECORD, number=2, comment="sửa")))
    before = Record.objects.get().ledger.count()

    old = take(parcel(recalled=told(1)))
    other = {"2" + RECORD[1:]: Recalled(1, "b" * 64, REASON, LATER)}
    unknown = take(parcel(recalled=other))

    assert (old.counts, unknown.counts) == ({"unchanged": 1}, {"unchanged": 1})
    record = Record.objects.get()
    assert (record.state, record.ledger.count()) == (State.SIGNED, before)
