"""Imports of a small class: planned, confirmed, and what they have written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from documents.importing.joining import join
from documents.importing.reading import read_all
from documents.importing.runs import commit_import, plan_import
from documents.models import (
    Book,
    Enrolment,
    ImportRun,
    Pupil,
    Record,
    SchoolClass,
    Unit,
    User,
    Version,
)

from .books import YEAR, class_files, uploads

NOON = datetime(2026, 5, 28, 5, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
FILES = class_files()
COUNTS = ("new", "changed", "unchanged", "moved", "missing", "wrong", "left_alone")


def plan(
    school: Unit,
    files: Mapping[str, bytes] = FILES,
    by: User | None = None,
    year: str = YEAR,
) -> ImportRun:
    return plan_import(
        files=uploads(files), unit=school, school_year=year, by=by, at=NOON
    )


def imported(
    school: Unit,
    files: Mapping[str, bytes] = FILES,
    by: User | None = None,
    **how: Any,
) -> ImportRun:
    run = plan(school, files, by)
    return commit_import(run_id=run.pk, by=by, at=LATER, **how)


def counts(run: ImportRun) -> dict[str, int]:
    """The outcomes that are not 0."""
    return {name: run.report[name] for name in COUNTS if run.report[name]}


def codes(run: ImportRun, kind: str = "errors") -> list[str]:
    return [item["code"] for item in run.report[kind]]


def record_of(code: str) -> Record:
    return Record.objects.select_related("current").get(book__pupil__code=code)


def written() -> list[int]:
    return [
        model.objects.count()
        for model in (Pupil, SchoolClass, Enrolment, Book, Record, Version)
    ]


def first_code() -> str:
    books, _problems = read_all(uploads(FILES))
    return next(iter(join(books, school="my-ngai", school_year=YEAR).proposals))


FIRST = first_code()
