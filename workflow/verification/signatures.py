"""One signature or time-stamp: whole, by whom, when, and trusted or not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms, x509
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    validate_sig_integrity,
)
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator.path import ValidationPath

from workflow.signing.certificates import CertificateInfo, describe_certificate
from workflow.verification.envelope import (
    is_exact,
    is_plain,
    is_strong,
    timestamp_of,
)
from workflow.verification.reasons import Reason, Verdict
from workflow.verification.report import (
    Coverage,
    SignatureReport,
    TimeSource,
    unique,
)
from workflow.verification.trust import ChainFault, TrustStore, find_chain

# The signer's clock may be off, and a signer on a phone may take his time.
MAX_CONTRADICTION = timedelta(days=1)
COVERAGES = {
    SignatureCoverageLevel.ENTIRE_FILE: Coverage.WHOLE_FILE,
    SignatureCoverageLevel.ENTIRE_REVISION: Coverage.REVISION,
}
SUB_INDICATIONS = {
    Reason.BYTES_CHANGED: "HASH_FAILURE",
    Reason.SIGNATURE_BROKEN: "SIG_CRYPTO_FAILURE",
    Reason.CERTIFICATE_NOT_TRUSTED: "NO_CERTIFICATE_CHAIN_FOUND",
    Reason.CERTIFICATE_EXPIRED: "OUT_OF_BOUNDS_NO_POE",
    Reason.CERTIFICATE_NOT_YET_VALID: "OUT_OF_BOUNDS_NO_POE",
    Reason.CERTIFICATE_REVOKED: "REVOKED_NO_POE",
    Reason.CERTIFICATE_NOT_FOR_SIGNING: "CHAIN_CONSTRAINTS_FAILURE",
    Reason.WEAK_ALGORITHM: "CRYPTO_CONSTRAINTS_FAILURE",
    Reason.NO_TIMESTAMP: "NO_POE",
    Reason.TIMESTAMP_NOT_TRUSTED: "NO_POE",
    Reason.TIMESTAMP_BROKEN: "NO_POE",
    Reason.TIME_CONTRADICTED: "TIMESTAMP_ORDER_FAILURE",
}


@dataclass(frozen=True)
class Slot:
    """A signature that the kind demands, and whose it has to be if that is known."""

    field: str
    personal_number: str = ""
    tax_code: str = ""


@dataclass(frozen=True)
class Stamp:
    """What a time-stamp proves: that its digest existed at ``moment``."""

    moment: datetime | None
    reasons: tuple[Reason, ...]

    @property
    def proves(self) -> bool:
        return self.moment is not None and not self.reasons


def judge_document_stamp(
    data: bytes, signature: EmbeddedPdfSignature, *, trust: TrustStore, proven: datetime
) -> Stamp:
    """A time-stamp over the whole file as it stood; ``proven`` as below."""
    stamp = judge_token(
        signature.signed_data,
        expected=signature.compute_digest(),
        trust=trust,
        proven=proven,
    )
    if is_exact(data, signature):
        return stamp
    return Stamp(stamp.moment, (Reason.ENVELOPE_CHANGED, *stamp.reasons))


def judge_token(
    signed: cms.SignedData, *, expected: bytes, trust: TrustStore, proven: datetime
) -> Stamp:
    """Check a token over ``expected``, which provably existed at ``proven``."""
    content = signed["encap_content_info"]["content"]
    info = content.parsed
    leaf, others = certificates_of(signed)
    digest = hashlib.new(digest_name(signed), bytes(content)).digest()
    intact, valid = validate_sig_integrity(
        signed["signer_infos"][0], leaf, "tst_info", digest
    )
    imprint = info["message_imprint"]
    same = imprint["hashed_message"].native == expected
    if not (intact and valid and same and is_plain(signed, "v3", leaf)):
        return Stamp(info["gen_time"].native, (Reason.TIMESTAMP_BROKEN,))
    way = find_chain(leaf, trust=trust, at=proven, extra=others)
    found = list(stamp_faults(leaf, others, way))
    return Stamp(info["gen_time"].native, tuple(found))


def stamp_faults(
    leaf: x509.Certificate,
    others: list[x509.Certificate],
    way: ValidationPath | ChainFault,
) -> Iterator[Reason]:
    purpose = leaf.extended_key_usage_value
    may_stamp = purpose is not None and purpose.native == ["time_stamping"]
    if not may_stamp or isinstance(way, ChainFault):
        yield Reason.TIMESTAMP_NOT_TRUSTED
    elif not are_on(way, others):
        yield Reason.ENVELOPE_CHANGED


def judge_signature(
    data: bytes,
    signature: EmbeddedPdfSignature,
    *,
    trust: TrustStore,
    proven: datetime,
    slot: Slot | None,
    stored_evidence: bool,
) -> SignatureReport:
    """Check one signature; ``proven`` is when it provably existed already.

    That is the time of the earliest trusted document time-stamp after it, or the
    time of the check. Its own time-stamp is judged as of then, and the signer's
    certificate as of its own time-stamp: a certificate that expired later, or was
    revoked later, has signed well. Raises what pyHanko and asn1crypto raise when
    the CMS is not one.
    """
    signed = signature.signed_data
    leaf, others = certificates_of(signed)
    holder = describe_certificate(leaf, others)
    integrity = list(integrity_faults(data, signature, leaf))
    token = timestamp_of(signed)
    stamp = signature_stamp(signed, token, trust, proven)
    moment = stamp.moment if stamp and stamp.proves else None
    way = find_chain(leaf, trust=trust, at=moment or proven, extra=others)
    claimed = signature.self_reported_timestamp
    reasons = unique(
        [
            *integrity,
            *stamp.reasons,
            *certificate_faults(holder, way, slot),
            *time_faults(claimed, moment),
            *([] if is_strong(signed, leaf) else [Reason.WEAK_ALGORITHM]),
        ]
    )
    return SignatureReport(
        field=signature.field_name,
        signer=holder.name,
        office=holder.office,
        organisation=holder.organisation,
        personal_number=holder.personal_number,
        tax_code=holder.tax_code,
        serial=holder.serial,
        signed_at=moment or claimed,
        time_source=time_source(moment, claimed),
        level=level(moment is not None, stored_evidence),
        intact=not integrity,
        trusted=not isinstance(way, ChainFault),
        coverage=coverage(signature),
        indication=indication(reasons),
        sub_indication=SUB_INDICATIONS.get(reasons[0], "") if reasons else "",
        reasons=reasons,
    )


def signature_stamp(
    signed: cms.SignedData,
    token: cms.SignedData | None,
    trust: TrustStore,
    proven: datetime,
) -> Stamp:
    """The time-stamp over the signature value."""
    if token is None:
        return Stamp(None, (Reason.NO_TIMESTAMP,))
    info = token["encap_content_info"]["content"].parsed
    name = info["message_imprint"]["hash_algorithm"]["algorithm"].native
    value = signed["signer_infos"][0]["signature"].native
    expected = hashlib.new(name, value).digest()
    return judge_token(token, expected=expected, trust=trust, proven=proven)


def integrity_faults(
    data: bytes, signature: EmbeddedPdfSignature, leaf: x509.Certificate
) -> Iterator[Reason]:
    """Digest, cryptography, the bytes around them, and what is covered."""
    signed = signature.signed_data
    intact, valid = validate_sig_integrity(
        signature.signer_info, leaf, "data", signature.compute_digest()
    )
    if not intact:
        yield Reason.BYTES_CHANGED
    if not valid:
        yield Reason.SIGNATURE_BROKEN
    if not is_exact(data, signature) or not is_plain(signed, "v1", leaf):
        yield Reason.ENVELOPE_CHANGED
    if coverage(signature) is Coverage.UNCLEAR:
        yield Reason.COVERAGE_UNCLEAR


def certificate_faults(
    holder: CertificateInfo, way: ValidationPath | ChainFault, slot: Slot | None
) -> Iterator[Reason]:
    if isinstance(way, ChainFault):
        yield Reason(way.value)
    elif not are_on(way, holder.chain):
        yield Reason.ENVELOPE_CHANGED
    if not holder.for_signing:
        yield Reason.CERTIFICATE_NOT_FOR_SIGNING
    if slot and slot.personal_number not in ("", holder.personal_number):
        yield Reason.WRONG_SIGNER
    if slot and slot.tax_code not in ("", holder.tax_code):
        yield Reason.WRONG_SCHOOL


def time_faults(claimed: datetime | None, moment: datetime | None) -> Iterator[Reason]:
    if claimed and moment and abs(claimed - moment) > MAX_CONTRADICTION:
        yield Reason.TIME_CONTRADICTED


def are_on(way: ValidationPath, embedded: Iterable[x509.Certificate]) -> bool:
    """Whether every certificate that the CMS brings is one of the chain itself.

    A certificate beside the chain has no use but to hide a change of its bytes.
    """
    chain = {one.dump() for one in way.iter_certs(include_root=True)}
    return all(one.dump() in chain for one in embedded)


def certificates_of(
    signed: cms.SignedData,
) -> tuple[x509.Certificate, list[x509.Certificate]]:
    """The signer's certificate and the others that came with it."""
    found = extract_certs_for_validation(signed)
    return found.signer_cert, list(found.other_certs)


def digest_name(signed: cms.SignedData) -> str:
    return str(signed["signer_infos"][0]["digest_algorithm"]["algorithm"].native)


def coverage(signature: EmbeddedPdfSignature) -> Coverage:
    level = signature.evaluate_signature_coverage()
    return COVERAGES.get(level, Coverage.UNCLEAR)


def time_source(moment: datetime | None, claimed: datetime | None) -> TimeSource | None:
    if moment:
        return TimeSource.TIMESTAMP
    return TimeSource.CLAIMED if claimed else None


def level(stamped: bool, stored_evidence: bool) -> str:
    """PAdES baseline level, as far as the file itself shows."""
    if not stamped:
        return "B-B"
    return "B-LT" if stored_evidence else "B-T"


def indication(reasons: tuple[Reason, ...]) -> str:
    if not reasons:
        return "TOTAL_PASSED"
    failed = any(reason.verdict is Verdict.ALTERED for reason in reasons)
    return "TOTAL_FAILED" if failed else "INDETERMINATE"
