"""A book that arrives from a school elsewhere: whose it was, and whose it is now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from documents.models import Package, Record, State, Unit, User
from tests.factories import NOW, make_user
from tests.workflow.services.exchange.parcels import (
    CHAU_DOC,
    HOA_THUAN,
    MY_NGAI,
    give_seal,
    parcel,
    record_xml,
    wrong,
)
from workflow.errors import NotAllowed
from workflow.services.exchange.receiving import Reception, receive_package

NEW, OLD = "1f8fad5bd9cb469fa16570867728950e", "2f8fad5bd9cb469fa16570867728950e"
LOCKED = NOW - timedelta(days=30)


@pytest.fixture
def far(units: dict[str, Unit]) -> Unit:
    return give_seal(units["far"], CHAU_DOC)


@pytest.fixture
def far_registrar(far: Unit) -> User:
    return make_user("r-far", "registrar", far)


def old_sheet() -> bytes:
    """Of the school where the pupil was the year before."""
    return record_xml(
        OLD, school="hoa-thuan", tax_code=HOA_THUAN, school_year="2024-2025"
    )


def book(*records: bytes, **header: Any) -> bytes:
    facts: dict[str, Any] = {"purpose": "transfer", "receiver_code": "chau-doc"}
    facts |= {"locked": {NEW: LOCKED, OLD: LOCKED}} | header
    return parcel(*records, **facts)


def take(data: bytes, by: User | None = None) -> Reception:
    return receive_package(data=data, by=by, at=NOW)


def refused(done: Reception) -> list[str]:
    return [item.code for item in done.refused()]


def test_the_book_arrives_locked_and_in_the_receivers_custody(far, far_registrar):
    done = take(book(record_xml(NEW)), far_registrar)

    record = Record.objects.get()
    assert done.counts == {"accepted": 1}
    assert (record.state, record.locked_at) == (State.LOCKED, LOCKED)
    assert (record.issuer.code, record.custodian) == ("my-ngai", far)
    assert wrong() == []


def test_an_earlier_schools_sheet_comes_with_a_later_one_of_the_sender(far):
    done = take(book(record_xml(NEW), old_sheet()))

    assert done.counts == {"accepted": 2}
    old = Record.objects.get(uuid=OLD)
    assert (old.issuer.code, old.custodian) == ("hoa-thuan", far)
    assert wrong() == []


def test_another_schools_sheet_alone_is_refused(far):
    done = take(book(old_sheet()))

    assert refused(done) == ["not_the_senders"]
    assert not Record.objects.exists()


def test_what_is_not_in_effect_is_not_handed_over(far):
    done = take(book(record_xml(NEW), locked={}))

    assert refused(done) == ["not_locked"]


def test_nothing_is_in_effect_since_after_it_was_sent(far):
    done = take(book(record_xml(NEW), locked={NEW: NOW + timedelta(minutes=1)}))

    assert refused(done) == ["lock_time_wrong"]


def test_a_school_hands_over_only_what_it_keeps(units, far):
    take(book(record_xml(NEW)))
    other = give_seal(units["other"], HOA_THUAN)

    done = take(book(record_xml(NEW), receiver_code=other.code))

    assert refused(done) == ["not_the_senders"]
    assert Record.objects.get().custodian == far


def test_a_book_comes_back(units, far):
    take(book(record_xml(NEW)))
    give_seal(units["school"], MY_NGAI)
    back = parcel(
        record_xml(NEW),
        seal=CHAU_DOC,
        purpose="transfer",
        sender_code="chau-doc",
        sender_tax_code=CHAU_DOC,
        receiver_code="my-ngai",
        locked={NEW: LOCKED},
    )

    done = take(back)

    record = Record.objects.get()
    assert done.counts == {"accepted": 1}
    assert (record.state, record.custodian) == (State.TRANSFERRED, units["school"])
    assert record.versions.count() == 1
    assert wrong() == []


def test_an_old_package_does_not_take_the_book_back(units, far):
    sent = book(record_xml(NEW))
    take(sent)

    again = take(book(record_xml(NEW)))

    assert again.counts == {"unchanged": 1}
    assert take(sent).is_new is False
    assert Record.objects.get().ledger.count() == 1


@pytest.mark.parametrize(
    ("role", "home"),
    [("head", "far"), ("officer", "an-giang"), ("inspector", "an-giang")],
)
def test_only_the_receiving_registrar_takes_a_book(units, far, role, home):
    somebody = make_user("somebody", role, units[home])

    with pytest.raises(NotAllowed):
        take(book(record_xml(NEW)), somebody)

    assert not Package.objects.exists()
