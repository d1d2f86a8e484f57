from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from documents import storage
from documents.models import Artifact, Record, Signature, User, Version
from documents.models.signatures import Purpose

from ..errors import NotVerified, VersionMoved
from ..signing.longterm import evidence_expires_at
from ..verification.trust import TrustStore
from ..verification.verifier import verify_pdf
from .bulk.works import Desk, Work
from .evidence.verdicts import issued_slots, required_slots
from .exchange.packets import Signer
from .issuing import Issue, Issued
from .keys.keyring import Key
from .signing_off import WHERE_POSSIBLE
from .steps import check, claim, conclude, look, signatures_digest, version_payload

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
    return sign_work(record_id=record_id, by=by, at=at, desk=Desk.plain()).do()


def sign_work(
    *, record_id: int, by: User, at: datetime, desk: Desk, reason: str = ""
) -> Work:
    """The same, for whoever brings keys that are asked another way.

    Raises NotVisible, NotAllowed, IllegalTransition, NoCredential, or a
    CertificateRefused; the rest when the act is run and its outcome entered.
    """
    seen = look(record_id, by=by)
    check(seen, step="sign", by=by)
    version = seen.current
    assert version is not None  # record_past_draft_has_a_version
    keys = {"head": desk.keys.key(by), "seal": desk.keys.key(seen.issuer)}
    signers = [
        signer("head", keys["head"], by),
        signer("seal", keys["seal"], by, office=SEAL_OFFICE),
    ]
    # Takes the longest, so no lock is held yet; what we signed is compared below.
    act = Issue(version, signers, desk.keeper, at, desk.render).act()
    trust = desk.keeper.trust
    return Work(
        keys, act, partial(enter, record_id=record_id, by=by, at=at, trust=trust)
    )


def signer(slot: str, key: Key, user: User, office: str = "") -> Signer:
    """What signs as ``slot``, in the office of the certificate if no other is said."""
    certificate = key.certificate
    mechanism = key.provider.mechanism
    return Signer(slot, certificate, mechanism, user, office or certificate.office)


def enter(
    issued: Issued, *, record_id: int, by: User, at: datetime, trust: TrustStore
) -> Record:
    """Write down what has been issued. Raises NotVerified, or what ``claim`` raises."""
    require_authentic(issued.pdf, trust)
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


def require_authentic(pdf: bytes, trust: TrustStore) -> None:
    """Raise NotVerified unless the verifier accepts what was just signed.

    It shares no code with what signs: a fault there, or a time-stamp that nobody
    trusts, is found before the file is anywhere.
    """
    now = timezone.now()
    slots = required_slots()
    if settings.TEACHER_SIGNATURES == WHERE_POSSIBLE:
        slots += issued_slots()  # and no others in the data
    report = verify_pdf(pdf, trust, now, slots=slots)
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
