"""What packages and receipts have in common: one element with an Id, one signature.

GOI_HOC_BA / DU_LIEU_GOI Id="goi-…"            signed in KY_GOI
BIEN_NHAN / DU_LIEU_BIEN_NHAN Id="biennhan-…"  signed in KY_BIEN_NHAN
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Self

from documents.kinds.packets import XmlSlot

from .diagnosis import diagnose
from .faults import Fault, PacketRefused, SlotUnavailable
from .places import SIGNATURE
from .reading import has_foreign_attributes
from .records import Covered, Standing, Target
from .trees import (
    Element,
    Limits,
    add,
    canonical,
    first_error,
    fragment,
    ids,
    is_valid,
    new,
    parse,
    to_bytes,
)

FORMAT_VERSION = "PHIEN_BAN_DINH_DANG"


@dataclass(frozen=True)
class EnvelopeForm:
    """The names of one sort of envelope, and of its schemas without the version."""

    root: str
    data: str
    header: str
    items: str
    slot: XmlSlot
    id_prefix: str
    schema: str
    limits: Limits
    versions: tuple[str, ...] = ("1",)


class Envelope:
    """The tree of one envelope, whole or still without its signature."""

    form: ClassVar[EnvelopeForm]

    def __init__(self, root: Element) -> None:
        self.root = root

    @classmethod
    def frame(cls, identifier: str) -> Self:
        """An envelope with nothing in it."""
        root = new(cls.form.root)
        data = add(root, cls.form.data, Id=cls.form.id_prefix + identifier)
        add(data, cls.form.header)
        add(data, cls.form.items)
        return cls(root)

    @property
    def data(self) -> Element:
        return self.root[0]

    @property
    def identifier(self) -> str:
        name: str = self.data.get("Id")
        return name.removeprefix(self.form.id_prefix)

    @property
    def items(self) -> Element:
        return self.data[1]

    @property
    def signature(self) -> Element | None:
        return self.root.find(f"{self.form.slot.code}/{SIGNATURE}")

    @cached_property
    def signed_data(self) -> bytes:
        """The canonical form of everything that is signed; nothing changes after."""
        return canonical(self.data)

    def target(self) -> Target:
        """What the signature covers. Raises SlotUnavailable."""
        code = self.form.slot.code
        if self.signature is not None:
            raise SlotUnavailable(code)
        covered = Covered(self.data.get("Id"), self.signed_data)
        return Target(f"{code}-{self.identifier}", (covered,))

    def attach(self, signature: bytes) -> None:
        """Put the finished ``ds:Signature`` in. Raises SlotUnavailable."""
        if self.signature is not None:
            raise SlotUnavailable(self.form.slot.code)
        add(self.root, self.form.slot.code).append(fragment(signature))

    def standing(self) -> Standing | None:
        found = self.signature
        if found is None:
            return None
        return Standing(self.form.slot, found, {self.data.get("Id"): self.data})

    def canonical(self, element: Element) -> bytes:
        return self.signed_data if element is self.data else canonical(element)

    def to_bytes(self) -> bytes:
        return to_bytes(self.root)

    @classmethod
    def parse(cls, data: bytes) -> Element:
        """The root of an envelope of this form. Raises PacketRefused."""
        form = cls.form
        root = parse(data, form.limits)
        if root.tag != form.root:
            raise PacketRefused([Fault.NOT_A_PACKET])
        version = root.findtext(f"{form.data}/{form.header}/{FORMAT_VERSION}")
        if version not in (None, *form.versions):
            raise PacketRefused([Fault.VERSION_UNKNOWN])
        schema = f"{form.schema}-{version or form.versions[0]}"
        repeated = max(ids(root).values(), default=0) > 1
        foreign = has_foreign_attributes(root)
        if repeated or foreign or not is_valid(root, schema):
            place = first_error(root, schema)
            raise PacketRefused(diagnose(root) or [Fault.INVALID], place=place)
        return root

    def require_identity(self, identifier: str) -> None:
        """The Id of what is signed is that of this envelope."""
        if self.data.get("Id") != self.form.id_prefix + identifier:
            raise PacketRefused([Fault.ANOTHER_RECORD])
