"""A class as rows and columns for the grid, in the words that people type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents import machine
from documents.kinds import Finding
from documents.kinds.fields import Field, FieldGroup, FieldType
from documents.models import Record, State, User
from workflow.services.editing import (
    EVERYTHING,
    Parts,
    editable_parts,
    is_within,
    shown_parts,
)

from .forms import form_field
from .sheets import Sheet
from .states import shape, word
from .views import record_url

# A comment is missed where so many of the class have one in the same place.
USUAL = 0.5
# Kind, grade and format version.
Layout = tuple[str, int, int]


@dataclass(frozen=True)
class Column:
    """One column of the grid: a field, under the heading of its group."""

    field: Field
    heading: str

    @cached_property
    def control(self) -> forms.Field:
        return form_field(self.field)

    def as_data(self) -> dict[str, Any]:
        field = self.field
        data: dict[str, Any] = {
            "path": field.path,
            "heading": self.heading,
            "item": str(field.label),
            "column": field.column,
            "label": field.full_label,
            "type": field.type.value,
            "max": field.max_length,
            "part": field.path.rpartition(".")[0] if field.column else "",
        }
        choices = getattr(self.control, "choices", None)
        if choices:
            data["choices"] = [
                [str(value), str(label), _short(str(value), str(label))]
                for value, label in choices
                if value != ""
            ]
        return data


def columns_of(sheets: Iterable[Sheet], parts: Parts) -> list[Column]:
    """The columns of a class within ``parts``; what is seldom asked for is left out.

    First results of re-assessed pupils are there to be read, beside the second.
    """
    found: dict[str, Column] = {}
    for groups in _layouts(sheets).values():
        first = {field.beside for group in groups for field in group.fields}
        # The tables first: they are what a class is filled in by.
        for group in sorted(groups, key=lambda group: not group.columns):
            if group.in_background:
                continue
            heading = str(group.heading or group.label)
            for field in group.fields:
                shown = field.editable or field.path in first
                if shown and is_within(field.path, parts):
                    found.setdefault(field.path, Column(field, heading))
    return list(found.values())


def _layouts(sheets: Iterable[Sheet]) -> dict[Layout, list[FieldGroup]]:
    """The groups of each kind, grade and format once: they do not differ by pupil.

    The newest format first: it has the columns of the others, and more between them.
    """
    seen = {_layout_of(sheet): sheet for sheet in sheets}
    newest = sorted(seen, key=lambda one: -one[-1])
    return {layout: seen[layout].groups for layout in newest}


def _layout_of(sheet: Sheet) -> Layout:
    record, content = sheet.record, sheet.content
    grade = getattr(content, "grade", 0)
    return record.kind, grade, record.definition.format_of(content)


def to_text(field: Field, control: forms.Field, value: Any) -> str:
    """A value (also one from JSON) as the browser shows it and sends it back."""
    if value is None:
        return ""
    if field.type is FieldType.DATE:
        day = date.fromisoformat(value) if isinstance(value, str) else value
        return day.strftime("%d/%m/%Y")
    return str(control.prepare_value(value))


def from_text(control: forms.Field, text: str) -> Any:
    """What was typed, as JSON has it. Raises django's ValidationError."""
    value = control.clean(text)
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True)
class Grid:
    """The rows that one person sees of one class."""

    user: User
    sheets: Sequence[Sheet]

    @cached_property
    def parts(self) -> Parts:
        """All if the person may read all of any record, else the own subjects."""
        parts = [shown_parts(self.user, s.record) for s in self.sheets[:1]]
        return parts[0] if parts else EVERYTHING

    @cached_property
    def columns(self) -> list[Column]:
        return columns_of(self.sheets, self.parts)

    @cached_property
    def by_path(self) -> dict[str, Column]:
        return {column.field.path: column for column in self.columns}

    @cached_property
    def fixed(self) -> dict[Layout, list[str]]:
        """The columns that a row of each layout cannot change."""
        found = {}
        for layout, groups in _layouts(self.sheets).items():
            free = {f.path for group in groups for f in group.fields if f.editable}
            found[layout] = [path for path in self.by_path if path not in free]
        return found

    @cached_property
    def in_part(self) -> bool:
        """Whether the person reads some columns only."""
        return self.parts != EVERYTHING

    def as_data(self) -> dict[str, Any]:
        return {
            "columns": [column.as_data() for column in self.columns],
            "rows": [self.row(sheet) for sheet in self.sheets],
        }

    def row(self, sheet: Sheet) -> dict[str, Any]:
        record = sheet.record
        editable = record.state == State.DRAFT and bool(
            editable_parts(self.user, record)
        )
        submits = editable and machine.permitted(record, "submit", self.user)
        return {
            "id": str(record.uuid),
            "name": record.book.pupil.name,
            "state": record.state,
            "shape": shape(record.state),
            "word": capfirst(word(record.state)),
            "editable": editable,
            "fixed": self.fixed[_layout_of(sheet)],
            "url": self.url(record, editable),
            "submit": record_url(record, "submit") if submits else "",
            "values": self.values(sheet),
            "theirs": self.theirs(sheet),
            **self.checks(sheet),
        }

    def url(self, record: Record, editable: bool) -> str:
        """Where the name leads: the form of the pupil, else the record."""
        if editable:
            return record_url(record, "edit")
        return "" if self.in_part else record_url(record)

    def values(self, sheet: Sheet) -> dict[str, str]:
        texts = (
            (c.field.path, to_text(c.field, c.control, c.field.value(sheet.content)))
            for c in self.columns
        )
        return {path: text for path, text in texts if text}

    def theirs(self, sheet: Sheet) -> dict[str, str]:
        """What was typed where somebody else's version now has another value."""
        return {
            path: to_text(column.field, column.control, value)
            for path, value in sheet.collisions.items()
            if (column := self.by_path.get(path))
        }

    def findings(self, sheet: Sheet) -> list[Finding]:
        """What the rules say of what the person sees."""
        return [f for f in sheet.findings if is_within(f.path, self.parts)]

    def checks(self, sheet: Sheet) -> dict[str, Any]:
        """What the checks say of a row, and whether it may go on."""
        return self._checks[sheet.record.pk]

    @cached_property
    def _checks(self) -> dict[int, dict[str, Any]]:
        return {sheet.record.pk: self._check(sheet) for sheet in self.sheets}

    def _check(self, sheet: Sheet) -> dict[str, Any]:
        found = self.findings(sheet)
        draft = sheet.record.state == State.DRAFT
        return {
            "findings": [[self._place(f), f.severity.value, f.text()] for f in found],
            "lacks": self.lacks(sheet, found) if draft else "",
            "ready": draft
            and not sheet.collisions
            and not any(finding.blocks for finding in found),
        }

    def lacks(self, sheet: Sheet, found: list[Finding]) -> str:
        """ "Mức đạt được (2), Nhận xét (1)": what the row still misses."""
        missing: Counter[str] = Counter()
        wrong = 0
        for finding in found:
            column = self.by_path.get(self._place(finding))
            if not finding.blocks:
                continue
            if column and not column.field.text(sheet.content):
                missing[column.field.column or str(column.field.label)] += 1
            else:
                wrong += 1
        for column in self._usual_comments:
            if not column.field.value(sheet.content):
                missing[column.field.column] += 1
        words = [f"{name} ({count})" for name, count in missing.items()]
        if wrong:
            words.append(_("to be mended (%d)") % wrong)
        return ", ".join(words)

    @cached_property
    def _usual_comments(self) -> list[Column]:
        """The comments that most of the class have: one without is missed."""
        wanted = len(self.sheets) * USUAL
        return [
            column
            for column in self.columns
            if column.field.type is FieldType.LONG_TEXT
            and sum(bool(column.field.value(s.content)) for s in self.sheets) > wanted
        ]

    def _place(self, finding: Finding) -> str:
        """The column that a finding stands in; "" for the row as a whole."""
        path = finding.path
        while path and path not in self.by_path:
            path = path.rpartition(".")[0]
        return path

    def summary(self) -> dict[str, Any]:
        """The line below the grid: how many are ready, and who is not."""
        ready = [s for s in self.sheets if self.checks(s)["ready"]]
        drafts = [s for s in self.sheets if s.record.state == State.DRAFT]
        left = [s for s in drafts if s not in ready]
        text = self._ready_text(len(ready))
        more = ngettext("%d pupil is left:", "%d pupils are left:", len(left))
        return {
            "text": text % {"n": len(ready), "total": len(self.sheets)},
            "ready": len(ready),
            "left_text": more % len(left) if left else "",
            "left": [[str(s.record.uuid), s.record.book.pupil.name] for s in left],
        }

    def _ready_text(self, count: int) -> str:
        if self.in_part:
            return _("%(n)d of %(total)d are complete.")
        return ngettext(
            "%(n)d of %(total)d is ready to be submitted.",
            "%(n)d of %(total)d are ready to be submitted.",
            count,
        )


def _short(value: str, label: str) -> str:
    """The letter of "T – Tốt"; another label whole."""
    return value if label.startswith(f"{value} – ") else label
