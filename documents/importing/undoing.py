"""Take back what an import wrote, as long as nobody has built upon it.

Nothing is erased: a record that existed gets its old content as a new version; one
that the import made has no content until the next import, and is shown to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from .. import ledger
from ..models import (
    Enrolment,
    ImportRow,
    ImportRun,
    Pupil,
    Record,
    Role,
    State,
    Unit,
    User,
    Version,
)
from ..models.imports import ImportStatus
from ..signals import announce
from ..text import vietnamese_sort_key
from ..versions import Draft, add_versions
from .comparing import PERSONAL
from .errors import ImportMovedOn, NotAllowedToImport, PlanIsClosed
from .plans import Planned

ACTION = "undo_import"
PERSON = ("code", "code_is_temporary", "name", "birth_date", *PERSONAL)
PLACE = ("school_class_id", "status", "register_number", "entered_on", "left_on")
DATES = ("birth_date", "entered_on", "left_on")
BATCH = 200


def snapshot(row: Planned) -> dict[str, Any]:
    """What stands of a pupil before the row is written; None for what does not."""
    record = row.record
    return {
        "version": record.current_id if record else None,
        "class": record.school_class_id if record else None,
        "pupil": _fields(row.pupil, PERSON),
        "enrolment": _fields(row.enrolment, PLACE),
    }


def undo_import(
    *,
    run_id: int,
    by: User | None,
    at: datetime,
    busy: Collection[int] = (),
) -> ImportRun:
    """Put back what stood before a committed import, all of it or nothing.

    ``busy`` are records that somebody is writing in now. Raises ImportRun.DoesNotExist,
    NotAllowedToImport, PlanIsClosed for a run that is not committed, and ImportMovedOn
    when a record of it was changed or submitted since.
    """
    with transaction.atomic():
        run = _claim(run_id, by)
        Unit.objects.select_for_update(no_key=True).get(pk=run.unit_id)
        rows = _locked_rows(run)
        if moved := [one.pupil_name for one in rows if _moved_on(one, busy)]:
            raise ImportMovedOn(moved)
        _put_back_pupils(rows)
        _put_back_places(rows)
        _put_back_contents(rows, run, by=by, at=at)
        run.status, run.undone_at, run.undone_by = ImportStatus.UNDONE, at, by
        run.save(update_fields=["status", "undone_at", "undone_by"])
    return run


def _claim(run_id: int, by: User | None) -> ImportRun:
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if by is not None and not by.holds(Role.REGISTRAR, run.unit):
        raise NotAllowedToImport(f"{by} at {run.unit.code}")
    if run.status != ImportStatus.COMMITTED:
        raise PlanIsClosed(f"run {run_id} is {run.status}")
    return run


def _locked_rows(run: ImportRun) -> list[ImportRow]:
    """The rows that were written, their records locked in primary-key order."""
    rows = run.rows.exclude(before={})
    ids = [pk for pk in rows.values_list("record", flat=True) if pk]
    locked = Record.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    records = {record.pk: record for record in locked}
    found = list(rows.select_related("pupil"))
    for row in found:
        if row.record_id:
            row.record = records[row.record_id]
    return found


def _moved_on(row: ImportRow, busy: Collection[int]) -> bool:
    record = row.record
    if record is None or row.before["written"] is None:
        return False
    untouched = (State.DRAFT, row.before["written"])
    return record.pk in busy or (record.state, record.current_id) != untouched


def _put_back_pupils(rows: Sequence[ImportRow]) -> None:
    people = []
    for row in rows:
        if row.pupil is not None and row.before["pupil"]:
            _fill(row.pupil, row.before["pupil"])
            row.pupil.sort_key = vietnamese_sort_key(row.pupil.name)
            people.append(row.pupil)
    Pupil.objects.bulk_update(people, [*PERSON, "sort_key"], batch_size=BATCH)


def _put_back_places(rows: Sequence[ImportRow]) -> None:
    """Enrolments as they were; those that the import made are taken away."""
    made = [row.before["enrolment_id"] for row in rows if not row.before["enrolment"]]
    Enrolment.objects.filter(pk__in=made).delete()
    known = {row.before["enrolment_id"]: row.before["enrolment"] for row in rows}
    places = list(Enrolment.objects.filter(pk__in=known))
    for place in places:
        _fill(place, known[place.pk])
    fields = [name.removesuffix("_id") for name in PLACE]
    Enrolment.objects.bulk_update(places, fields, batch_size=BATCH)


def _put_back_contents(
    rows: Sequence[ImportRow], run: ImportRun, *, by: User | None, at: datetime
) -> None:
    wanted = [row.before["version"] for row in rows if row.before["version"]]
    versions = Version.objects.in_bulk(wanted)
    emptied, changed = [], []
    for row in rows:
        if row.record is None:
            continue
        old = versions.get(row.before["version"])
        if old is None:
            emptied.append(row.record)
        elif row.before["written"] != old.pk:
            row.record.school_class_id = (
                row.before["class"] or row.record.school_class_id
            )
            changed.append((row.record, old))
    Record.objects.bulk_update(
        [record for record, _old in changed], ["school_class"], batch_size=BATCH
    )
    reason = f"import {run.uuid.hex}"
    add_versions([_draft(*one, reason) for one in changed], by=by, at=at)
    _empty(emptied, reason, by=by, at=at)


def _draft(record: Record, old: Version, reason: str) -> Draft:
    content = record.definition.parse(old.canonical)
    return Draft(record, content, old.lineage, reason, ACTION)


def _empty(
    records: Sequence[Record], reason: str, *, by: User | None, at: datetime
) -> None:
    if not records:
        return
    lines = [ledger.Line(record, ACTION, {"reason": reason}) for record in records]
    Record.objects.filter(pk__in=[record.pk for record in records]).update(
        current=None, revision=F("revision") + 1
    )
    ledger.append_many(lines, actor=by, at=at)
    announce([record.pk for record in records])


def _fields(row: Pupil | Enrolment | None, names: Sequence[str]) -> Any:
    if row is None or row.pk is None:
        return None
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _fill(row: Pupil | Enrolment, before: Mapping[str, Any]) -> None:
    for name, value in before.items():
        is_date = name in DATES and value is not None
        setattr(row, name, date.fromisoformat(value) if is_date else value)
