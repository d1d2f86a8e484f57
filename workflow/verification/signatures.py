"""One signature or time-stamp: whole, by whom, when, and trusted or not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms, x509
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from workflow.signing.algorithms import Use, default_policy, uses_of_signer
from workflow.signing.certificates import CertificateInfo, describe_certificate
from workflow.signing.cms import certificates_of, timestamp_of
from workflow.verification.chains import Chain, ChainFault
from workflow.verification.envelope import is_exact, is_plain
from workflow.verification.knowledge import Knowledge
from workflow.verification.reasons import Reason, Verdict
from workflow.verification.report import (
    Coverage,
    SignatureReport,
    TimeSource,
    unique,
)
from workflow.verification.revocation import Status
from workflow.verification.stored import Stored

# The signer's clock may be off, and a signer on a phone may take his time.
MAX_CONTRADICTION = timedelta(days=1)
# Between two services that both tell the right time.
CLOCKS_DIFFER = timedelta(minutes=5)
COVERAGES = {
    SignatureCoverageLevel.ENTIRE_FILE: Coverage.WHOLE_FILE,
    SignatureCoverageLevel.ENTIRE_REVISION: Coverage.REVISION,
}
# EN 319 102-1 §5.1.3.
SUB_INDICATIONS = {
    Reason.BYTES_CHANGED: "HASH_FAILURE",
    Reason.SIGNATURE_BROKEN: "SIG_CRYPTO_FAILURE",
    Reason.ENVELOPE_CHANGED: "FORMAT_FAILURE",
    Reason.COVERAGE_UNCLEAR: "FORMAT_FAILURE",
    Reason.CERTIFICATE_NOT_TRUSTED: "NO_CERTIFICATE_CHAIN_FOUND",
    Reason.CERTIFICATE_EXPIRED: "OUT_OF_BOUNDS_NO_POE",
    Reason.CERTIFICATE_NOT_YET_VALID: "OUT_OF_BOUNDS_NO_POE",
    Reason.CERTIFICATE_REVOKED: "REVOKED_NO_POE",
    Reason.CERTIFICATE_NOT_FOR_SIGNING: "CHAIN_CONSTRAINTS_FAILURE",
    Reason.CERTIFICATE_IS_AUTHORITY: "CHAIN_CONSTRAINTS_FAILURE",
    Reason.REVOCATION_UNKNOWN: "TRY_LATER",
    Reason.WRONG_SIGNER: "SIG_CONSTRAINTS_FAILURE",
    Reason.WRONG_SCHOOL: "SIG_CONSTRAINTS_FAILURE",
    Reason.SEAL_IS_PERSONAL: "SIG_CONSTRAINTS_FAILURE",
    Reason.WEAK_ALGORITHM: "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
    Reason.NO_TIMESTAMP: "NO_POE",
    Reason.TIMESTAMP_NOT_TRUSTED: "NO_POE",
    Reason.TIMESTAMP_EXPIRED: "NO_POE",
    Reason.TIMESTAMP_REVOKED: "NO_POE",
    Reason.TIMESTAMP_BROKEN: "HASH_FAILURE",
    Reason.TIME_CONTRADICTED: "TIMESTAMP_ORDER_FAILURE",
}
STAMP_FAULTS = {
    ChainFault.EXPIRED: Reason.TIMESTAMP_EXPIRED,
    ChainFault.REVOKED: Reason.TIMESTAMP_REVOKED,
}


@dataclass(frozen=True)
class Slot:
    """A signature that the kind demands, and whose it has to be if that is known."""

    field: str
    personal_number: str = ""
    tax_code: str = ""
    organisation: str = ""


@dataclass(frozen=True)
class Stamp:
    """What a time-stamp proves: that its digest existed at ``moment``."""

    moment: datetime | None
    reasons: tuple[Reason, ...]
    chain: Chain | None = None

    @property
    def proves(self) -> bool:
        return self.moment is not None and not self.reasons


def judge_document_stamp(
    data: bytes,
    signature: EmbeddedPdfSignature,
    *,
    knowledge: Knowledge,
    proven: datetime,
) -> Stamp:
    """A time-stamp over the whole file as it stood; ``proven`` as below."""
    stamp = judge_token(
        signature.signed_data,
        expected=signature.compute_digest(),
        knowledge=knowledge,
        proven=proven,
    )
    if is_exact(data, signature):
        return stamp
    return Stamp(stamp.moment, (Reason.ENVELOPE_CHANGED, *stamp.reasons))


def judge_token(
    signed: cms.SignedData, *, expected: bytes, knowledge: Knowledge, proven: datetime
) -> Stamp:
    """Check a token over ``expected``, which provably existed at ``proven``."""
    content = signed["encap_content_info"]["content"]
    info = content.parsed
    moment = info["gen_time"].native
    leaf, others = certificates_of(signed)
    digest = hashlib.new(digest_name(signed), bytes(content)).digest()
    intact, valid = validate_sig_integrity(
        signed["signer_infos"][0], leaf, "tst_info", digest
    )
    imprint = info["message_imprint"]
    same = imprint["hashed_message"].native == expected
    if not (intact and valid and same and is_plain(signed, "v3", leaf)):
        return Stamp(moment, (Reason.TIMESTAMP_BROKEN,))
    way = knowledge.way(leaf, others, at=proven)
    uses = [
        *uses_of_signer(signed["signer_infos"][0], leaf),
        Use("digest", str(imprint["hash_algorithm"]["algorithm"].native)),
    ]
    found = [
        *stamp_faults(leaf, others, way, knowledge),
        *stamp_time_faults(way, moment, proven, knowledge),
        *algorithm_faults(uses, way, proven),
    ]
    return Stamp(moment, unique(found), way if isinstance(way, Chain) else None)


def stamp_faults(
    leaf: x509.Certificate,
    others: list[x509.Certificate],
    way: Chain | ChainFault,
    knowledge: Knowledge,
) -> Iterator[Reason]:
    purpose = leaf.extended_key_usage_value
    may_stamp = purpose is not None and purpose.native == ["time_stamping"]
    if isinstance(way, ChainFault):
        yield STAMP_FAULTS.get(way, Reason.TIMESTAMP_NOT_TRUSTED)
    elif not may_stamp:
        yield Reason.TIMESTAMP_NOT_TRUSTED
    yield from envelope_faults(way, others, knowledge)


def stamp_time_faults(
    way: Chain | ChainFault, moment: datetime, proven: datetime, knowledge: Knowledge
) -> Iterator[Reason]:
    """A stamp says nothing about a time that is still to come, or at which its own
    certificate did not exist; and nobody may have revoked that until ``proven``.
    """
    if moment > proven + CLOCKS_DIFFER:
        yield Reason.TIME_CONTRADICTED
    if not isinstance(way, Chain):
        return
    if moment < way.valid_from:
        yield Reason.TIME_CONTRADICTED
    if knowledge.status(way, since=moment, until=proven) is Status.UNKNOWN:
        yield Reason.REVOCATION_UNKNOWN


def judge_signature(
    data: bytes,
    signature: EmbeddedPdfSignature,
    *,
    knowledge: Knowledge,
    proven: datetime,
    slot: Slot | None,
    sealed: Stored | None,
) -> SignatureReport:
    """Check one signature; ``proven`` is when it provably existed already.

    That is the time of the earliest trusted document time-stamp after it, or the
    time of the check. Its own time-stamp is judged as of then, and the signer's
    certificate as of its own time-stamp: a certificate that expired later, or was
    revoked later, has signed well. ``sealed`` is the validation data that a trusted
    document time-stamp covers. Raises what pyHanko and asn1crypto raise when the CMS
    is not one.
    """
    signed = signature.signed_data
    leaf, others = certificates_of(signed)
    holder = describe_certificate(leaf, others)
    integrity = list(integrity_faults(data, signature, leaf))
    stamp = signature_stamp(signed, knowledge, proven)
    moment = stamp.moment if stamp.proves else None
    way = knowledge.way(leaf, others, at=moment or proven)
    claimed = signature.self_reported_timestamp
    uses = uses_of_signer(signed["signer_infos"][0], leaf)
    reasons = unique(
        [
            *integrity,
            *stamp.reasons,
            *envelope_faults(way, others, knowledge),
            *certificate_faults(holder, way, slot),
            *revocation_faults(way, moment or proven, knowledge),
            *time_faults(claimed, moment),
            *algorithm_faults(uses, way, moment or proven),
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
        level=level(stamp, way, knowledge.stored, sealed),
        intact=not integrity,
        trusted=not isinstance(way, ChainFault),
        trust_store=way.store if isinstance(way, Chain) else "",
        coverage=coverage(signature),
        indication=indication(reasons),
        sub_indication=sub_indication(reasons),
        reasons=reasons,
        certificate_sha256=leaf.sha256.hex(),
    )


def signature_stamp(
    signed: cms.SignedData, knowledge: Knowledge, proven: datetime
) -> Stamp:
    """The time-stamp over the signature value."""
    token = timestamp_of(signed)
    if token is None:
        return Stamp(None, (Reason.NO_TIMESTAMP,))
    info = token["encap_content_info"]["content"].parsed
    name = info["message_imprint"]["hash_algorithm"]["algorithm"].native
    value = signed["signer_infos"][0]["signature"].native
    expected = hashlib.new(name, value).digest()
    return judge_token(token, expected=expected, knowledge=knowledge, proven=proven)


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


def envelope_faults(
    way: Chain | ChainFault,
    others: Iterable[x509.Certificate],
    knowledge: Knowledge,
) -> Iterator[Reason]:
    if isinstance(way, Chain) and not knowledge.expects(way, others):
        yield Reason.ENVELOPE_CHANGED


def certificate_faults(
    holder: CertificateInfo, way: Chain | ChainFault, slot: Slot | None
) -> Iterator[Reason]:
    if isinstance(way, ChainFault):
        yield Reason(way.value)
    if holder.leaf.ca:
        yield Reason.CERTIFICATE_IS_AUTHORITY
    elif not holder.for_signing:
        yield Reason.CERTIFICATE_NOT_FOR_SIGNING
    if slot and slot.personal_number not in ("", holder.personal_number):
        yield Reason.WRONG_SIGNER
    if slot and (
        slot.tax_code not in ("", holder.tax_code)
        or slot.organisation not in ("", holder.organisation)
    ):
        yield Reason.WRONG_SCHOOL
    elif slot and slot.tax_code and holder.personal_number:
        # Certificates of staff name the school too.
        yield Reason.SEAL_IS_PERSONAL


def revocation_faults(
    way: Chain | ChainFault, at: datetime, knowledge: Knowledge
) -> Iterator[Reason]:
    if isinstance(way, Chain) and knowledge.status(way, since=at) is Status.UNKNOWN:
        yield Reason.REVOCATION_UNKNOWN


def algorithm_faults(
    uses: Iterable[Use], way: Chain | ChainFault, at: datetime
) -> Iterator[Reason]:
    """What it was made with has to be good at ``at``, by the rules of its world."""
    if isinstance(way, Chain):
        good = way.policy.accepts((*uses, *way.uses), at)
    else:
        good = default_policy().accepts(uses, at)
    if not good:
        yield Reason.WEAK_ALGORITHM


def time_faults(claimed: datetime | None, moment: datetime | None) -> Iterator[Reason]:
    if claimed and moment and abs(claimed - moment) > MAX_CONTRADICTION:
        yield Reason.TIME_CONTRADICTED


def digest_name(signed: cms.SignedData) -> str:
    return str(signed["signer_infos"][0]["digest_algorithm"]["algorithm"].native)


def coverage(signature: EmbeddedPdfSignature) -> Coverage:
    level = signature.evaluate_signature_coverage()
    return COVERAGES.get(level, Coverage.UNCLEAR)


def time_source(moment: datetime | None, claimed: datetime | None) -> TimeSource | None:
    if moment:
        return TimeSource.TIMESTAMP
    return TimeSource.CLAIMED if claimed else None


def level(
    stamp: Stamp, way: Chain | ChainFault, stored: Stored, sealed: Stored | None
) -> str:
    """The baseline level (EN 319 142-1 §6, EN 319 132-1 §6), by what is in the file.

    The file brings proof for each certificate of signer and time-stamp, or it is not
    B-LT, whatever else it brings; and a time-stamp covers that proof, or it is not
    B-LTA.
    """
    if stamp.moment is None or set(stamp.reasons) - {Reason.REVOCATION_UNKNOWN}:
        return "B-B"
    if not isinstance(way, Chain) or stamp.chain is None:
        return "B-T"
    chains = (way, stamp.chain)
    if sealed is not None and brings_proof(sealed, chains, stamp.moment):
        return "B-LTA"
    return "B-LT" if brings_proof(stored, chains, stamp.moment) else "B-T"


def brings_proof(stored: Stored, chains: Iterable[Chain], moment: datetime) -> bool:
    return all(
        chain.status(stored.revocations, since=moment) is Status.GOOD
        for chain in chains
    )


def indication(reasons: tuple[Reason, ...]) -> str:
    """The main status by its name in EN 319 102-1 §5.1.3."""
    if not reasons:
        return "TOTAL-PASSED"
    return "TOTAL-FAILED" if any(map(is_failure, reasons)) else "INDETERMINATE"


def sub_indication(reasons: tuple[Reason, ...]) -> str:
    """Why not, by the reason that weighs most."""
    heaviest = [*filter(is_failure, reasons), *reasons]
    return SUB_INDICATIONS.get(heaviest[0], "") if heaviest else ""


def is_failure(reason: Reason) -> bool:
    return reason.verdict is Verdict.ALTERED
