"""Files about a pupil who is assessed again in summer."""

from __future__ import annotations

import json

from documents.importing.runs import commit_import, plan_import
from documents.models import Record, Version
from documents.versions import Draft, add_version

from .books import RESULTS, YEAR, edited, uploads
from .runs import FILES, FIRST, LATER, NOON, imported, record_of


def opened() -> Record:
    """The draft of one pupil, with room for second results."""
    record: Record = record_of(FIRST)
    content = record.definition.reassess(record.current.content)
    add_version(Draft(record, content, action="edit"), by=None, at=LATER)
    return record


def cell_of(record: Record, path: str) -> str:
    """Where the first result came from: "G7"."""
    line = record.current.lineage[path]
    return f"{line['column']}{line['row']}"


def test_the_same_files_again_say_nothing_of_the_summer(school):
    imported(school)
    opened()
    before = Version.objects.count()

    run = imported(school)

    assert run.report["unchanged"] == 6
    assert Version.objects.count() == before


def test_another_mark_is_the_second_one_with_its_cell(school):
    imported(school)
    cell = cell_of(record_of(FIRST), "subjects.math.score")
    record = opened()
    first = record.current.content.subjects["math"].score
    score = 9 if first == 10 else 10
    sheet = FILES[RESULTS]
    files = {RESULTS: edited(sheet, {("Sheet1", cell): score})}

    run = plan_import(
        files=uploads(files), unit=school, school_year=YEAR, by=None, at=NOON
    )
    commit_import(run_id=run.pk, by=None, at=LATER)

    version = record_of(FIRST).current
    math = version.content.subjects["math"]
    assert (math.score, math.second_score) == (first, score)
    assert version.format_version == 2
    assert version.lineage["subjects.math.second_score"]["row"] == int(cell[1:])
    assert json.loads(version.canonical)["subjects"]["art"]["second_level"] is None
