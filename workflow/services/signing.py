from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents import storage
from documents.models import Artifact, Record, Signature, Unit, User, Version
from documents.models.signatures import Purpose
from documents.printing import form_input
from documents.rendering import SIGNATURE_SIZE, render_pdf, render_stamp

from ..errors import NotVerified, VersionMoved
from ..signing.certificates import CertificateInfo
from ..signing.longterm import evidence_expires_at
from ..signing.pades import Field, sign_pdf
from ..signing.providers.base import Provider
from ..verification.verifier import verify_pdf
from . import credentials
from .steps import check, claim, conclude, look, signatures_digest, version_payload
from .verdicts import required_slots

REASONS: dict[Field, str] = {"head": "Ký duyệt học bạ", "seal": "Phát hành học bạ"}
SEAL_OFFICE = "Con dấu của nhà trường"


@dataclass(frozen=True)
class Signer:
    """Who signs one slot: the key, its certificate, and what the block says."""

    slot: Field
    provider: Provider
    certificate: CertificateInfo
    user: User
    office: str

    def stamp_lines(self, at: datetime) -> list[str]:
        """The visible block: name, office, organisation, time."""
        time = timezone.localtime(at).strftime("Thời gian ký: %d/%m/%Y %H:%M:%S")
        lines = [self.certificate.name, self.office, self.certificate.organisation]
        # A seal's certificate names the school as holder and as organisation.
        return [*dict.fromkeys(filter(None, lines)), time]


def sign_record(
    *, record_id: int, by: User, at: datetime | None = None, reason: str = ""
) -> Record:
    """Sign with the head's key, then with the school's seal: the record is issued.

    Everything slow happens before the row is locked; nothing is written unless both
    signatures stand. Raises NotVisible, NotAllowed, IllegalTransition, VersionMoved,
    NoCredential, a CertificateRefused before anything is signed, NotVerified, or
    SigningUnavailable when trying again may help.
    """
    at = at or timezone.now()
    seen = look(record_id, by=by)
    check(seen, step="sign", by=by)
    version = seen.current
    assert version is not None  # record_past_draft_has_a_version
    # Takes the longest, so no lock is held yet; what we signed is compared below.
    signers = signers_for(by, seen.issuer, at=at)
    pdf = signed_pdf(version, signers, at=at)
    require_authentic(pdf)
    sha256, size = storage.put(pdf), len(pdf)

    with transaction.atomic():
        record = claim(record_id, step="sign", by=by)
        if record.current != version:
            raise VersionMoved(record)
        Signature.objects.bulk_create(
            [_row(version, seen.issuer, signer, at) for signer in signers]
        )
        Artifact.objects.create(
            version=version,
            purpose=Purpose.ISSUED,
            sha256=sha256,
            size=size,
            created_at=at,
            evidence_until=evidence_expires_at(pdf),
        )
        record.sign(at=at)
        signatures = signatures_digest(version)
        payload = version_payload(record) | {"file": sha256, "signatures": signatures}
        conclude(record, "sign", by=by, at=at, payload=payload)
    return record


def signers_for(head: User, school: Unit, *, at: datetime) -> list[Signer]:
    """Head and seal, checked. Raises NoCredential or a CertificateRefused."""
    person, personal = credentials.signer_of(head, at=at)
    seal, organisational = credentials.signer_of(school, at=at)
    return [
        Signer("head", person, personal, head, personal.office),
        Signer("seal", seal, organisational, head, SEAL_OFFICE),
    ]


def signed_pdf(version: Version, signers: list[Signer], *, at: datetime) -> bytes:
    """The form of ``version``, signed by each signer in their order, made to last."""
    head = signers[0].certificate.name
    day = timezone.localdate(at)
    pdf = render_pdf(form_input(version, signed_on=day, head_name=head))
    keeper = credentials.keeper(timezone.now())
    for signer in signers:
        pdf = sign_pdf(
            pdf,
            field=signer.slot,
            provider=signer.provider,
            stamp_pdf=render_stamp(signer.stamp_lines(at), *SIGNATURE_SIZE),
            reason=REASONS[signer.slot],
            location=version.record.issuer.place,
            at=at,
            timestamper=keeper.timestamper,
        )
    return keeper.complete(pdf, at=timezone.now())


def require_authentic(pdf: bytes) -> None:
    """Raise NotVerified unless the verifier accepts what was just signed.

    It shares no code with what signs: a fault there, or a time-stamp that nobody
    trusts, is found before the file is anywhere.
    """
    now = timezone.now()
    report = verify_pdf(pdf, credentials.trust(now), now, slots=required_slots())
    if report.reasons:
        raise NotVerified([reason.value for reason in report.reasons])


def _row(version: Version, school: Unit, signer: Signer, at: datetime) -> Signature:
    return Signature(
        version=version,
        slot=signer.slot,
        signer=signer.user,
        unit=school,
        name=signer.certificate.name,
        office=signer.office,
        organisation=signer.certificate.organisation,
        certificate=credentials.pem_of(signer.certificate),
        signed_at=at,
        time_source="tsa",
    )
