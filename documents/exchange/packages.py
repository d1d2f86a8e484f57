"""Many records in one envelope that its sender signs (domain.md §5, step 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from django.utils.translation import gettext_lazy as _

from documents.kinds.packets import Coverage, XmlSlot

from .envelopes import Envelope, EnvelopeForm
from .faults import Fault, PacketRefused
from .headers import PackageHeader
from .places import (
    PACKAGE,
    PACKAGE_DATA,
    PACKAGE_HEADER,
    PACKAGE_RECORDS,
    PACKAGE_SLOT,
)
from .reading import UNREADABLE, read_record
from .records import RecordPacket
from .trees import PACKAGE_LIMITS, Element, to_bytes


class Package(Envelope):
    """``GOI_HOC_BA``: a header, records, and the sender's signature over both."""

    form = EnvelopeForm(
        root=PACKAGE,
        data=PACKAGE_DATA,
        header=PACKAGE_HEADER,
        items=PACKAGE_RECORDS,
        slot=XmlSlot(PACKAGE_SLOT, _("sender"), "seal", Coverage.DATA),
        id_prefix="goi-",
        schema="package",
        limits=PACKAGE_LIMITS,
        versions=("1", "2"),
    )

    @classmethod
    def write(cls, header: PackageHeader, records: Sequence[RecordPacket]) -> Self:
        """The unsigned package. It takes the records' trees: they are used up.

        Raises PacketRefused when a record is in it twice, or ``count`` is wrong.
        """
        if len({one.header.record for one in records}) != len(records):
            raise PacketRefused([Fault.ID_DUPLICATED])
        if header.count != len(records):
            raise PacketRefused([Fault.INVALID], "another number of records")
        package = cls.frame(header.package)
        header.write(package.data[0])
        package.items.extend(one.places.root for one in records)
        return package

    @cached_property
    def header(self) -> PackageHeader:
        """Raises ValueError for a time that is none."""
        return PackageHeader.read(self.data[0])

    def elements(self) -> list[Element]:
        """The record documents as they stand in the package."""
        return list(self.items)


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
    package = Package(Package.parse(data))
    try:
        header = package.header
    except UNREADABLE as error:
        raise PacketRefused([Fault.INVALID], str(error)) from error
    if header.count != len(package.elements()):
        raise PacketRefused([Fault.INVALID], "another number of records")
    package.require_identity(header.package)
    return package


def entries(package: Package) -> Iterator[Entry]:
    """Each record of the package by itself, so that a bad one does not hide others."""
    for element in package.elements():
        data = to_bytes(element)
        try:
            yield Entry(data, read_record(element))
        except PacketRefused as error:
            yield Entry(data, None, error.faults)
