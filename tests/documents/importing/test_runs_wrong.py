"""Wrong rows keep an import from being written; a wrong year cannot be skipped."""

from __future__ import annotations

import json

import pytest

from documents.importing.errors import PlanHasErrors, PlanIsClosed
from documents.importing.runs import commit_import
from documents.models import ImportRun, Pupil
from documents.models.imports import ImportStatus

from .books import LIST, RESULTS, edited, reworked
from .runs import FILES, FIRST, LATER, codes, counts, imported, plan, written

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
