"""Where everything stands in a packet, and what each signature covers.

    HOC_BA
      DU_LIEU_HOC_BA Id="data-…"              ◀ DATA slots cover this
        THONG_TIN_HOC_BA Id="thongtinhocba-…" ◀ SHEET slots cover this
          THONG_TIN_CHUNG, members of the kind
            DIEM_TONG_KET Id="diem_tong_ket-…-math"  ◀ PART slots cover these
        DANH_SACH_THONG_TIN_KY
          DANH_SACH_GVBM / GVBM               PART slots stand here
          GVCN                                SHEET slots
      PHAT_HANH_HOC_BA / CBQL, KY_PHAT_HANH   DATA slots

A signature stands outside the element that it covers. Every Id holds the record's
uuid: an element cannot pass for one of another record, and many records can stand in
one packet.
"""

from __future__ import annotations

from dataclasses import dataclass

from documents.kinds.packets import Coverage, PacketFormat, XmlSlot

from .mapping import id_part
from .trees import DS, Element, add, new

RECORD, DATA, SHEET = "HOC_BA", "DU_LIEU_HOC_BA", "THONG_TIN_HOC_BA"
HEADER, SIGNERS, ISSUE = "THONG_TIN_CHUNG", "DANH_SACH_THONG_TIN_KY", "PHAT_HANH_HOC_BA"
LIST = "DANH_SACH_"
PACKAGE, PACKAGE_DATA = "GOI_HOC_BA", "DU_LIEU_GOI"
PACKAGE_HEADER, PACKAGE_RECORDS = "THONG_TIN_GOI", "DANH_SACH_HOC_BA"
PACKAGE_SLOT = "KY_GOI"
RECEIPT, RECEIPT_DATA = "BIEN_NHAN", "DU_LIEU_BIEN_NHAN"
RECEIPT_HEADER, RECEIPT_LINES = "THONG_TIN_BIEN_NHAN", "DANH_SACH_KET_QUA"
RECEIPT_SLOT = "KY_BIEN_NHAN"
SIGNATURE = f"{DS}Signature"


def data_id(record: str) -> str:
    return f"data-{record}"


def sheet_id(record: str) -> str:
    return f"thongtinhocba-{record}"


def part_id(record: str, item: str, key: str) -> str:
    return f"{item.lower()}-{record}-{id_part(key)}"


@dataclass(frozen=True)
class Places:
    """The fixed elements of one record document that has the schema's form."""

    root: Element
    format: PacketFormat

    @property
    def data(self) -> Element:
        return self.root[0]

    @property
    def sheet(self) -> Element:
        return self.data[0]

    @property
    def header(self) -> Element:
        return self.sheet[0]

    @property
    def signers(self) -> Element:
        return self.data[1]

    @property
    def issue(self) -> Element:
        return self.root[1]

    @property
    def parts(self) -> Element:
        """The items that PART slots cover; empty for a kind without them."""
        member = self.format.parts
        return () if member is None else self.sheet.find(member.name)

    def holder(self, slot: XmlSlot) -> Element:
        """The element below which the slot's own stands."""
        match slot.covers:
            case Coverage.PART:
                return self.signers.find(LIST + slot.code)
            case Coverage.SHEET:
                return self.signers
            case Coverage.DATA:
                return self.issue

    def filled(self, slot: XmlSlot) -> list[Element]:
        """The signatures in the slot, in order."""
        found = self.holder(slot).findall(slot.code)
        return [element.find(SIGNATURE) for element in found]

    def insert(self, slot: XmlSlot, signature: Element) -> None:
        """Put a signature into the slot, slots staying in the order of the kind."""
        holder = self.holder(slot)
        codes = [one.code for one in self.format.slots]
        later = codes[codes.index(slot.code) + 1 :]
        position = next((n for n, e in enumerate(holder) if e.tag in later), None)
        place = add(holder, slot.code)
        if position is not None:
            holder.insert(position, place)
        place.append(signature)


def build(format: PacketFormat, record: str) -> Places:
    """The frame of a record document without content and signatures."""
    from_root = Places(_frame(record), format)
    for slot in format.slots:
        if slot.covers is Coverage.PART:
            add(from_root.signers, LIST + slot.code)
    return from_root


def _frame(record: str) -> Element:
    root = new(RECORD)
    data = add(root, DATA, Id=data_id(record))
    add(add(data, SHEET, Id=sheet_id(record)), HEADER)
    add(data, SIGNERS)
    add(root, ISSUE)
    return root
