"""The dry run and its confirmation: what is written, what is refused, what is left."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from documents import ledger
from documents.importing.errors import (
    NotAllowedToImport,
    PlanHasErrors,
    PlanIsClosed,
    PlanIsStale,
    SchoolYearIsWrong,
    UnitIsNoSchool,
)
from documents.importing.joining import join
from documents.importing.reading import read_all
from documents.importing.runs import commit_import, discard_import, plan_import
from documents.models import (
    Book,
    Enrolment,
    ImportRow,
    ImportRun,
    Pupil,
    Record,
    SchoolClass,
    State,
    Version,
)
from documents.models.imports import ImportStatus, Outcome
from documents.versions import Draft, add_version
from tests import factories

from .books import COMMENTS, LIST, RESULTS, YEAR, class_files, edited, reworked, uploads

NOON = datetime(2026, 5, 28, 5, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
FILES = class_files()
COUNTS = ("new", "changed", "unchanged", "moved", "missing", "wrong", "left_alone")


def plan(school, files=FILES, by=None, year=YEAR):
    return plan_import(
        files=uploads(files), unit=school, school_year=year, by=by, at=NOON
    )


def imported(school, files=FILES, by=None, **how):
    run = plan(school, files, by)
    return commit_import(run_id=run.pk, by=by, at=LATER, **how)


def counts(run) -> dict[str, int]:
    """The outcomes that are not 0."""
    return {name: run.report[name] for name in COUNTS if run.report[name]}


def codes(run, kind="errors") -> list[str]:
    return [item["code"] for item in run.report[kind]]


def put_into(record, state):
    """A state by the database alone: these tests ask what an import makes of it."""
    locked = NOON if state in (State.LOCKED, State.TRANSFERRED) else None
    Record.objects.filter(pk=record.pk).update(state=state, locked_at=locked)


def record_of(code):
    return Record.objects.select_related("current").get(book__pupil__code=code)


def written():
    return [
        model.objects.count()
        for model in (Pupil, SchoolClass, Enrolment, Book, Record, Version)
    ]


def first_code() -> str:
    books, _problems = read_all(uploads(FILES))
    return next(iter(join(books, school="my-ngai", school_year=YEAR).proposals))


FIRST = first_code()


# -- Dry run ---------------------------------------------------------------------------


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


def test_the_same_files_again_change_nothing(school):
    imported(school)
    before = (written(), Version.objects.count())

    again = imported(school)

    assert counts(again) == {"unchanged": 6}
    assert (written(), Version.objects.count()) == before


def test_files_in_another_order_and_under_other_names_change_nothing(school):
    imported(school)

    renamed = {f"x ({name}) (1)": data for name, data in reversed(FILES.items())}

    assert counts(plan(school, renamed)) == {"unchanged": 6}


def test_a_change_is_shown_field_by_field_and_makes_one_version(school):
    imported(school)
    files = {
        LIST: edited(FILES[LIST], {("Sheet1", "M2"): "Ấp 1, xã Mới"}),
        COMMENTS: edited(FILES[COMMENTS], {("Toán", "I2"): "Tính nhanh hơn trước."}),
    }
    old = record_of(FIRST).current.content

    run = imported(school, files)

    assert counts(run) == {"changed": 1, "unchanged": 5}
    row = run.rows.get(outcome=Outcome.CHANGED)
    assert row.detail["changes"] == [
        {
            "path": "pupil.address",
            "label": "Nơi ở hiện nay",
            "old": old.pupil.address,
            "new": "Ấp 1, xã Mới",
        },
        {
            "path": "subjects.math.comment",
            "label": "Toán · Nhận xét",
            "old": old.subjects["math"].comment,
            "new": "Tính nhanh hơn trước.",
        },
    ]
    version = record_of(FIRST).current
    assert version.number == 2
    # What this import did not bring keeps the cell that it came from.
    assert version.lineage["subjects.math.level"]["file"] == RESULTS or (
        version.lineage["subjects.math.level"]["file"] == COMMENTS
    )
    assert version.lineage["result"]["file"] == RESULTS
    assert Pupil.objects.get(code=FIRST).address == "Ấp 1, xã Mới"


def test_what_a_teacher_wrote_and_no_file_says_is_kept(school, registrar):
    imported(school)
    record = record_of(FIRST)
    content = record.current.content
    honesty = content.qualities["honesty"].model_copy(update={"comment": "Thật thà."})
    edit = content.model_copy(
        update={"qualities": content.qualities | {"honesty": honesty}}
    )
    add_version(Draft(record, edit), by=registrar, at=NOON)

    assert counts(plan(school)) == {"unchanged": 6}


def test_comments_alone_are_joined_to_the_drafts_that_stand(school):
    imported(school, {LIST: FILES[LIST], RESULTS: FILES[RESULTS]})

    run = imported(school, {COMMENTS: FILES[COMMENTS]})

    assert counts(run) == {"changed": 6}
    assert record_of(FIRST).current.content.subjects["math"].comment
    assert record_of(FIRST).current.content.result is not None


def test_results_of_pupils_nobody_knows_are_wrong(school):
    run = plan(school, {RESULTS: FILES[RESULTS]})

    assert counts(run) == {"wrong": 6}
    assert set(codes(run)) == {"pupil_unknown"}


def test_results_under_the_code_of_somebody_else_are_wrong(school):
    imported(school)
    files = {
        RESULTS: edited(
            FILES[RESULTS],
            {("Sheet1", "D4"): "Lê Văn Khác", ("Sheet1", "E4"): "01/02/2017"},
        )
    }

    run = plan(school, files)

    assert codes(run) == ["name_conflict", "birth_date_conflict"]
    assert counts(run) == {"unchanged": 5, "wrong": 1}


def test_a_pupil_in_another_class_is_moved(school):
    imported(school)
    cells = {("Sheet1", "B2"): "3A"}

    run = imported(school, {LIST: edited(FILES[LIST], cells)})

    assert counts(run) == {"moved": 1, "unchanged": 5}
    row = run.rows.get(outcome=Outcome.MOVED)
    assert (row.detail["from_class"], row.class_name) == ("3B", "3A")
    record = record_of(FIRST)
    assert record.school_class.name == "3A"
    assert record.current.content.class_name == "3A"
    assert [s.class_name for s in record.current.content.history] == ["3A"]
    assert Enrolment.objects.get(pupil__code=FIRST).school_class.name == "3A"


def test_a_pupil_of_the_class_whom_the_files_do_not_name_is_missing(school):
    imported(school)
    before = written()
    files = {LIST: reworked(FILES[LIST], lambda page: page.delete_rows(2))}

    run = imported(school, files)

    assert counts(run) == {"unchanged": 5, "missing": 1}
    assert run.rows.get(outcome=Outcome.MISSING).pupil_code == FIRST
    assert codes(run, "warnings") == ["pupil_missing"]
    assert written() == before


def test_a_pupil_who_left_before_the_import_is_not_drafted(school):
    files = {LIST: edited(FILES[LIST], {("Sheet1", "G2"): "Thôi học"})}

    run = imported(school, files)

    assert counts(run) == {"new": 5, "left_alone": 1}
    assert not Pupil.objects.filter(code=FIRST).exists()


def test_a_pupil_who_leaves_later_keeps_the_draft_and_the_enrolment_says_so(school):
    imported(school)
    cells = {("Sheet1", "G2"): "Chuyển đi", ("Sheet1", "H2"): "02/03/2026"}

    run = imported(school, {LIST: edited(FILES[LIST], cells)})

    assert counts(run) == {"changed": 1, "unchanged": 5}
    enrolment = Enrolment.objects.get(pupil__code=FIRST)
    assert enrolment.status == "Chuyển đi"
    assert f"{enrolment.left_on:%d/%m/%Y}" == "02/03/2026"
    assert record_of(FIRST).current.number == 1
    assert counts(imported(school, {LIST: edited(FILES[LIST], cells)})) == {
        "unchanged": 5,
        "left_alone": 1,
    }


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.REVIEWED, "record_not_draft"),
        (State.SIGNED, "record_not_draft"),
        (State.LOCKED, "record_locked"),
        (State.TRANSFERRED, "record_locked"),
    ],
)
def test_a_record_past_draft_is_reported_and_left_alone(school, state, code):
    imported(school)
    put_into(record_of(FIRST), state)
    cells = {("Sheet1", "M2"): "Nơi khác", ("Sheet1", "B2"): "3A"}

    run = imported(school, {LIST: edited(FILES[LIST], cells)})

    assert counts(run) == {"unchanged": 5, "left_alone": 1}
    (note,) = run.report["warnings"]
    assert (note["code"], note["row"]) == (code, 2)
    record = record_of(FIRST)
    assert (record.state, record.current.number) == (state, 1)
    assert record.school_class.name == "3B"
    assert Pupil.objects.get(code=FIRST).address != "Nơi khác"


def test_a_pupil_who_was_handed_over_is_left_alone_by_both_schools(
    school, other_school
):
    imported(school)
    put_into(record_of(FIRST), State.TRANSFERRED)
    Record.objects.filter(book__pupil__code=FIRST).update(custodian=other_school)
    alone = {LIST: reworked(FILES[LIST], lambda page: page.delete_rows(3, 5))}

    there, here = plan(school), plan(other_school, alone)

    assert counts(there) == {"unchanged": 5, "left_alone": 1}
    assert counts(here) == {"left_alone": 1}
    assert codes(there, "warnings") == codes(here, "warnings") == ["record_locked"]


def test_a_pupil_of_another_school_is_not_taken(school, other_school):
    imported(other_school)
    before = written()

    run = plan(school)

    assert counts(run) == {"wrong": 6}
    assert set(codes(run)) == {"pupil_elsewhere"}
    with pytest.raises(PlanHasErrors):
        commit_import(run_id=run.pk, by=None, at=LATER)
    assert written() == before


def test_a_code_that_comes_later_is_given_to_the_pupil_with_the_temporary_one(school):
    complete = class_files(size=2, name="1A")[LIST]
    imported(school, {LIST: edited(complete, {("Sheet1", "C2"): None})})
    temporary = Pupil.objects.get(code_is_temporary=True)

    run = imported(school, {LIST: complete})

    assert counts(run) == {"changed": 1, "unchanged": 1}
    assert codes(run, "warnings") == ["code_assigned"]
    pupil = Pupil.objects.get(pk=temporary.pk)
    assert (pupil.code_is_temporary, pupil.code.startswith("TAM-")) == (False, False)
    assert record_of(pupil.code).current.content.pupil.code == pupil.code
    assert Pupil.objects.count() == 2


def test_a_personal_number_that_another_pupil_has_is_a_warning(school):
    imported(school)
    number = Pupil.objects.get(code=FIRST).personal_number
    others = class_files(name="2A", seed=5)

    run = plan(school, {LIST: edited(others[LIST], {("Sheet1", "R2"): number})})

    assert counts(run) == {"new": 6}
    assert codes(run, "warnings") == ["personal_number_known"]


# -- Wrong rows ------------------------------------------------------------------------


WRONG = FILES | {RESULTS: edited(FILES[RESULTS], {("Sheet1", "G4"): 11})}


def test_one_wrong_row_keeps_everything_from_being_written(school):
    run = plan(school, WRONG)

    with pytest.raises(PlanHasErrors) as caught:
        commit_import(run_id=run.pk, by=None, at=LATER)

    assert caught.value.count == 1
    assert codes(run) == ["score_out_of_range"]
    assert written() == [0] * 6
    run.refresh_from_db()
    assert run.status == ImportStatus.PLANNED


def test_skipping_the_wrong_leaves_out_that_pupil_only(school):
    run = imported(school, WRONG, skip_wrong=True)

    assert counts(run) == {"new": 5, "wrong": 1}
    assert written() == [5, 1, 5, 5, 5, 5]
    assert not Pupil.objects.filter(code=FIRST).exists()


@pytest.mark.parametrize("year", ["2026-2027", "2024-2025"])
def test_the_class_of_another_year_is_one_clear_error_and_cannot_be_skipped(
    school, year
):
    run = plan(school, year=year)

    assert codes(run) == ["other_year_class"]
    assert "3B" in run.report["errors"][0]["message"]
    assert run.status == ImportStatus.DISCARDED
    with pytest.raises(PlanIsClosed):
        commit_import(run_id=run.pk, by=None, at=LATER, skip_wrong=True)
    assert written() == [0] * 6


def test_pupils_who_are_in_a_higher_grade_by_now_show_last_years_file(school):
    imported(school)

    # The same children, written up as the second grade that they were in.
    def second_grade(page):
        for row in range(2, 8):
            page.cell(row, 2).value = "2B"

    old = reworked(FILES[LIST], second_grade)

    run = plan(school, {LIST: old})

    assert codes(run) == ["other_year_class"]
    assert run.status == ImportStatus.DISCARDED


def test_a_title_of_another_year_is_one_error_for_the_file(school):
    def title(page):
        page.insert_rows(1)
        page["A1"] = "DANH SÁCH HỌC SINH NĂM HỌC 2024 - 2025"

    run = plan(school, FILES | {LIST: reworked(FILES[LIST], title)})

    assert codes(run) == ["other_school_year"]
    assert run.report["errors"][0]["file"] == LIST
    assert written() == [0] * 6


# -- Confirmation ----------------------------------------------------------------------


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


# -- Who may ---------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["head", "officer", "inspector"])
def test_only_registrars_and_class_teachers_import(school, units, role):
    unit = school if role == "head" else units["dong-thap"]
    user = factories.make_user("u", role, unit)

    with pytest.raises(NotAllowedToImport):
        plan(school, by=user)

    assert not ImportRun.objects.exists()


def test_the_registrar_of_another_school_does_not_import(school, registrar2, registrar):
    run = plan(school, by=registrar)

    with pytest.raises(NotAllowedToImport):
        plan(school, by=registrar2)
    with pytest.raises(NotAllowedToImport):
        commit_import(run_id=run.pk, by=registrar2, at=LATER)

    assert written() == [0] * 6


def test_a_class_teacher_imports_the_own_class_and_no_other(school, teacher):
    assert counts(plan(school, by=teacher)) == {"new": 6}

    with pytest.raises(NotAllowedToImport):
        plan(school, class_files(name="4B"), by=teacher)


@pytest.mark.parametrize("year", ["2025", "2025-2027", "2025/2026", ""])
def test_a_school_year_that_is_none_is_refused(school, year):
    with pytest.raises(SchoolYearIsWrong):
        plan(school, year=year)


def test_only_a_school_imports(units):
    with pytest.raises(UnitIsNoSchool):
        plan(units["dong-thap"])


# -- Size ------------------------------------------------------------------------------


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


def test_a_report_can_be_stored_and_read_back(school):
    run = plan(school, WRONG)

    stored = ImportRun.objects.get(pk=run.pk).report

    assert stored == json.loads(json.dumps(run.report))
    assert stored["errors"][0].keys() >= {
        "file",
        "sheet",
        "row",
        "column",
        "code",
        "message",
    }
