"""Judge a packet by the file alone: no database, no network.

Signatures are judged from the outermost to the innermost, because a time-stamp
outside proves that what stands inside existed. What is returned of the content is
what a whole signature covers, and nothing at all when anything was altered.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from documents.exchange.envelopes import Envelope
from documents.exchange.faults import Fault, PacketRefused
from documents.exchange.headers import PackageHeader, RecordHeader
from documents.exchange.packages import Entry, Package, entries, open_package
from documents.exchange.reading import open_record
from documents.exchange.receipts import (
    Receipt,
    ReceiptHeader,
    ReceiptLine,
    open_receipt,
)
from documents.exchange.records import RecordPacket, Standing
from documents.kinds.packets import Coverage
from workflow.signing.evidence import EvidenceSource
from workflow.verification.knowledge import Knowledge
from workflow.verification.reasons import Reason, Verdict
from workflow.verification.report import Report, SignatureReport, unique
from workflow.verification.signatures import Slot
from workflow.verification.stored import Stored
from workflow.verification.trust import TrustStore
from workflow.verification.xml_signatures import Judged, judge_standing

logger = logging.getLogger(__name__)

SEAL = "seal"
# How many of how many records are judged.
Heard = Callable[[int, int], None]
NOTHING = Stored()


@dataclass(frozen=True)
class PacketReport(Report):
    """``header`` and ``record`` (canonical JSON) only as far as they are signed."""

    header: RecordHeader | None = None


@dataclass(frozen=True)
class PackageReport(Report):
    """The envelope; each record has a report of its own. None if it was altered.

    ``documents`` holds the record documents byte for byte, in the order of
    ``records``.
    """

    header: PackageHeader | None = None
    records: tuple[PacketReport, ...] = ()
    documents: tuple[bytes, ...] = ()

    @property
    def is_authentic(self) -> bool:
        """The envelope and every record in it."""
        reports = (self, *self.records)
        return all(one.verdict is Verdict.AUTHENTIC for one in reports)


@dataclass(frozen=True)
class ReceiptReport(Report):
    """``header`` and ``lines`` are empty if anything was altered."""

    header: ReceiptHeader | None = None
    lines: tuple[ReceiptLine, ...] = ()


def verify_xml(
    data: bytes,
    trust: TrustStore,
    at: datetime,
    *,
    slots: Sequence[Slot] | None = None,
    source: EvidenceSource | None = None,
    stored: Stored = NOTHING,
) -> PacketReport:
    """Return what a record document proves at ``at``; never raises for a bad file.

    ``slots`` are the signatures demanded, and by whom: ``Slot("CBQL", …)``,
    ``Slot("GVBM.math", …)`` for one part, ``Slot("GVBM")`` for all parts. Without
    them every slot of the kind is demanded. The seal has to be that of the issuer
    that the header names in any case. ``stored`` is revocation data that came with
    the packet (in the PDF around it); ``source`` is asked where nothing else knows.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    knowledge = Knowledge(trust, stored, source)
    try:
        return judge_record(open_record(data), sha256, knowledge, at, slots)
    except PacketRefused as error:
        return PacketReport(sha256, reasons_of(error.faults), place=error.place)
    except Exception as error:  # a hostile file fails in any way it likes
        logger.info("unreadable packet %s: %r", sha256, error)
        return PacketReport(sha256, (Reason.DAMAGED,))


