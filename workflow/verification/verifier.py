"""Judge a signed record by the file alone: no database, no network.

What no file can prove is left to the caller, who has the register: that the embedded
JSON is the version on record, that the effective date is the date of the lock, and
that nothing newer has replaced it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from workflow.signing.evidence import EvidenceSource
from workflow.verification.inside import Pages, is_in_packet, judge_inside
from workflow.verification.knowledge import Knowledge
from workflow.verification.policy import forbidden_changes
from workflow.verification.raw import signed_bytes_differ
from workflow.verification.reasons import Reason
from workflow.verification.report import (
    Coverage,
    Report,
    SignatureReport,
    unique,
)
from workflow.verification.signatures import (
    Slot,
    coverage,
    judge_document_stamp,
    judge_signature,
)
from workflow.verification.stored import Stored, stored_in
from workflow.verification.structure import (
    Opened,
    Unreadable,
    effective_date,
    embedded_packet,
    embedded_record,
    open_file,
    skips_history,
)
from workflow.verification.trust import TrustStore

logger = logging.getLogger(__name__)

DOCUMENT_STAMP = "/DocTimeStamp"
# Every signature has one; where no form shows any, somebody has hidden them.
SIGNATURE_MARK = b"/ByteRange"


def verify_pdf(
    data: bytes,
    trust: TrustStore,
    at: datetime,
    *,
    slots: Sequence[Slot],
    source: EvidenceSource | None = None,
) -> Report:
    """Return what ``data`` proves at ``at``; never raises for a bad file.

    ``slots`` are the signatures demanded: of the pages by the name of their field, of
    the data inside as ``verify_xml`` has them. If it names none of the data, every
    slot of the kind is demanded there; where teachers may sign off without a key,
    name those that are left: ``Slot("CBQL")``, ``Slot("KY_PHAT_HANH")``.

    With ``source`` it is asked about revocation where file and trust store say
    nothing; without, nothing leaves this machine.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        file = open_file(data)
        knowledge = Knowledge(trust, stored_in(file.reader), source)
        return judge(file, knowledge, at, slots, sha256)
    except Unreadable as error:
        reason = error.reason
    except Exception as error:  # a hostile file fails in any way it likes
        logger.info("unreadable file %s: %r", sha256, error)
        reason = Reason.DAMAGED
    if reason is Reason.DAMAGED and signed_bytes_differ(data):
        reason = Reason.BYTES_CHANGED
    return Report(sha256, (reason,))


def judge(
    file: Opened,
    knowledge: Knowledge,
    at: datetime,
    slots: Sequence[Slot],
    sha256: str,
) -> Report:
    reader = file.reader
    embedded = list(reader.embedded_signatures)
    demanded = [slot for slot in slots if not is_in_packet(slot)]
    signatures, found = judge_all(file, embedded, knowledge, at, demanded)
    record = embedded_record(reader)
    dates = effective_date(reader)
    if skips_history(file.data, reader):
        found.append(Reason.HISTORY_CHANGED)
    if file.trailing_bytes:
        found.append(Reason.BYTES_BEHIND_END)
    found += slot_faults(file.data, embedded, demanded)
    if embedded:
        found += revision_faults(reader, embedded)
    if record is None and embedded:  # any other PDF has none, and is not altered
        found.append(Reason.RECORD_MISSING)
    if len(dates) > 1:
        found.append(Reason.FIELD_CHANGED)
    for signature in signatures:
        found += signature.reasons
    packet = embedded_packet(reader)
    bare = found == [Reason.NOT_SIGNED] and packet is not None
    if signatures or bare:
        inside = judge_inside(
            packet,
            Pages(signatures, record),
            knowledge=knowledge,
            at=at,
            slots=[slot for slot in slots if is_in_packet(slot)],
        )
        if bare and inside.signatures:
            found = [Reason.PAGES_NOT_SIGNED]
        found += inside.reasons
        signatures += inside.signatures
    return Report(
        sha256=sha256,
        reasons=unique(found),
        signatures=tuple(signatures),
        record=record,
        effective_date=dates.pop() if len(dates) == 1 else "",
        trailing_bytes=file.trailing_bytes,
    )


def judge_all(
    file: Opened,
    embedded: list[EmbeddedPdfSignature],
    knowledge: Knowledge,
    at: datetime,
    slots: Sequence[Slot],
) -> tuple[list[SignatureReport], list[Reason]]:
    """Judge from the last to the first: a later time-stamp proves the earlier ones."""
    demanded = {slot.field: slot for slot in slots}
    signatures: list[SignatureReport] = []
    found: list[Reason] = []
    proven, sealed = at, None
    for signature in reversed(embedded):
        try:
            if signature.sig_object_type == DOCUMENT_STAMP:
                stamp = judge_document_stamp(
                    file.data, signature, knowledge=knowledge, proven=proven
                )
                found += stamp.reasons
                if stamp.proves and stamp.moment:
                    proven = stamp.moment
                    sealed = sealed or sealed_by(file, signature)
                continue
            report = judge_signature(
                file.data,
                signature,
                knowledge=knowledge,
                proven=proven,
                slot=demanded.get(signature.field_name),
                sealed=sealed,
            )
            signatures.insert(0, report)
        except Exception as error:  # what is no CMS fails in many ways
            logger.info("%r: %r", signature.field_name, error)
            found.append(Reason.SIGNATURE_BROKEN)
    return signatures, found


def sealed_by(file: Opened, stamp: EmbeddedPdfSignature) -> Stored:
    """The validation data as it stood when the time-stamp was made."""
    return stored_in(file.reader.get_historical_resolver(stamp.signed_revision))


def slot_faults(
    data: bytes, embedded: list[EmbeddedPdfSignature], slots: Sequence[Slot]
) -> list[Reason]:
    """Every demanded slot is signed, and nobody signs where no slot is."""
    signed = {
        signature.field_name
        for signature in embedded
        if signature.sig_object_type != DOCUMENT_STAMP
    }
    if not signed:
        hidden = SIGNATURE_MARK in data
        return [Reason.SIGNATURE_REMOVED if hidden else Reason.NOT_SIGNED]
    demanded = {slot.field for slot in slots}
    missing = [Reason.SIGNATURE_MISSING] if demanded - signed else []
    return missing + ([Reason.FIELD_CHANGED] if signed - demanded else [])


def revision_faults(
    reader: PdfFileReader, embedded: list[EmbeddedPdfSignature]
) -> list[Reason]:
    """From the first signature on, each revision may only do what is allowed, and
    the last one has to be under a signature or a time-stamp.
    """
    found: list[Reason] = []
    last = reader.xrefs.total_revisions - 1
    first = min(signature.signed_revision for signature in embedded)
    for number in range(first, last):
        old = reader.get_historical_resolver(number)
        new = reader.get_historical_resolver(number + 1)
        found += forbidden_changes(old, new)
    if not found and embedded[-1].signed_revision < last:
        found.append(Reason.NOT_COVERED)
    elif all(coverage(one) is not Coverage.WHOLE_FILE for one in embedded):
        found.append(Reason.BYTES_BEHIND_END if not found else Reason.NOT_COVERED)
    return found
