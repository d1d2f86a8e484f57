"""Packages from schools whose records this register has never seen."""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from documents.exchange.packages import Package as Envelope
from documents.exchange.reading import open_record
from documents.exchange.receipts import Receipt
from documents.exchange.records import RecordPacket
from documents.kinds.primary_year import Pupil as PupilPart
from documents.kinds.primary_year import School as SchoolPart
from documents.models import Unit
from tests.documents.exchange.packets import package_header, packet
from tests.documents.rendering.sheets import year_sheet
from tests.factories import NOW, give_key
from tests.workflow.signing.material import (
    HEAD,
    PERSONAL_NUMBER,
    Desk,
    set_up_desk,
)
from tests.workflow.signing.packets import ART, issued, provider_of, sealed, sign
from workflow.integrity import Flaw, flaws
from workflow.signing.development import IssuedKey

MY_NGAI, HOA_THUAN, CHAU_DOC = "1400123456", "1400654321", "1600112233"
DEPARTMENT = "1400999888"
BOOK = "0f8fad5bd9cb469fa16570867728950e"


@cache
def desk() -> Desk:
    """Keys of the development CA that this installation trusts."""
    return set_up_desk(Path(settings.DATA_DIR))


@cache
def seal_key(tax_code: str) -> IssuedKey:
    return desk().ca.issue_seal(school="Trường", tax_code=tax_code, at=NOW)


def signers_of(tax_code: str) -> Desk:
    return replace(desk(), head=head_key(tax_code), seal=seal_key(tax_code))


@cache
def head_key(tax_code: str) -> IssuedKey:
    """Of a head whom this register does not know: the certificate names the school."""
    return desk().ca.issue_person(
        name=HEAD,
        personal_number=PERSONAL_NUMBER,
        office="Hiệu trưởng",
        school="Trường",
        tax_code=tax_code,
        at=NOW,
    )


@cache
def record_xml(
    record: str,
    *,
    head: IssuedKey | None = None,
    school: str = "my-ngai",
    tax_code: str = MY_NGAI,
    number: int = 1,
    lookup_code: str = BOOK,
    pupil: str = "7400000001",
    name: str = "Lê Thị Bé",
    comment: str = "",
    also: str = "",
    **sheet: Any,
) -> bytes:
    """The finished XML of a sheet that ``school`` has issued.

    With ``also`` the pupil has that subject beside the arts, and no other; ``head``
    is another key that signs as the head.
    """
    if also:
        rows = year_sheet(4).subjects
        sheet["subjects"] = {code: rows[code] for code in (*ART, also)}
    own = signers_of(tax_code)
    content = year_sheet(
        3,
        school=SchoolPart(code=school, name=school),
        pupil=PupilPart(code=pupil, name=name, gender=2),
        result_reason=comment,
        **sheet,
    )
    unsigned = packet(
        content,
        record=record,
        number=number,
        issuer_code=school,
        issuer_tax_code=tax_code,
        lookup_code=lookup_code,
        school_year=content.school_year,
    )
    if head is not None:
        own = replace(own, head=head)
    return issued(own, unsigned).to_bytes()


@cache
def without_teachers(data: bytes) -> bytes:
    """The same record issued again, by head and seal alone."""
    signed = open_record(data)
    again = RecordPacket.write(signed.header, signed.content)
    own = signers_of(signed.header.issuer_tax_code)
    return sign(own, sign(own, again, "CBQL"), "KY_PHAT_HANH").to_bytes()


def parcel(*records: bytes, seal: str = MY_NGAI, **header: Any) -> bytes:
    """A sealed package of them; ``seal`` is the tax code of the key that signs it."""
    facts = {"package": uuid.uuid4().hex, "count": len(records)} | header
    envelope = Envelope.write(
        package_header(**facts), [open_record(data) for data in records]
    )
    provider = provider_of(seal_key(seal))
    return sealed(desk(), envelope, provider).to_bytes()


def wrong() -> list[Flaw]:
    """What check_integrity finds; the index hears of rows after commit only."""
    return [flaw for flaw in flaws() if not flaw.code.startswith("index_")]


def resealed(receipt: Receipt, tax_code: str) -> bytes:
    """A receipt under another seal."""
    frame = Receipt.write(receipt.header, receipt.lines)
    return sealed(desk(), frame, provider_of(seal_key(tax_code))).to_bytes()


def give_seal(unit: Unit, tax_code: str) -> Unit:
    """The tax code of a unit, and a key of its seal."""
    Unit.objects.filter(pk=unit.pk).update(tax_code=tax_code)
    unit.refresh_from_db()
    give_key(unit)
    return unit
