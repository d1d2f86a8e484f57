"""A record as it is printed, and the people and keys that sign it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from documents.canonical import canonical_json, content_digest
from documents.kinds.primary_year import PrimaryYear, Pupil, School, SubjectMark
from documents.rendering import FormInput, render_pdf, render_stamp
from tests.factories import NOW as NOW
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
from workflow.verification.trust import TrustStore

SCHOOL = "Trường Tiểu học Mỹ Ngãi"
HEAD = "Nguyễn Thị Hòa"
PERSONAL_NUMBER = "087180001234"
TAX_CODE = "1400123456"
CODE = "0f8fad5bd9cb469fa16570867728950e"


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


@cache
def printed_record() -> bytes:
    """The PDF before anybody signed it."""
    form = FormInput(
        kind="primary_year",
        form_version="2025",
        canonical=CANONICAL,
        sha256=content_digest("primary_year", 1, CANONICAL),
        lookup_code=CODE,
        verify_url=f"http://localhost:8000/v/{CODE}",
        created_at=NOW,
        place="Mỹ Ngãi",
        signed_on=NOW.date(),
        head_name=HEAD,
    )
    return render_pdf(form)


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
    timestamper: DevelopmentTimeStamper

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

    def sign_both(self, pdf: bytes) -> bytes:
        """Head, then seal."""
        return self.sign(self.sign(pdf, "head"), "seal")

    def issue(self, pdf: bytes) -> bytes:
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
    seal = ca.issue_seal(school=SCHOOL, tax_code=TAX_CODE, at=NOW)
    return Desk(ca, head, seal, DevelopmentTimeStamper(ca))