def verify_package(
    data: bytes,
    trust: TrustStore,
    at: datetime,
    *,
    slots: Sequence[Slot] | None = None,
    sender: Slot | None = None,
    source: EvidenceSource | None = None,
    heard: Heard | None = None,
) -> PackageReport:
    """The same for many records in one envelope. ``slots`` is for each record.

    After each record ``heard`` is told how many are judged, and of how many.

    ``sender`` says whose seal the envelope must bear (its ``field`` is not looked
    at); it has to be that of the sender that the header names in any case.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    known = Knowledge(trust, source=source)
    try:
        package = open_package(data)
        report, proven = judge_frame(package, sha256, known, at, sender)
        found = list(entries(package)) if report.header is not None else []
    except PacketRefused as error:
        return PackageReport(sha256, reasons_of(error.faults), place=error.place)
    except Exception as error:  # as above
        logger.info("unreadable package %s: %r", sha256, error)
        return PackageReport(sha256, (Reason.DAMAGED,))
    # Outside of that: who listens may have a reason of its own to stop.
    records: list[PacketReport] = []
    for one in found:
        records.append(judge_entry(one, known, at, slots, proven))
        if heard is not None:
            heard(len(records), len(found))
    data_of_each = tuple(one.data for one in found)
    return replace(report, records=tuple(records), documents=data_of_each)


def verify_receipt(
    data: bytes,
    trust: TrustStore,
    at: datetime,
    *,
    receiver: Slot | None = None,
    source: EvidenceSource | None = None,
) -> ReceiptReport:
    """What a receipt proves; it has to bear the seal of the receiver that it names."""
    sha256 = hashlib.sha256(data).hexdigest()
    known = Knowledge(trust, source=source)
    try:
        return judge_receipt(open_receipt(data), sha256, known, at, receiver)
    except PacketRefused as error:
        return ReceiptReport(sha256, reasons_of(error.faults), place=error.place)
    except Exception as error:  # as above
        logger.info("unreadable receipt %s: %r", sha256, error)
        return ReceiptReport(sha256, (Reason.DAMAGED,))


def judge_record(
    packet: RecordPacket,
    sha256: str,
    knowledge: Knowledge,
    at: datetime,
    slots: Sequence[Slot] | None,
    witness: datetime | None = None,
) -> PacketReport:
    """``witness`` is the proven time of a signature over the whole document."""
    demanded = list(all_slots(packet) if slots is None else slots)
    judged = judge_slots(packet, knowledge, at, demanded + implied(packet), witness)
    signatures = tuple(one.report for one in judged)
    found = [*slot_faults(packet, signatures, demanded)]
    for signature in signatures:
        found += signature.reasons
    report = PacketReport(sha256, unique(found), signatures)
    if report.verdict is Verdict.ALTERED or not covers_content(packet, signatures):
        return report
    return replace(report, record=packet.content, header=packet.header)


def judge_slots(
    packet: RecordPacket,
    knowledge: Knowledge,
    at: datetime,
    slots: Sequence[Slot],
    witness: datetime | None,
) -> list[Judged]:
    """Each signature, in the order of the slots; judged from the outside in."""
    found: list[Judged] = []
    inner = witness
    for standing in reversed(list(packet.standing())):
        outer = standing.slot.covers is Coverage.DATA
        proof = witness if outer else inner
        parts = parts_of(packet, standing)
        judged = judge_standing(
            standing,
            packet.canonical,
            knowledge=knowledge,
            proven=proof or at,
            witnessed=proof is not None,
            slots=[slot for slot in slots if fills(standing, parts, slot)],
        )
        if outer and judged.proven:
            inner = min(filter(None, (inner, judged.proven)))
        report = replace(judged.report, parts=parts)
        found.insert(0, Judged(report, judged.proven))
    return found


def judge_frame(
    package: Package,
    sha256: str,
    knowledge: Knowledge,
    at: datetime,
    sender: Slot | None,
) -> tuple[PackageReport, datetime | None]:
    """The envelope alone, without a header if it was altered; and when it existed."""
    number = package.header.sender_tax_code
    judged = judge_envelope(package, knowledge, at, number, sender)
    if judged is None:
        return PackageReport(sha256, (Reason.NOT_SIGNED,)), None
    found = judged.report
    place = found.field if found.reasons else ""
    report = PackageReport(sha256, found.reasons, (found,), place=place)
    if report.verdict is not Verdict.ALTERED:
        report = replace(report, header=package.header)
    return report, judged.proven


def judge_receipt(
    receipt: Receipt,
    sha256: str,
    knowledge: Knowledge,
    at: datetime,
    receiver: Slot | None,
) -> ReceiptReport:
    number = receipt.header.receiver_tax_code
    judged = judge_envelope(receipt, knowledge, at, number, receiver)
    if judged is None:
        return ReceiptReport(sha256, (Reason.NOT_SIGNED,))
    report = ReceiptReport(sha256, judged.report.reasons, (judged.report,))
    if report.verdict is Verdict.ALTERED:
        return report
    return replace(report, header=receipt.header, lines=receipt.lines)


def judge_envelope(
    envelope: Envelope,
    knowledge: Knowledge,
    at: datetime,
    tax_code: str,
    wanted: Slot | None,
) -> Judged | None:
    """The one signature; its seal has to be that of ``tax_code``. None: unsigned."""
    standing = envelope.standing()
    if standing is None:
        return None
    own = Slot(standing.slot.code, tax_code=tax_code)
    return judge_standing(
        standing,
        envelope.canonical,
        knowledge=knowledge,
        proven=at,
        witnessed=False,
        slots=[own, *([wanted] if wanted else [])],
    )


def judge_entry(
    entry: Entry,
    knowledge: Knowledge,
    at: datetime,
    slots: Sequence[Slot] | None,
    witness: datetime | None,
) -> PacketReport:
    sha256 = hashlib.sha256(entry.data).hexdigest()
    if entry.packet is None:
        return PacketReport(sha256, reasons_of(entry.faults))
    try:
        return judge_record(entry.packet, sha256, knowledge, at, slots, witness)
    except Exception as error:  # as above; it must not hide the others
        logger.info("unreadable record %s: %r", sha256, error)
        return PacketReport(sha256, (Reason.DAMAGED,))


def reasons_of(faults: Iterable[Fault]) -> tuple[Reason, ...]:
    return tuple(Reason(fault.value) for fault in faults)


def all_slots(packet: RecordPacket) -> list[Slot]:
    """Every slot of the kind, whoever signs."""
    return [Slot(slot.code) for slot in packet.format.slots]


def implied(packet: RecordPacket) -> list[Slot]:
    """What the header itself demands: the seal of the school that it names."""
    number = packet.header.issuer_tax_code
    seals = [slot.code for slot in packet.format.slots if slot.role == SEAL]
    return [Slot(code, tax_code=number) for code in seals]


def parts_of(packet: RecordPacket, standing: Standing) -> tuple[str, ...]:
    """The keys of the parts that a signature names; empty for other slots."""
    if standing.slot.covers is not Coverage.PART:
        return ()
    return tuple(packet.parts_under(standing.element))


def fills(standing: Standing, parts: Iterable[str], slot: Slot) -> bool:
    code = standing.slot.code
    return slot.field in {code, *(f"{code}.{part}" for part in parts)}


def slot_faults(
    packet: RecordPacket, signatures: Sequence[SignatureReport], slots: Iterable[Slot]
) -> list[Reason]:
    """Every demanded slot is filled, and no part is signed twice in one slot."""
    if not signatures:
        return [Reason.NOT_SIGNED]
    named = [f"{one.field}.{part}" for one in signatures for part in one.parts]
    filled = {one.field for one in signatures} | set(named)
    missing = demanded_fields(packet, slots) - filled
    found = {missing_reason(packet, field) for field in sorted(missing)}
    repeated = [Reason.SIGNATURE_REPEATED] if len(set(named)) < len(named) else []
    return sorted(found) + repeated


def missing_reason(packet: RecordPacket, field: str) -> Reason:
    """Teachers may be let off in a trial; nobody else signs for head and school."""
    codes = {s.code for s in packet.format.slots if s.covers is not Coverage.DATA}
    teachers = field.partition(".")[0] in codes
    return Reason.TEACHERS_NOT_SIGNED if teachers else Reason.SIGNATURE_MISSING


def demanded_fields(packet: RecordPacket, slots: Iterable[Slot]) -> set[str]:
    """A demand for a slot over parts is one for each part that the record has."""
    over_parts = {
        slot.code for slot in packet.format.slots if slot.covers is Coverage.PART
    }
    fields: set[str] = set()
    for slot in slots:
        parts = packet.parts() if slot.field in over_parts else ()
        fields |= {f"{slot.field}.{part}" for part in parts}
        if slot.field not in over_parts:
            fields.add(slot.field)
    return fields


def covers_content(packet: RecordPacket, signatures: Iterable[SignatureReport]) -> bool:
    """Whether a whole signature covers header and content."""
    codes = {
        slot.code for slot in packet.format.slots if slot.covers is not Coverage.PART
    }
    return any(one.intact and one.field in codes for one in signatures)
