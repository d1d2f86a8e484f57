"""Many records in one envelope that its sender signs (domain.md §5, step 5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from django.utils.translation import gettext_lazy as _

from documents.kinds.packets import Coverage, XmlSlot

from .diagnosis import diagnose
from .faults import Fault, PacketRefused, SlotUnavailable
from .headers import PackageHeader
from .places import (
    PACKAGE,
    PACKAGE_DATA,
    PACKAGE_HEADER,
    PACKAGE_RECORDS,
    PACKAGE_SLOT,
    SIGNATURE,
    package_id,
)
from .reading import UNREADABLE, has_foreign_attributes, read_record
from .records import Covered, RecordPacket, Standing, Target
from .trees import (
    PACKAGE_LIMITS,
    Element,
    add,
    canonical,
    fragment,
    ids,
    is_valid,
    new,
    parse,
    to_bytes,
)

SLOT = XmlSlot(PACKAGE_SLOT, _("sender"), "seal", Coverage.DATA)
SCHEMA = "package-1"


class Package:
    """``GOI_HOC_BA``: a header, records, and the sender's signature over both."""

    def __init__(self, header: PackageHeader, root: Element) -> None:
        self.header = header
        self.root = root

    @classmethod
    def write(cls, header: PackageHeader, records: Sequence[RecordPacket]) -> Self:
        """The unsigned package. It takes the records' trees: they are used up.

        Raises PacketRefused when a record is in it twice.
        """
        if len({one.header.record for one in records}) != len(records):
            raise PacketRefused([Fault.ID_DUPLICATED])
        root = new(PACKAGE)
        data = add(root, PACKAGE_DATA, Id=package_id(header.package))
        header.write(add(data, PACKAGE_HEADER))
        add(data, PACKAGE_RECORDS).extend(one.places.root for one in records)
        return cls(header, root)

    @property
    def data(self) -> Element:
        return self.root[0]

    @property
    def signature(self) -> Element | None:
        return self.root.find(f"{PACKAGE_SLOT}/{SIGNATURE}")

    @cached_property
    def signed_data(self) -> bytes:
        """The canonical form of everything that the sender signs."""
        return canonical(self.data)

    def target(self) -> Target:
        """What the sender's signature covers. Raises SlotUnavailable."""
        if self.signature is not None:
            raise SlotUnavailable(PACKAGE_SLOT)
        covered = Covered(package_id(self.header.package), self.signed_data)
        return Target(f"{PACKAGE_SLOT}-{self.header.package}", (covered,))

    def attach(self, signature: bytes) -> None:
        if self.signature is not None:
            raise SlotUnavailable(PACKAGE_SLOT)
        add(self.root, PACKAGE_SLOT).append(fragment(signature))

    def standing(self) -> Standing | None:
        found = self.signature
        if found is None:
            return None
        return Standing(SLOT, found, {self.data.get("Id"): self.data})

    def canonical(self, element: Element) -> bytes:
        return self.signed_data if element is self.data else canonical(element)

    def elements(self) -> list[Element]:
        """The record documents as they stand in the package."""
        return list(self.data[1])

    def to_bytes(self) -> bytes:
        return to_bytes(self.root)


@dataclass(frozen=True)
class Entry:
    """One record of a package: its own document, readable or refused.

    ``data`` is the document byte for byte as it would stand alone.
    """

    data: bytes
    packet: RecordPacket | None
    faults: tuple[Fault, ...] = ()


def open_package(data: bytes) -> Package:
    """Read the envelope. Raises PacketRefused; records are read by ``entries``."""
    root = parse(data, PACKAGE_LIMITS)
    if root.tag != PACKAGE:
        raise PacketRefused([Fault.NOT_A_PACKET])
    version = root.findtext(f"{PACKAGE_DATA}/{PACKAGE_HEADER}/PHIEN_BAN_DINH_DANG")
    if version not in (None, "1"):
        raise PacketRefused([Fault.VERSION_UNKNOWN])
    repeated = max(ids(root).values(), default=0) > 1
    if repeated or has_foreign_attributes(root) or not is_valid(root, SCHEMA):
        raise PacketRefused(diagnose(root) or [Fault.INVALID])
    try:
        header = PackageHeader.read(root[0][0])
    except UNREADABLE as error:
        raise PacketRefused([Fault.INVALID], str(error)) from error
    package = Package(header, root)
    if header.count != len(package.elements()):
        raise PacketRefused([Fault.INVALID], "another number of records")
    if package.data.get("Id") != package_id(header.package):
        raise PacketRefused([Fault.ANOTHER_RECORD])
    return package


def entries(package: Package) -> Iterable[Entry]:
    """Each record of the package by itself, so that a bad one does not hide others."""
    for element in package.elements():
        data = to_bytes(element)
        try:
            yield Entry(data, read_record(element))
        except PacketRefused as error:
            yield Entry(data, None, error.faults)
