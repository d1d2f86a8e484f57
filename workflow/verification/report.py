"""What the verifier says: a verdict, its reasons, and each signature in words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from workflow.verification.reasons import Reason, Verdict


class TimeSource(StrEnum):
    TIMESTAMP = "timestamp"
    CLAIMED = "claimed"


class Coverage(StrEnum):
    """What a signature covers: the file, the file as it stood when it was made, or
    (in a packet) just the elements of its slot.
    """

    WHOLE_FILE = "whole_file"
    REVISION = "revision"
    ELEMENTS = "elements"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class SignatureReport:
    """One signature. ``indication`` and its detail are those of EN 319 102-1.

    ``parts`` names the parts (subjects) that a signature in a packet covers alone;
    ``certificate_sha256`` is the fingerprint of the signer's certificate; ``in_packet``
    says that it stands in the data, and not on the pages.
    """

    field: str
    signer: str
    office: str
    organisation: str
    personal_number: str
    tax_code: str
    serial: str
    signed_at: datetime | None
    time_source: TimeSource | None
    level: str
    intact: bool
    trusted: bool
    coverage: Coverage
    indication: str
    sub_indication: str
    reasons: tuple[Reason, ...]
    trust_store: str = ""
    parts: tuple[str, ...] = ()
    certificate_sha256: str = ""
    in_packet: bool = False

    @property
    def slot(self) -> str:
        """``field``, with the first part for a signature over parts: GVBM.english."""
        return ".".join([self.field, *self.parts[:1]])

    def as_json(self) -> dict[str, Any]:
        """Plain data; times in ISO 8601."""
        moment = self.signed_at.isoformat() if self.signed_at else None
        return asdict(self) | {"slot": self.slot, "signed_at": moment}


@dataclass(frozen=True)
class Report:
    """All that can be said of a file by itself, without asking the register.

    ``place`` is where in a packet the fault stands, as far as that is known: line and
    column, or the name of an element.
    """

    sha256: str
    reasons: tuple[Reason, ...]
    signatures: tuple[SignatureReport, ...] = ()
    record: bytes | None = field(default=None, repr=False)
    effective_date: str = ""
    trailing_bytes: int = 0
    place: str = ""

    @property
    def verdict(self) -> Verdict:
        """The worst that any reason says; authentic only when there is none."""
        found = {reason.verdict for reason in self.reasons}
        order = (Verdict.UNREADABLE, Verdict.ALTERED, Verdict.UNKNOWN)
        return next((one for one in order if one in found), Verdict.AUTHENTIC)

    @property
    def on_pages(self) -> tuple[SignatureReport, ...]:
        """The signatures of the pages; the others stand in the data."""
        return tuple(one for one in self.signatures if not one.in_packet)

    @property
    def integrity(self) -> bool:
        """Whether every byte is what was signed, whoever signed."""
        return self.verdict in (Verdict.AUTHENTIC, Verdict.UNKNOWN)

    @property
    def record_sha256(self) -> str:
        """The digest of the embedded JSON alone; empty when there is none."""
        if self.record is None:
            return ""
        return hashlib.sha256(self.record).hexdigest()


def unique(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Each reason once, in the order in which it was found."""
    return tuple(dict.fromkeys(reasons))
