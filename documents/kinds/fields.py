"""The fields of a content as data, so that screens need not know what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from .printing import number, short_date


class FieldType(StrEnum):
    CHOICE = "choice"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    LONG_TEXT = "long_text"
    DATE = "date"
    YES_NO = "yes_no"
    LINES = "lines"  # a list of texts


@dataclass(frozen=True)
class Field:
    """One value of a content. ``path`` names it as findings and changes do.

    ``column`` is its place in the row ``label`` of a group that is a table. ``low``,
    ``high`` and ``max_length`` are what the schema refuses; what is only against a
    rule may be saved in a draft. One that is not ``editable`` says which sheet this
    is, and comes from elsewhere. ``beside`` is the path of the first result beside
    which a second one stands.
    """

    path: str
    label: Promise | str
    type: FieldType
    column: str = ""
    choices: tuple[tuple[Any, str], ...] = ()
    low: int | None = None
    high: int | None = None
    max_length: int | None = None
    editable: bool = True
    beside: str = ""

    @property
    def full_label(self) -> str:
        return f"{self.label}: {self.column}" if self.column else str(self.label)

    def value(self, content: Any) -> Any:
        """The value in ``content``; None where the content has no such place."""
        return value_at(content, self.path)

    def text(self, content: Any) -> str:
        """The value as people read it; "" for none."""
        return self.text_of(self.value(content))

    def text_of(self, value: Any) -> str:
        if value is None or value == "":
            return ""
        if self.choices:
            return str(dict(self.choices).get(value, value))
        match value:
            case bool():
                return _("yes") if value else _("no")
            case int() | float():
                return number(value)
            case date():
                return short_date(value)
            case tuple() | list():
                return "\n".join(map(str, value))
        return str(value)


@dataclass(frozen=True)
class FieldGroup:
    """Fields that stand together. With ``columns`` it is a table, a row per label.

    ``in_background``: a screen may keep them folded, they are seldom asked for.
    ``heading`` is a word or two for the head of a wide table; groups beside each other
    may share it.
    """

    code: str
    label: Promise | str
    fields: tuple[Field, ...]
    columns: tuple[str, ...] = ()
    in_background: bool = False
    heading: Promise | str = ""

    def rows(self) -> dict[str, dict[str, Field]]:
        """The fields of a table by row and column, in order."""
        rows: dict[str, dict[str, Field]] = {}
        for item in self.fields:
            rows.setdefault(str(item.label), {})[item.column] = item
        return rows


@dataclass(frozen=True)
class Difference:
    """One field that is not the same in two contents, as people read it."""

    field: Field
    old: str
    new: str


def second_results(content: Any, groups: Iterable[FieldGroup]) -> Iterator[Difference]:
    """Each second result that there is, with the first one beside it."""
    for group in groups:
        for item in group.fields:
            if item.beside and (second := item.text(content)):
                first = item.text_of(value_at(content, item.beside))
                yield Difference(item, first, second)


def value_at(content: Any, path: str) -> Any:
    """Follow dots through models, mappings and lists; None where there is nothing."""
    for part in path.split("."):
        match content:
            case None:
                return None
            case Mapping():
                content = content.get(part)
            case list() | tuple():
                position = int(part) if part.isdigit() else len(content)
                content = content[position] if position < len(content) else None
            case _:
                content = getattr(content, part, None)
    return content


def differences(
    old: Any, new: Any, groups: Iterable[FieldGroup]
) -> Iterator[Difference]:
    """What differs between two contents of one kind, in the order of the form."""
    for group in groups:
        for item in group.fields:
            before, after = item.text(old), item.text(new)
            if before != after:
                yield Difference(item, before, after)
