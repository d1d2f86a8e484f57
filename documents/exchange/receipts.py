"""What a receiver says of a package, signed with the receiver's seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Self

from django.utils.translation import gettext_lazy as _

from documents.kinds.packets import Coverage, Value, ValueType, XmlSlot

from .envelopes import Envelope, EnvelopeForm
from .faults import Fault, PacketRefused
from .headers import aware
from .mapping import read, write
from .places import RECEIPT, RECEIPT_DATA, RECEIPT_HEADER, RECEIPT_LINES, RECEIPT_SLOT
from .reading import UNREADABLE
from .trees import RECORD_LIMITS, Element, add

LINE = "KET_QUA"
NUMBER, FLAG = ValueType.NUMBER, ValueType.FLAG

HEADER_MEMBERS = (
    Value("MA_BIEN_NHAN", "receipt"),
    Value("PHIEN_BAN_DINH_DANG", "format_version", NUMBER),
    Value("MA_GOI", "package"),
    Value("SHA256_GOI", "package_sha256"),
    Value("THOI_DIEM_NHAN", "received_at"),
    Value("MA_DON_VI_NHAN", "receiver_code"),
    Value("MST_DON_VI_NHAN", "receiver_tax_code"),
    Value("MA_DON_VI_GUI", "sender_code"),
)
LINE_MEMBERS = (
    Value("MA_HO_SO", "record"),
    Value("SO_PHIEN_BAN", "number", NUMBER),
    Value("SHA256", "sha256"),
    Value("DA_NHAN", "accepted", FLAG),
    Value("MA_LOI", "code"),
)


@dataclass(frozen=True)
class ReceiptHeader:
    """``package_sha256`` is over the bytes of the package as they came."""

    receipt: str
    package: str
    package_sha256: str
    received_at: datetime
    receiver_code: str
    receiver_tax_code: str
    sender_code: str
    format_version: int = 1


@dataclass(frozen=True)
class ReceiptLine:
    """One record of the package: taken over, or refused with a stable ``code``."""

    record: str
    number: int
    sha256: str
    accepted: bool
    code: str = ""


class Receipt(Envelope):
    """``BIEN_NHAN``: which package came when, and what became of each record."""

    form = EnvelopeForm(
        root=RECEIPT,
        data=RECEIPT_DATA,
        header=RECEIPT_HEADER,
        items=RECEIPT_LINES,
        slot=XmlSlot(RECEIPT_SLOT, _("receiver"), "seal", Coverage.DATA),
        id_prefix="biennhan-",
        schema="receipt",
        limits=RECORD_LIMITS,
    )

    @classmethod
    def write(cls, header: ReceiptHeader, lines: Sequence[ReceiptLine]) -> Self:
        """The unsigned receipt."""
        receipt = cls.frame(header.receipt)
        facts = asdict(header) | {"received_at": header.received_at.isoformat()}
        write(receipt.data[0], HEADER_MEMBERS, facts)
        for line in lines:
            write(add(receipt.items, LINE), LINE_MEMBERS, asdict(line))
        return receipt

    @cached_property
    def header(self) -> ReceiptHeader:
        """Raises ValueError for a time that is none."""
        facts = read(self.data[0], HEADER_MEMBERS)
        moment = aware(facts.pop("received_at"))
        return ReceiptHeader(**facts, received_at=moment)

    @property
    def lines(self) -> tuple[ReceiptLine, ...]:
        return tuple(map(read_line, self.items))


def read_line(element: Element) -> ReceiptLine:
    return ReceiptLine(**read(element, LINE_MEMBERS))


def open_receipt(data: bytes) -> Receipt:
    """Read a receipt. Raises PacketRefused; nothing is said about its signature."""
    receipt = Receipt(Receipt.parse(data))
    try:
        header = receipt.header
    except UNREADABLE as error:
        raise PacketRefused([Fault.INVALID], str(error)) from error
    receipt.require_identity(header.receipt)
    return receipt
