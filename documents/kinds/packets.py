"""What a kind says of its packets: element names, slots, and what each slot covers.

Data only: ``documents.exchange`` writes and reads the XML, ``workflow.signing`` signs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise


class Coverage(StrEnum):
    """What a signature in a packet covers; where it stands follows from that."""

    PART = "part"  # the signed rows of one or more parts (subjects)
    SHEET = "sheet"  # header and content
    DATA = "data"  # header and content with the signatures over them


@dataclass(frozen=True)
class XmlSlot:
    """One place for a XAdES signature; ``code`` is the element that holds it.

    A slot over parts is filled once for each signer of parts, any other slot once.
    """

    code: str
    label: Promise | str
    role: str
    covers: Coverage


class ValueType(StrEnum):
    """How a JSON value stands in an element, and what no element means."""

    TEXT = "text"  # none: ""
    OPTIONAL = "optional"  # text; none: null
    NUMBER = "number"  # none: null
    FLAG = "flag"  # true or false; none: null


@dataclass(frozen=True)
class Value:
    name: str
    key: str
    type: ValueType = ValueType.TEXT


@dataclass(frozen=True)
class Group:
    """A JSON object; always written, whatever is in it."""

    name: str
    key: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Texts:
    """A list of texts."""

    name: str
    key: str
    item: str


@dataclass(frozen=True)
class Objects:
    """A list of objects, or with ``keyed_by`` an object of objects.

    ``keyed_by`` names the element of the key in each ``item``. The items of parts
    have an Id, so that a signature can cover each alone.
    """

    name: str
    key: str
    item: str
    members: tuple[Member, ...]
    keyed_by: str = ""
    are_parts: bool = False


Member = Value | Group | Texts | Objects


@dataclass(frozen=True)
class PacketFormat:
    """One format version: the members of a sheet in their order, and the slots.

    ``slots`` stand in the order in which they are signed. ``part_labels`` names the
    parts as on the form, by key.
    """

    members: tuple[Member, ...]
    slots: tuple[XmlSlot, ...]
    part_labels: Mapping[str, str] = field(default_factory=dict)

    def slot(self, code: str) -> XmlSlot:
        """Raises KeyError."""
        for slot in self.slots:
            if slot.code == code:
                return slot
        raise KeyError(code)

    def labels_of(self, parts: Iterable[str]) -> list[str]:
        """The names of parts in the order of the form."""
        wanted = list(parts)
        order = [*self.part_labels, *wanted]
        return [
            self.part_labels.get(part, part) for part in sorted(wanted, key=order.index)
        ]

    @property
    def parts(self) -> Objects | None:
        """The member whose items are signed one by one."""
        for member in self.members:
            if isinstance(member, Objects) and member.are_parts:
                return member
        return None
