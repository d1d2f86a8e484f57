"""A record as it is printed, and the people and keys that sign it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from documents.canonical import canonical_json, content_digest
from documents.exchange.headers import RecordHeader
from documents.exchange.records import RecordPacket
from documents.kinds.primary_year import PrimaryYear, Pupil, School, SubjectMark
from documents.rendering import FormInput, render_pdf, render_stamp
from tests.factories import NOW as NOW
from tests.factories import TODAY
from workflow.signing.development import (
    DevelopmentCA,
    IssuedKey,
    ensure_development_ca,
)
from workflow.signing.evidence import ListsAtHand
from workflow.signing.longterm import Keeper
from workflow.signing.pades import Field, sign_pdf
from workflow.signing.providers.pkcs12 import Pkcs12Provider
from workflow.signing.timestamps import DevelopmentTimeStamper
from workflow.signing.xades import sign_slot
from workflow.verification.trust import TrustStore

SCHOOL = "Trường Tiểu học Mỹ Ngãi"
HEAD = "Nguyễn Thị Hòa"
PERSONAL_NUMBER = "087180001234"
TAX_CODE = "1400123456"
CODE = "0f8fad5bd9cb469fa16570867728950e"
RECORD = "1f8fad5bd9cb469fa16570867728950e"


def content() -> PrimaryYear:
    """A finished year sheet of grade 1."""
    return PrimaryYear(
        school=School(code="my-ngai", name=SCHOOL, province="Đồng Tháp"),
        school_year="2025-2026",
        class_name="1A",
        grade=1,
        pupil=Pupil(code="7000000001", name="Trần Văn Ước", gender=1),
        subjects={"toan": SubjectMark(level="T", score=9, comment="Tính nhanh.")},
        result="good",
    )


CANONICAL = canonical_json(content())


def record_header(content: bytes, **changes: Any) -> RecordHeader:
    values: dict[str, Any] = {
        "lookup_code": CODE,
        "record": RECORD,
        "kind": "primary_year",
        "format_version": 1,
        "form_version": "2025",
        "number": 1,
        "school_year": "2025-2026",
        "issuer_code": "my-ngai",
        "issuer_tax_code": TAX_CODE,
        "sha256": content_digest("primary_year", 1, content),
    }
    return RecordHeader(**(values | changes))


def unsigned_packet(content: bytes = CANONICAL, **changes: Any) -> RecordPacket:
    """The data of the record, before anybody signed it."""
    return RecordPacket.write(record_header(content, **changes), content)


@cache
def printed_record(packet: bytes = b"") -> bytes:
    """The PDF before anybody signed it; with signed data, or with none."""
    return render_pdf(printed_form(packet))


def printed_form(packet: bytes = b"") -> FormInput:
    return FormInput(
        kind="primary_year",
        form_version="2025",
        canonical=CANONICAL,
        sha256=content_digest("primary_year", 1, CANONICAL),
        lookup_code=CODE,
        verify_url=f"http://localhost:8000/v/{CODE}",
        created_at=NOW,
        place="Mỹ Ngãi",
        signed_on=TODAY,
        head_name=HEAD,
        packet=packet,
    )


def block(*lines: str) -> bytes:
    return render_stamp(list(lines), 180, 60)


def date_stamp(text: str) -> bytes:
    return render_stamp([text], 120, 12)


@dataclass(frozen=True)
class Desk:
    """All that signs in a trial, and what trusts it."""

    ca: DevelopmentCA
    head: IssuedKey
    seal: IssuedKey
    teacher: IssuedKey
    timestamper: DevelopmentTimeStamper

    def signed_packet(
        self,
        made: RecordPacket | None = None,
        *,
        teacher: IssuedKey | None = None,
        head: IssuedKey | None = None,
        seal: IssuedKey | None = None,
    ) -> RecordPacket:
        """The data with the signatures of teacher, head and school."""
        made = made or unsigned_packet()
        signers = {
            "GVBM": teacher or self.teacher,
            "GVCN": teacher or self.teacher,
            "CBQL": head or self.head,
            "KY_PHAT_HANH": seal or self.seal,
        }
        for slot, key in signers.items():
            sign_slot(
                made,
                slot,
                provider=Pkcs12Provider(key.path, key.passphrase),
                at=NOW,
                timestamper=self.timestamper,
                parts=tuple(made.parts()) if slot == "GVBM" else (),
            )
        return made

    def printed(self, **keys: Any) -> bytes:
        """The PDF with the signed data in it, before anybody signed its pages."""
        return printed_record(self.signed_packet(**keys).to_bytes())

    @property
    def trust(self) -> TrustStore:
        folder = self.ca.directory
        return TrustStore.of(
            [(folder / f"{name}.pem").read_bytes() for name in ("root", "issuing")],
            crls=self.ca.crls(at=NOW),
            name="development",
        )

    def sign(self, pdf: bytes, field: Field, key: IssuedKey | None = None) -> bytes:
        key = key or (self.head if field == "head" else self.seal)
        provider = Pkcs12Provider(key.path, key.passphrase)
        signer = provider.describe()
        return sign_pdf(
            pdf,
            field=field,
            provider=provider,
            stamp_pdf=block(signer.name, signer.office, signer.organisation),
            reason="Xác nhận học bạ",
            location="Mỹ Ngãi",
            at=NOW,
            timestamper=self.timestamper,
        )

    @property
    def keeper(self) -> Keeper:
        source = ListsAtHand(lambda at: self.ca.crls(at=at))
        return Keeper(self.trust, source, self.timestamper)

    def sign_both(
        self,
        pdf: bytes | None = None,
        *,
        head: IssuedKey | None = None,
        seal: IssuedKey | None = None,
    ) -> bytes:
        """Head, then seal, the data first if no PDF is given."""
        pdf = pdf or self.printed(head=head, seal=seal)
        return self.sign(self.sign(pdf, "head", head), "seal", seal)

    def issue(self, pdf: bytes | None = None) -> bytes:
        """Both signatures, and what makes them last."""
        return self.keeper.complete(self.sign_both(pdf), at=NOW)

    def lock(self, pdf: bytes, text: str = "Có hiệu lực từ: 10/07/2026") -> bytes:
        return self.keeper.fill_effective_date(pdf, text, date_stamp(text), at=NOW)


def set_up_desk(folder: Path) -> Desk:
    ca = ensure_development_ca(folder / "pki", at=NOW, allow_development=True)
    head = ca.issue_person(
        name=HEAD,
        personal_number=PERSONAL_NUMBER,
        office="Hiệu trưởng",
        school=SCHOOL,
        at=NOW,
    )
    teacher = ca.issue_person(
        name="Trần Thị Mai",
        personal_number="087180005678",
        office="Giáo viên chủ nhiệm",
        school=SCHOOL,
        at=NOW,
    )
    seal = ca.issue_seal(school=SCHOOL, tax_code=TAX_CODE, at=NOW)
    return Desk(ca, head, seal, teacher, DevelopmentTimeStamper(ca))
