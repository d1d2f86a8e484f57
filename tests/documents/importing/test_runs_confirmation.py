"""A plan is confirmed once, while it is fresh, as it was read, and whole."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import DatabaseError, connection

from documents.importing.errors import PlanIsClosed, PlanIsStale
from documents.importing.runs import commit_import, discard_import
from documents.models.imports import ImportStatus
from documents.versions import Draft, add_version

from .books import LIST, edited
from .runs import FILES, FIRST, LATER, NOON, imported, plan, record_of, written


def test_a_plan_made_stale_by_another_import_is_refused(school):
    first, second = plan(school), plan(school)
    commit_import(run_id=first.pk, by=None, at=LATER)
    before = written()

    with pytest.raises(PlanIsStale):
        commit_import(run_id=second.pk, by=None, at=LATER)

    assert written() == before
    second.refresh_from_db()
    assert second.status == ImportStatus.PLANNED


def test_a_plan_made_stale_by_an_edit_is_refused(school, registrar):
    imported(school)
    files = {LIST: edited(FILES[LIST], {("Sheet1", "M2"): "Nơi khác"})}
    run = plan(school, files)
    record = record_of(FIRST)
    edit = record.current.content.model_copy(update={"height_cm": 125})
    add_version(Draft(record, edit), by=registrar, at=NOON)

    with pytest.raises(PlanIsStale):
        commit_import(run_id=run.pk, by=None, at=LATER)

    assert record_of(FIRST).current.number == 2


def test_an_import_is_committed_once(school):
    run = imported(school)

    with pytest.raises(PlanIsClosed):
        commit_import(run_id=run.pk, by=None, at=LATER)


def test_a_discarded_import_is_not_committed(school, registrar):
    run = plan(school, by=registrar)
    discard_import(run_id=run.pk, by=registrar, at=LATER)

    with pytest.raises(PlanIsClosed):
        commit_import(run_id=run.pk, by=registrar, at=LATER)

    assert written() == [0] * 6


def test_a_database_that_fails_at_the_last_statement_is_left_as_it_was(school):
    run = plan(school)

    def fail(execute, sql, params, many, context):
        if sql.startswith('UPDATE "documents_importrun"'):
            raise DatabaseError("the disk is full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail), pytest.raises(DatabaseError):
        commit_import(run_id=run.pk, by=None, at=LATER)

    assert written() == [0] * 6


def test_the_bytes_of_the_dry_run_are_what_is_confirmed(school):
    run = plan(school)

    stored = settings.DATA_DIR / "files"
    for file in run.files:
        assert list(stored.rglob(file["sha256"]))
