"""What the files say of each pupil, before the database is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from . import values as read
from .layouts import Layout, Table
from .messages import Note, Place, Repair


@dataclass(frozen=True)
class Source:
    """A value and the cell it came from."""

    value: Any
    place: Place
    sha256: str

    def lineage(self) -> dict[str, Any]:
        place = self.place
        return {
            "file": place.file,
            "sha256": self.sha256,
            "sheet": place.sheet,
            "row": place.row,
            "column": place.column,
        }


@dataclass
class Proposal:
    """What the files together say of one pupil.

    ``identity`` has name, birth_date and class; ``personal`` the fields of the pupil
    list; ``values`` paths in the content, and ``blanks`` those whose cell is empty.
    ``errors`` keep it from being committed.
    """

    code: str
    place: Place
    is_temporary: bool = False
    identity: dict[str, Source] = field(default_factory=dict)
    personal: dict[str, Source] = field(default_factory=dict)
    values: dict[str, Source] = field(default_factory=dict)
    blanks: dict[str, Source] = field(default_factory=dict)
    not_assessed: Source | None = None
    layouts: set[Layout] = field(default_factory=set)
    errors: list[Note] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.identity["name"].value) if "name" in self.identity else ""

    @property
    def birth_date(self) -> date | None:
        source = self.identity.get("birth_date")
        return source.value if source else None

    @property
    def class_name(self) -> str:
        return str(self.identity["class"].value) if "class" in self.identity else ""

    @property
    def status(self) -> str:
        return str(self.personal["status"].value) if "status" in self.personal else ""

    @property
    def is_studying(self) -> bool:
        return read.is_studying(self.status) is not False if self.status else True

    @property
    def is_listed(self) -> bool:
        return Layout.LIST in self.layouts

    def names(self) -> dict[str, str]:
        """What sentences say of the pupil."""
        return {
            "name": self.name or self.code,
            "pupil_code": self.code,
            "class_name": self.class_name,
        }


@dataclass
class Joined:
    """Everything the files say, before the database is asked."""

    school: str
    school_year: str
    proposals: dict[str, Proposal] = field(default_factory=dict)
    errors: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def all_errors(self) -> list[Note]:
        own = [note for p in self.proposals.values() for note in p.errors]
        return [*self.errors, *own]
