"""What a kind of record is: a typed content, rules, slots, a form, a projection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from django.utils.functional import Promise
from pydantic import BaseModel

from .fields import FieldGroup
from .packets import PacketFormat
from .printing import Printout


class Severity(StrEnum):
    """A finding that blocks keeps a record from being submitted; a warning does not."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True)
class Finding:
    """One thing that a rule says of one content.

    ``code`` is stable and safe to store; ``path`` names the value in the content
    with dots (``subjects.math.score``), empty for the whole; ``message`` is
    translated when it is shown.
    """

    code: str
    severity: Severity
    path: str
    message: Promise | str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.BLOCK

    def text(self) -> str:
        """The sentence in the reader's language."""
        return str(self.message) % self.params


@dataclass(frozen=True)
class Slot:
    """One place for a signature: who signs, in which order, and on what.

    ``in_pdf`` slots are PAdES fields of the printed form, named by ``code``.
    """

    code: str
    label: Promise | str
    role: str
    in_pdf: bool


@dataclass(frozen=True)
class Owner:
    """Whose record a content says it is, in the words of the register.

    ``pupil`` has the fields of the pupil's row; ``school_code`` is the issuer's.
    """

    level: str
    school_code: str
    school_year: str
    class_name: str
    grade: int
    pupil: Mapping[str, Any]


class Kind(ABC):
    """A plug-in. Nothing outside its module knows what the content means."""

    code: ClassVar[str]
    label: ClassVar[Promise]
    # Of a content as it is first drafted; see ``format_of``.
    format_version: ClassVar[int]
    schema: ClassVar[type[BaseModel]]
    slots: ClassVar[tuple[Slot, ...]]
    # The printed page that a reader wants first.
    opening_page: ClassVar[int] = 1
    # By format version: what was written with an old one can still be read.
    packets: ClassVar[Mapping[int, PacketFormat]] = {}
    # Stands in the canonical bytes of exactly those contents that are not completed:
    # what ``is_completed`` says of one, for a query over many. Empty: never.
    not_completed_mark: ClassVar[str] = ""

    @abstractmethod
    def form_version(self, school_year: str) -> str:
        """The form that a record of that year is issued on."""

    @abstractmethod
    def check(self, content: Any, peers: Iterable[Any] = ()) -> list[Finding]:
        """What the rules say of ``content`` beside ``peers`` (its class, with it)."""

    def check_class(self, contents: Sequence[Any]) -> list[list[Finding]]:
        """The findings of each content of one class."""
        return [self.check(content, contents) for content in contents]

    @abstractmethod
    def fields(self, content: Any) -> list[FieldGroup]:
        """The fields that this content has, in the order of the form."""

    @abstractmethod
    def printout(self, content: Any, form_version: str) -> Printout:
        """The sheets to print. Raises KeyError for an unknown form version."""

    @abstractmethod
    def is_completed(self, content: Any) -> bool:
        """Whether the programme was completed without the summer (domain.md §2)."""

    def is_reassessed(self, content: Any) -> bool:
        """Whether it has room for second results beside the first."""
        return False

    def reassess(self, content: Any) -> Any:
        """The same content with that room. A kind without second results has none."""
        return content

    def format_of(self, content: Any) -> int:
        """The format version that this content is written in."""
        return self.format_version

    @abstractmethod
    def owner(self, content: Any) -> Owner:
        """Whose record it is, for a register that has never heard of them."""

    @abstractmethod
    def search_text(self, content: Any) -> dict[str, str]:
        """The text to search by, a string for each field of the projection."""

    def parse(self, canonical: str | bytes) -> Any:
        """Read canonical JSON. Raises pydantic.ValidationError."""
        return self.schema.model_validate_json(canonical)
