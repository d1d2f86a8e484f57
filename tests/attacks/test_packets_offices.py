"""Packets that are whole and trusted, signed by somebody without the office for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from documents.exchange.packages import Package as Envelope
from documents.exchange.reading import open_record
from documents.models import Book, Package, Pupil, Record, Unit
from tests.documents.exchange.packets import package_header
from tests.factories import NOW, TODAY, make_user
from tests.workflow.services.exchange.parcels import (
    CHAU_DOC,
    DEPARTMENT,
    HOA_THUAN,
    MY_NGAI,
    desk,
    give_seal,
    head_key,
    parcel,
    record_xml,
    signers_of,
    without_teachers,
)
from tests.workflow.signing.packets import provider_of, sealed, sign, signed_by_teachers
from workflow.services.exchange.receiving import receive_package
from workflow.services.exchange.refusals import PacketNotTaken, sentence_of
from workflow.signing.development import IssuedKey
from workflow.verification.xml import verify_xml

RECORD = "1f8fad5bd9cb469fa16570867728950e"
NUMBER = "087180004321"
DAY = timedelta(days=1)


@pytest.fixture
def department(units: dict[str, Unit]) -> Unit:
    return give_seal(units["dong-thap"], DEPARTMENT)


def own_key(tax_code: str = "") -> IssuedKey:
    """Of one person, by the trusted authority; it names a school or none."""
    return desk().ca.issue_person(
        name="Phan Thị Sáu",
        personal_number=NUMBER,
        office="Hiệu trưởng",
        school="Trường Tiểu học Mỹ Ngãi",
        tax_code=tax_code,
        at=NOW,
    )


def registered(
    units: dict[str, Unit], role: str, unit: str, **dates: timedelta
) -> None:
    somebody = make_user("sáu", role, units[unit])
    type(somebody).objects.filter(pk=somebody.pk).update(personal_number=NUMBER)
    somebody.assignments.update(**{name: TODAY + d for name, d in dates.items()})


Register = Callable[[dict[str, Unit]], object]
# Who signs as the head: the certificate, and what the register knows of its holder.
STRANGERS: dict[str, tuple[Callable[[], IssuedKey], Register]] = {
    "anybody with a good certificate": (own_key, lambda units: None),
    "somebody of another school": (
        partial(own_key, HOA_THUAN),
        lambda units: None,
    ),
    "the head of another school": (
        own_key,
        lambda units: registered(units, "head", "other"),
    ),
    "the registrar of the school": (
        own_key,
        lambda units: registered(units, "registrar", "school"),
    ),
    "a head whose office had ended": (
        own_key,
        lambda units: registered(units, "head", "school", valid_until=-DAY),
    ),
    "a head whose office had not begun": (
        own_key,
        lambda units: registered(units, "head", "school", valid_from=DAY),
    ),
}


@pytest.mark.parametrize("who", STRANGERS)
def test_whoever_was_not_the_head_then_signs_no_record_as_its_head(
    department, units, who: str
):
    key, register = STRANGERS[who]
    register(units)
    forged = record_xml(RECORD, head=key())
    assert verify_xml(forged, desk().trust, NOW).verdict == "authentic"

    done = receive_package(data=parcel(forged), by=None, at=NOW)

    assert [item.code for item in done.refused()] == ["head_without_office"]
    assert str(sentence_of("head_without_office")) != "head_without_office"
    assert not any(model.objects.exists() for model in (Record, Pupil, Book))
    untouched = receive_package(data=parcel(record_xml(RECORD)), by=None, at=NOW)
    assert untouched.counts == {"accepted": 1}


def test_a_head_whom_the_register_knows_needs_no_name_of_the_school(department, units):
    registered(units, "head", "school", valid_from=-DAY, valid_until=DAY)

    done = receive_package(
        data=parcel(record_xml(RECORD, head=own_key())), by=None, at=NOW
    )

    assert done.counts == {"accepted": 1}


def test_a_head_whose_certificate_names_the_school_needs_no_account(department, units):
    done = receive_package(
        data=parcel(record_xml(RECORD, head=own_key(MY_NGAI))), by=None, at=NOW
    )

    assert done.counts == {"accepted": 1}


def test_a_school_that_was_none_yet_issues_nothing(department, units):
    Unit.objects.filter(code="my-ngai").update(valid_from=TODAY + DAY)

    done = receive_package(data=parcel(record_xml(RECORD)), by=None, at=NOW)

    assert [item.code for item in done.refused()] == ["issuer_not_in_force"]
    assert not Record.objects.exists()


# -- The seal ----------------------------------------------------------------------


# The certificate of an employee names the school, and is no seal of it.
SEALS: dict[str, tuple[Callable[[], IssuedKey], str]] = {
    "an employee's certificate": (partial(head_key, MY_NGAI), "seal_is_personal"),
    "an employee of another school": (partial(head_key, CHAU_DOC), "wrong_school"),
    "a person's certificate": (own_key, "wrong_school"),
}


@pytest.mark.parametrize("what", SEALS)
def test_nothing_but_the_seal_of_the_school_seals_a_record(department, what: str):
    key, code = SEALS[what]
    own = signers_of(MY_NGAI)
    made = open_record(without_teachers(record_xml(RECORD)))
    again = signed_by_teachers(own, type(made).write(made.header, made.content))
    sign(own, again, "CBQL")
    sign(own, again, "KY_PHAT_HANH", provider=provider_of(key()))

    report = verify_xml(again.to_bytes(), desk().trust, NOW)
    done = receive_package(data=parcel(again.to_bytes()), by=None, at=NOW)

    assert (report.verdict, report.reasons) == ("unknown", (code,))
    assert [item.code for item in done.refused()] == [code]
    assert verify_xml(record_xml(RECORD), desk().trust, NOW).verdict == "authentic"
    assert not Record.objects.exists()


@pytest.mark.parametrize("what", SEALS)
def test_nothing_but_the_seal_of_the_school_seals_a_package(department, what: str):
    key, code = SEALS[what]
    envelope = Envelope.write(package_header(), [open_record(record_xml(RECORD))])
    data = sealed(desk(), envelope, provider_of(key())).to_bytes()

    with pytest.raises(PacketNotTaken) as caught:
        receive_package(data=data, by=None, at=NOW)

    assert (caught.value.code, caught.value.place) == (code, "KY_GOI")
    assert not Package.objects.exists()


def test_the_seal_of_the_school_may_not_stand_in_for_its_head(department):
    forged = record_xml(RECORD, head=signers_of(MY_NGAI).seal)

    done = receive_package(data=parcel(forged), by=None, at=NOW)

    assert [item.code for item in done.refused()] == ["head_without_office"]
