"""Whom rows mean: pupils unknown, moved, gone, of another school, or past draft."""

from __future__ import annotations

import pytest

from documents.importing.errors import PlanHasErrors
from documents.importing.runs import commit_import
from documents.models import Enrolment, Pupil, Record, State
from documents.models.imports import Outcome

from .books import LIST, RESULTS, class_files, edited, reworked
from .runs import (
    FILES,
    FIRST,
    LATER,
    NOON,
    codes,
    counts,
    imported,
    plan,
    record_of,
    written,
)


def put_into(record, state):
    """A state by the database alone: these tests ask what an import makes of it."""
    locked = NOON if state in (State.LOCKED, State.TRANSFERRED) else None
    Record.objects.filter(pk=record.pk).update(state=state, locked_at=locked)


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
