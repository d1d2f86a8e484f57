"""The signed data inside a PDF, judged beside its pages.

The pages' signatures cover the data too: their time proves that it existed, and what
the file brings about certificates serves both.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from documents.exchange.faults import PacketRefused
from documents.exchange.reading import open_record
from documents.exchange.records import RecordPacket
from documents.kinds import KINDS
from documents.kinds.packets import Coverage
from workflow.verification.knowledge import Knowledge
from workflow.verification.reasons import Reason, Verdict
from workflow.verification.report import SignatureReport, TimeSource, unique
from workflow.verification.signatures import Slot
from workflow.verification.xml import judge_record, reasons_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inside:
    """What is wrong with the data, and who signed it, in the order of the slots."""

    reasons: tuple[Reason, ...]
    signatures: tuple[SignatureReport, ...] = ()


@dataclass(frozen=True)
class Pages:
    """What has been found of the pages around the data."""

    signatures: Sequence[SignatureReport]
    record: bytes | None

    @property
    def witness(self) -> datetime | None:
        """When the whole file, the data in it, provably existed."""
        moments = [
            one.signed_at
            for one in self.signatures
            if one.intact and one.time_source is TimeSource.TIMESTAMP
        ]
        return min(filter(None, moments), default=None)


def judge_inside(
    data: bytes | None,
    pages: Pages,
    *,
    knowledge: Knowledge,
    at: datetime,
    slots: Sequence[Slot],
) -> Inside:
    """Every demanded slot is filled well, by those who signed the pages, over the
    content that the pages show. Without ``slots`` every slot of the kind is demanded.
    """
    if data is None:
        # A file without any record is no record's; that has a reason of its own.
        no_record = pages.record is None
        return Inside(() if no_record else (Reason.PACKET_MISSING,))
    try:
        packet = open_record(data)
        sha256 = hashlib.sha256(data).hexdigest()
        report = judge_record(
            packet, sha256, knowledge, at, slots or None, pages.witness
        )
    except PacketRefused as error:
        return Inside(readable(reasons_of(error.faults)))
    except Exception as error:  # hostile data fails in any way it likes
        logger.info("unreadable packet: %r", error)
        return Inside((Reason.PACKET_UNREADABLE,))
    found = list(report.reasons)
    if packet.content != pages.record:
        found.append(Reason.PACKET_DIFFERS)
    if any(signers_differ(packet, report.signatures, pages.signatures)):
        found.append(Reason.PACKET_SIGNER_DIFFERS)
    return Inside(unique(found), report.signatures)


def readable(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """That the data cannot be read does not make the pages unreadable."""
    return unique(
        Reason.PACKET_UNREADABLE if one.verdict is Verdict.UNREADABLE else one
        for one in reasons
    )


def signers_differ(
    packet: RecordPacket,
    inside: Iterable[SignatureReport],
    pages: Iterable[SignatureReport],
) -> Iterator[bool]:
    """For each slot over everything: was it another certificate than on the pages?"""
    roles = {
        slot.code: slot.role
        for slot in packet.format.slots
        if slot.covers is Coverage.DATA
    }
    on_pages = {one.field: one.certificate_sha256 for one in pages}
    for one in inside:
        field = roles.get(one.field)
        if field in on_pages:
            yield on_pages[field] != one.certificate_sha256


def is_in_packet(slot: Slot) -> bool:
    """Whether a demand is one on the data (``GVBM.math``), and not on the pages."""
    return slot.field.partition(".")[0] in packet_codes()


@cache
def packet_codes() -> frozenset[str]:
    return frozenset(
        slot.code
        for kind in KINDS.values()
        for format in kind.packets.values()
        for slot in format.slots
    )
