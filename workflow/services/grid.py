"""Cells of many drafts at once: each is saved, refused or shown as a collision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from documents.errors import RecordsError
from documents.models import Record, State, User
from documents.versions import NotDraft

from ..errors import NotAllowed, NotVisible
from ..models import WorkingCopy
from .drafts import (
    ContentInvalid,
    Working,
    changed,
    json_at,
    plain,
    plain_at,
    settle,
    working,
)
from .editing import FieldNotEditable, editable_parts, editable_paths, in_grid_of


@dataclass(frozen=True)
class CellEdit:
    """``was`` is what the person saw in the cell before typing ``value``."""

    path: str
    was: Any
    value: Any


@dataclass
class RowOutcome:
    """What became of the cells of one record, by path.

    ``saved`` and ``theirs`` have the value that stands there now; ``theirs`` are the
    cells that somebody else changed meanwhile, where nothing was written.
    """

    saved: dict[str, Any] = field(default_factory=dict)
    theirs: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, RecordsError] = field(default_factory=dict)

    @classmethod
    def none_of(cls, edits: Sequence[CellEdit], error: RecordsError) -> RowOutcome:
        return cls(refused=dict.fromkeys((e.path for e in edits), error))


@transaction.atomic
def save_cells(
    *,
    edits: Mapping[int, Sequence[CellEdit]],
    by: User,
    at: datetime | None = None,
) -> dict[int, RowOutcome]:
    """Save what was typed into the working copies of several drafts, by record id.

    A cell is written only where it still holds what the person saw, so two people
    (or two tabs) never overwrite each other. What somebody else was typing into a
    record becomes a version of theirs first. Saving the same twice changes nothing.
    The number of queries does not grow with the number of records.
    """
    at = at or timezone.now()
    by.hold_standing()
    rows = in_grid_of(by).filter(pk__in=edits).order_by("pk")
    related = ("school_class", "issuer", "current")
    locked = {
        record.pk: record
        for record in rows.select_for_update(of=("self",)).select_related(*related)
    }
    _settle_others(locked.values(), by=by, at=at)
    found = working(locked.values())
    outcomes, copies = {}, []
    for key, cells in edits.items():
        record = locked.get(key)
        error = _refusal(record, by)
        if error or record is None or key not in found:
            wrong = error or NotVisible(f"record {key}")
            outcomes[key] = RowOutcome.none_of(cells, wrong)
            continue
        outcome, copy = _save_row(found[key], cells, by=by, at=at)
        outcomes[key] = outcome
        copies += [copy] if copy else []
    _write(copies)
    return outcomes


def _refusal(record: Record | None, by: User) -> RecordsError | None:
    if record is None:
        return None
    if not editable_parts(by, record):
        return NotAllowed(by, "edit")
    return NotDraft(record) if record.state != State.DRAFT else None


def _settle_others(records: Any, *, by: User, at: datetime) -> None:
    """A version has one author: theirs is written before mine begins."""
    records = {record.pk: record for record in records}
    theirs = WorkingCopy.objects.filter(pk__in=records).exclude(author=by)
    others = list(theirs.order_by("pk").values_list("pk", flat=True))
    settle([records[pk] for pk in others], at=at)


def _save_row(
    row: Working, cells: Sequence[CellEdit], *, by: User, at: datetime
) -> tuple[RowOutcome, WorkingCopy | None]:
    outcome, record = RowOutcome(), row.record
    parts = editable_parts(by, record)
    editable = editable_paths(record, row.content, parts)
    typed: dict[str, Any] = {}
    for cell in cells:
        now = plain_at(row.content, cell.path)
        if cell.path not in editable:
            outcome.refused[cell.path] = FieldNotEditable(cell.path)
        elif now not in (plain(cell.was), plain(cell.value)):
            outcome.theirs[cell.path] = now
        else:
            typed[cell.path] = cell.value
    content = _fitting(row, typed, outcome)
    outcome.saved = {path: plain_at(content, path) for path in typed}
    return outcome, _copy(row, content, typed, by=by, at=at)


def _fitting(row: Working, typed: dict[str, Any], outcome: RowOutcome) -> Any:
    """The content with what fits; what does not is taken out of ``typed``."""
    try:
        return changed(row.content, typed)
    except ContentInvalid:
        for path, value in list(typed.items()):
            try:
                changed(row.content, {path: value})
            except ContentInvalid as error:
                outcome.refused[path] = error
                del typed[path]
    return changed(row.content, typed)


def _copy(
    row: Working, content: Any, typed: dict[str, Any], *, by: User, at: datetime
) -> WorkingCopy | None:
    """The working copy with the new cells; None when nothing is to be written."""
    chosen = row.collisions.keys() & typed.keys()
    if content == row.content and not chosen:
        return None
    changes = dict(row.copy.changes) if row.copy else {}
    for path in typed:
        # An open choice ends where its cell is typed again.
        first = changes.get(path) if path not in chosen else None
        was = first[0] if first else plain_at(row.content, path)
        changes[path] = [was, json_at(content, path)]
    return WorkingCopy(record=row.record, author=by, changes=changes, saved_at=at)


def _write(copies: Sequence[WorkingCopy]) -> None:
    WorkingCopy.objects.bulk_create(
        copies,
        update_conflicts=True,
        unique_fields=["record"],
        update_fields=["author", "changes", "saved_at"],
    )
