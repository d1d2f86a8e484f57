from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents import storage
from documents.models import Artifact, Record, Signature, Unit, User, Version
from documents.models.signatures import Purpose

from ..errors import NotVerified, VersionMoved
from ..signing.asking import carry_out
from ..signing.longterm import evidence_expires_at
from ..signing.providers.base import Provider
from ..verification.verifier import verify_pdf
from . import credentials
from .issuing import Issue, Issued
from .packets import Signer
from .steps import check, claim, conclude, look, signatures_digest, version_payload
from .verdicts import required_slots

SEAL_OFFICE = "Con dấu của nhà trường"


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
    providers, signers = signers_for(by, seen.issuer, at=at)
    issue = Issue(version, signers, credentials.keeper(timezone.now()), at)
    issued = carry_out(issue.act(), providers)
    return enter(issued, record_id=record_id, by=by, at=at)


def enter(issued: Issued, *, record_id: int, by: User, at: datetime) -> Record:
    """Write down what has been issued. Raises NotVerified, or what ``claim`` raises."""
    require_authentic(issued.pdf)
    file, packet = storage.put(issued.pdf), storage.put(issued.packet)
    version = issued.version
    with transaction.atomic():
        record = claim(record_id, step="sign", by=by)
        if record.current != version:
            raise VersionMoved(record)
        Signature.objects.bulk_create(issued.signatures)
        _keep(version, Purpose.ISSUED, issued.pdf, file, at)
        _keep(version, Purpose.PACKET, issued.packet, packet, at)
        record.sign(at=at)
        payload = version_payload(record) | {
            "file": file,
            "packet": packet,
            "signatures": signatures_digest(version),
        }
        conclude(record, "sign", by=by, at=at, payload=payload)
    return record


def signers_for(
    head: User, school: Unit, *, at: datetime
) -> tuple[dict[str, Provider], list[Signer]]:
    """The keys of head and seal, and what they sign as; checked.

    Raises NoCredential or a CertificateRefused.
    """
    person, personal = credentials.signer_of(head, at=at)
    seal, organisational = credentials.signer_of(school, at=at)
    signers = [
        Signer("head", personal, person.mechanism, head, personal.office),
        Signer("seal", organisational, seal.mechanism, head, SEAL_OFFICE),
    ]
    return {"head": person, "seal": seal}, signers


def require_authentic(pdf: bytes) -> None:
    """Raise NotVerified unless the verifier accepts what was just signed.

    It shares no code with what signs: a fault there, or a time-stamp that nobody
    trusts, is found before the file is anywhere.
    """
    now = timezone.now()
    report = verify_pdf(pdf, credentials.trust(now), now, slots=required_slots())
    if report.reasons:
        raise NotVerified([reason.value for reason in report.reasons])


def _keep(
    version: Version, purpose: Purpose, data: bytes, sha256: str, at: datetime
) -> None:
    lasts = evidence_expires_at(data) if purpose is Purpose.ISSUED else None
    Artifact.objects.create(
        version=version,
        purpose=purpose,
        sha256=sha256,
        size=len(data),
        created_at=at,
        evidence_until=lasts,
    )
