"""Any file that somebody brings: a PDF, a record's XML, a package, a receipt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from documents.exchange.places import PACKAGE, RECEIPT
from documents.kinds import KINDS
from workflow.signing.evidence import EvidenceSource
from workflow.verification.report import Report, unique
from workflow.verification.signatures import Slot
from workflow.verification.trust import TrustStore
from workflow.verification.verifier import verify_pdf
from workflow.verification.xml import verify_package, verify_receipt, verify_xml

# The name of the first element; what it holds is read elsewhere, with all care.
FIRST_ELEMENT = re.compile(rb"<([^\s!?/>][^\s/>]*)")
XML_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
NEAR = 4096


def verify_file(
    data: bytes,
    trust: TrustStore,
    at: datetime,
    *,
    source: EvidenceSource | None = None,
    packet_slots: Sequence[Slot] | None = None,
) -> Report:
    """Return what ``data`` proves at ``at``; never raises for a bad file.

    Every signature that the kinds demand is demanded; ``packet_slots`` are those of a
    record's XML, in a PDF too, for a caller who knows better which ones it must have.
    Of a package the envelope and each record in it are judged, and the report is
    about all of them.
    """
    if not XML_BEGINNING.match(data):
        slots = [*pdf_slots(), *(packet_slots or ())]
        return verify_pdf(data, trust, at, slots=slots, source=source)
    first = FIRST_ELEMENT.search(data, 0, NEAR)
    name = first[1].decode(errors="replace") if first else ""
    if name == RECEIPT:
        return verify_receipt(data, trust, at, source=source)
    if name == PACKAGE:
        package = verify_package(data, trust, at, slots=packet_slots, source=source)
        parts = (package, *package.records)
        return replace(
            package,
            reasons=unique(reason for part in parts for reason in part.reasons),
            signatures=tuple(one for part in parts for one in part.signatures),
        )
    return verify_xml(data, trust, at, slots=packet_slots, source=source)


def pdf_slots() -> list[Slot]:
    """The signatures that every issued PDF carries."""
    codes = {slot.code for kind in KINDS.values() for slot in kind.slots if slot.in_pdf}
    return [Slot(code) for code in sorted(codes)]
