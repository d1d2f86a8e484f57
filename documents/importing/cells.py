"""What a file is once it has been read: sheets of cells, counted as Excel counts."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from pathlib import PurePosixPath
from typing import Protocol

from .messages import Place

# Empty cells are None; text is as in the file, not yet repaired.
Cell = str | int | float | bool | date | datetime | time | None


class UploadLike(Protocol):
    """What the screens and the command hand over."""

    @property
    def name(self) -> str: ...

    @property
    def data(self) -> bytes: ...


@dataclass(frozen=True)
class Upload:
    """A file as it came, with the name that messages use."""

    name: str
    data: bytes

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @classmethod
    def of(cls, other: UploadLike) -> Upload:
        return cls(shown_name(other.name), bytes(other.data))


@dataclass(frozen=True)
class Sheet:
    """``rows`` begin at A1 and are all of one length."""

    file: str
    sha256: str
    name: str
    rows: list[list[Cell]]
    hidden: bool = False

    def place(self, row: int | None = None, column: int | None = None) -> Place:
        """Where people find it; ``row`` and ``column`` count from 0."""
        return Place(
            self.file,
            self.name,
            None if row is None else row + 1,
            "" if column is None else column_letter(column),
        )


@dataclass(frozen=True)
class Workbook:
    file: str
    sha256: str
    size: int
    sheets: list[Sheet]


def column_letter(index: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def shown_name(name: str) -> str:
    """A file name without folders and control characters, of bearable length."""
    base = PurePosixPath(name.replace("\\", "/")).name
    visible = "".join(c for c in base if unicodedata.category(c)[0] != "C")
    return unicodedata.normalize("NFC", visible)[:150] or "?"


def is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
