"""Writes a plan: classes, pupils, enrolments, books, records, versions, in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..kinds.primary_year import PrimaryYearKind
from ..models import (
    Book,
    Enrolment,
    ImportRow,
    ImportRun,
    Pupil,
    Record,
    SchoolClass,
    User,
)
from ..models.imports import Outcome
from ..models.pupils import Level
from ..text import vietnamese_sort_key
from ..versions import Draft, add_versions
from . import values as read
from .comparing import PERSONAL
from .plans import Plan, Planned
from .undoing import snapshot

WRITTEN = (Outcome.NEW, Outcome.CHANGED, Outcome.MOVED)
BATCH = 200


def write_plan(plan: Plan, run: ImportRun, *, by: User | None, at: datetime) -> None:
    """Write every row of the plan that is new, changed or moved.

    The caller holds the transaction and the locks on the records of the plan.
    """
    rows = [row for row in plan.rows if row.outcome in WRITTEN]
    before = {row.code: snapshot(row) for row in rows}
    drafted = [row for row in rows if row.content is not None]
    _write_classes(plan, drafted)
    _write_pupils(drafted)
    _write_enrolments(plan, rows)
    _write_records(plan, drafted)
    drafts = [
        Draft(row.record, row.content, row.lineage)
        for row in drafted
        if row.record is not None and row.content is not None
    ]
    add_versions(drafts, by=by, at=at)
    _point_rows(plan, run, before)


def _write_classes(plan: Plan, rows: Sequence[Planned]) -> None:
    assert plan.facts is not None
    known = plan.facts.classes
    names = sorted({row.class_name for row in rows} - known.keys())
    made = SchoolClass.objects.bulk_create(
        SchoolClass(
            school=plan.unit,
            school_year=plan.school_year,
            name=name,
            grade=read.grade_of(name),
        )
        for name in names
    )
    known |= {school_class.name: school_class for school_class in made}


def _write_pupils(rows: Sequence[Planned]) -> None:
    new: list[Planned] = []
    known: list[Planned] = []
    for row in rows:
        (known if row.pupil else new).append(row)
        row.pupil = row.pupil or Pupil(code=row.code)
        _fill_pupil(row, row.pupil)
    Pupil.objects.bulk_create([_pupil(row) for row in new], batch_size=BATCH)
    fields = ["code", "code_is_temporary", "name", "sort_key", "birth_date", *PERSONAL]
    people = [_pupil(row) for row in known if row.proposal and row.proposal.is_listed]
    Pupil.objects.bulk_update(people, fields, batch_size=BATCH)


def _fill_pupil(row: Planned, pupil: Pupil) -> None:
    """Only what the pupil list says: other files are no authority for it."""
    proposal = row.proposal
    if proposal is None or not proposal.is_listed:
        return
    pupil.code = proposal.code
    pupil.code_is_temporary = proposal.is_temporary
    pupil.name = proposal.name
    # Bulk writing passes Pupil.save by, where this is set.
    pupil.sort_key = vietnamese_sort_key(proposal.name)
    pupil.birth_date = proposal.birth_date or pupil.birth_date
    for name in PERSONAL:
        if source := proposal.personal.get(name):
            setattr(pupil, name, source.value)


def _write_enrolments(plan: Plan, rows: Sequence[Planned]) -> None:
    assert plan.facts is not None
    new: list[Planned] = []
    known: list[Planned] = []
    for row in rows:
        (known if row.enrolment else new).append(row)
        enrolment = row.enrolment or Enrolment(pupil=_pupil(row))
        row.enrolment = enrolment
        if row.content is not None:
            enrolment.school_class = plan.facts.classes[row.class_name]
        _fill_enrolment(row, enrolment)
    Enrolment.objects.bulk_create([_enrolment(row) for row in new], batch_size=BATCH)
    fields = ["school_class", "status", "register_number", "entered_on", "left_on"]
    places = [_enrolment(row) for row in known]
    Enrolment.objects.bulk_update(places, fields, batch_size=BATCH)


def _fill_enrolment(row: Planned, enrolment: Enrolment) -> None:
    """The day of the status is that of entering, or for a leaver that of leaving."""
    proposal = row.proposal
    if proposal is None:
        return
    enrolment.status = proposal.status or enrolment.status
    day = proposal.personal.get("entered_on")
    if not proposal.is_studying:
        enrolment.left_on = day.value if day else enrolment.left_on
        return
    enrolment.left_on = None
    if day:
        enrolment.entered_on = day.value
    if number := proposal.personal.get("register_number"):
        enrolment.register_number = number.value


def _write_records(plan: Plan, rows: Sequence[Planned]) -> None:
    assert plan.facts is not None
    books, classes = plan.facts.books, plan.facts.classes
    people = [_pupil(row) for row in rows]
    made = Book.objects.bulk_create(
        [Book(pupil=p, level=Level.PRIMARY) for p in people if p.pk not in books],
        batch_size=BATCH,
    )
    books |= {book.pupil_id: book for book in made}
    new, moved = [], []
    for row in rows:
        if row.record is None:
            row.record = Record(
                kind=PrimaryYearKind.code,
                book=books[_pupil(row).pk],
                school_year=plan.school_year,
                school_class=classes[row.class_name],
                issuer=plan.unit,
                custodian=plan.unit,
            )
            new.append(row.record)
        elif row.record.school_class_id != classes[row.class_name].pk:
            row.record.school_class = classes[row.class_name]
            moved.append(row.record)
    Record.objects.bulk_create(new, batch_size=BATCH)
    Record.objects.bulk_update(moved, ["school_class"], batch_size=BATCH)


def _point_rows(plan: Plan, run: ImportRun, before: dict[str, Any]) -> None:
    """Give the rows of the run the pupils and records that they became."""
    written = {row.code: row for row in plan.rows}
    rows = list(ImportRow.objects.filter(run=run, outcome__in=WRITTEN))
    for stored in rows:
        row = written[stored.pupil_code]
        stored.pupil, stored.record = row.pupil, row.record
        current = row.record.current_id if row.record else None
        own = {"written": current, "enrolment_id": _enrolment(row).pk}
        stored.before = before[row.code] | own
    fields = ["pupil", "record", "before"]
    ImportRow.objects.bulk_update(rows, fields, batch_size=BATCH)


def _pupil(row: Planned) -> Pupil:
    assert row.pupil is not None  # _write_pupils has set it
    return row.pupil


def _enrolment(row: Planned) -> Enrolment:
    assert row.enrolment is not None  # _write_enrolments has set it
    return row.enrolment
