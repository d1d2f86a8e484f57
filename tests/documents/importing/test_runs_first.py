"""The first import of a class: a dry run writes nothing, a confirmed one all of it."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import ledger
from documents.importing.runs import commit_import
from documents.models import ImportRow, Pupil, State
from documents.models.imports import ImportStatus, Outcome

from .books import LIST, class_files, uploads
from .runs import FILES, FIRST, LATER, counts, imported, plan, record_of, written


def test_a_dry_run_says_what_would_be_new_and_writes_no_record(school, registrar):
    run = plan(school, by=registrar)

    assert counts(run) == {"new": 6}
    assert run.status == ImportStatus.PLANNED
    assert run.report["committed"] is False
    assert written() == [0] * 6
    assert [row.outcome for row in run.rows.all()] == [Outcome.NEW] * 6
    assert {f["name"] for f in run.files} == set(FILES)


def test_a_confirmed_import_makes_classes_pupils_enrolments_books_and_drafts(
    school, registrar
):
    run = imported(school, by=registrar)

    assert (run.status, run.committed_at) == (ImportStatus.COMMITTED, LATER)
    assert run.report["committed"] is True
    assert written() == [6, 1, 6, 6, 6, 6]
    record = record_of(FIRST)
    assert (record.state, record.issuer, record.custodian) == (
        State.DRAFT,
        school,
        school,
    )
    assert (record.school_class.name, record.school_class.grade) == ("3B", 3)
    row = ImportRow.objects.get(run=run, pupil_code=FIRST)
    assert (row.pupil, row.record) == (record.book.pupil, record)


def test_a_draft_holds_what_the_files_say_with_the_cell_of_each_value(school):
    imported(school)

    version = record_of(FIRST).current
    content = version.content
    assert content.school.name == "Trường Tiểu học Mỹ Ngãi"
    assert content.school.province == "Tỉnh Đồng Tháp"
    assert content.pupil.code == FIRST
    assert content.subjects["math"].comment
    assert content.completed is True
    assert [stay.class_name for stay in content.history] == ["3B"]
    assert content.history[0].register_number.startswith(FIRST[-4:])
    assert version.lineage["subjects.math.score"]["column"] == "G"
    assert version.lineage["pupil.name"]["file"] == LIST
    assert {line["sha256"] for line in version.lineage.values()} == {
        upload.sha256 for upload in uploads(FILES)
    }


def test_every_new_record_has_one_line_in_its_ledger(school, registrar):
    imported(school, by=registrar)

    entry = record_of(FIRST).ledger.get()
    assert (entry.action, entry.actor, entry.at) == ("import", registrar, LATER)
    assert entry.payload["sha256"] == record_of(FIRST).current.sha256
    assert ledger.first_break([entry]) is None


def test_the_names_of_pupils_are_sorted_as_in_a_class_list(school):
    imported(school)

    names = Pupil.objects.order_by("sort_key").values_list("name", flat=True)
    assert "" not in Pupil.objects.values_list("sort_key", flat=True)
    assert len(names) == 6


def test_the_number_of_queries_does_not_grow_with_the_class(school):
    imported(school, class_files(size=2, name="4B", seed=4))
    asked = {}
    for name, size in (("3B", 6), ("2A", 40)):
        files = class_files(size=size, name=name, seed=size)
        with CaptureQueriesContext(connection) as planning:
            run = plan(school, files)
        with CaptureQueriesContext(connection) as writing:
            commit_import(run_id=run.pk, by=None, at=LATER)
        asked[size] = (len(planning), len(writing))

    assert asked[6] == asked[40]
    assert asked[40][0] <= 16 and asked[40][1] <= 32
