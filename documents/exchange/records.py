"""One record document: written from a version, signed slot by slot, read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

from documents.canonical import canonical_json, content_digest
from documents.kinds import get_kind
from documents.kinds.packets import Coverage, PacketFormat, XmlSlot

from .faults import PacketIncomplete, SlotUnavailable
from .headers import RecordHeader
from .mapping import get_text, id_part, parse_json, read, write
from .places import Places, build, data_id, part_id, sheet_id
from .trees import Element, canonical, fragment, to_bytes

if TYPE_CHECKING:
    # A packet is read without a database.
    from documents.models import Version


@dataclass(frozen=True)
class Covered:
    """An element as a reference names and digests it (exclusive C14N)."""

    id: str
    data: bytes


@dataclass(frozen=True)
class Target:
    """What the next signature of a slot covers, and the Id that it gets itself."""

    signature_id: str
    covered: tuple[Covered, ...]


@dataclass(frozen=True)
class Standing:
    """A signature found in its slot. It may cover nothing but ``allowed``.

    A slot over parts covers one or more of them, any other slot its one element.
    """

    slot: XmlSlot
    element: Element
    allowed: Mapping[str, Element]


class RecordPacket:
    """``HOC_BA``: header, content and the signatures so far."""

    def __init__(self, header: RecordHeader, places: Places, content: bytes) -> None:
        self.header = header
        self.content = content
        self.places = places
        self._data: bytes | None = None

    @classmethod
    def of(cls, version: Version) -> Self:
        """The unsigned packet of a version."""
        return cls.write(RecordHeader.of(version), version.canonical.encode())

    @classmethod
    def write(cls, header: RecordHeader, content: bytes) -> Self:
        """The unsigned packet of canonical JSON.

        Raises KeyError for an unknown kind or format version, PacketIncomplete if
        reading it back would not give the same bytes.
        """
        format = get_kind(header.kind).packets[header.format_version]
        places = build(format, header.record)
        header.write(places.header)
        ids = partial(part_id, header.record)
        write(places.sheet, format.members, parse_json(content), ids)
        digest = content_digest(header.kind, header.format_version, content)
        if read_content(places) != content or digest != header.sha256:
            raise PacketIncomplete(header.lookup_code)
        return cls(header, places, content)

    @property
    def format(self) -> PacketFormat:
        return self.places.format

    def parts(self) -> dict[str, Element]:
        """The elements that PART slots cover, by key (the subject's code)."""
        member = self.format.parts
        if member is None:
            return {}
        items = self.places.parts
        return {get_text(item.find(member.keyed_by)): item for item in items}

    def target(self, slot: str, parts: Sequence[str] = ()) -> Target:
        """What a signature in ``slot`` (over these ``parts``) covers now.

        Raises KeyError for a slot or part that is not there, SlotUnavailable.
        """
        place = self.format.slot(slot)
        self._require_free(place, parts)
        record = self.header.record
        name = f"{slot}-{record}"
        match place.covers:
            case Coverage.DATA:
                covered = [Covered(data_id(record), self.data())]
            case Coverage.SHEET:
                sheet = canonical(self.places.sheet)
                covered = [Covered(sheet_id(record), sheet)]
            case Coverage.PART:
                found = self.parts()
                items = [found[key] for key in parts]
                covered = [Covered(item.get("Id"), canonical(item)) for item in items]
                name = f"{name}-{id_part(parts[0])}"
        return Target(name, tuple(covered))

    def attach(self, slot: str, signature: bytes) -> None:
        """Put a finished ``ds:Signature`` into its slot. Raises SlotUnavailable.

        Whether it is good is not looked at here.
        """
        place = self.format.slot(slot)
        element = fragment(signature)
        self._require_free(place, self.parts_under(element))
        self.places.insert(place, element)
        if place.covers is not Coverage.DATA:
            self._data = None

    def standing(self) -> Iterator[Standing]:
        """Every signature in its slot, in the order of the kind."""
        for slot in self.format.slots:
            allowed = self._allowed(slot)
            for element in self.places.filled(slot):
                yield Standing(slot, element, allowed)

    def data(self) -> bytes:
        """The canonical form of what head and seal cover; kept for the second one."""
        if self._data is None:
            self._data = canonical(self.places.data)
        return self._data

    def canonical(self, element: Element) -> bytes:
        return self.data() if element is self.places.data else canonical(element)

    def to_bytes(self) -> bytes:
        return to_bytes(self.places.root)

    def _allowed(self, slot: XmlSlot) -> dict[str, Element]:
        match slot.covers:
            case Coverage.DATA:
                elements = [self.places.data]
            case Coverage.SHEET:
                elements = [self.places.sheet]
            case Coverage.PART:
                elements = list(self.places.parts)
        return {element.get("Id"): element for element in elements}

    def _require_free(self, slot: XmlSlot, parts: Sequence[str]) -> None:
        filled = self.places.filled(slot)
        if slot.covers is Coverage.PART:
            signed = {key for one in filled for key in self.parts_under(one)}
            taken = not parts or not signed.isdisjoint(parts)
        else:
            taken = bool(filled)
        later = slot.covers is not Coverage.DATA and len(self.places.issue)
        if taken or later:
            raise SlotUnavailable(slot.code)

    def parts_under(self, signature: Element) -> list[str]:
        """The keys of the parts that a signature refers to."""
        uris = {one.get("URI") for one in signature.iter("{*}Reference")}
        return [
            key for key, item in self.parts().items() if f"#{item.get('Id')}" in uris
        ]


def read_content(places: Places) -> bytes:
    """The canonical JSON that the sheet says. Raises ValueError."""
    return canonical_json(read(places.sheet, places.format.members))
