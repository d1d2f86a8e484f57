"""Levels and scores of a year sheet: which must stand, and which fit each other."""

from __future__ import annotations

import pytest

from documents.kinds.primary_year import SubjectMark, TraitMark
from documents.kinds.primary_year_checks import ClassContext, check, expected_result

from .sheets import codes, sheet, sheet_with


def _class(*contents):
    return ClassContext.of(contents)


@pytest.mark.parametrize("mark", [None, SubjectMark(score=7)])
def test_a_required_subject_without_level_blocks(mark):
    content = sheet()
    subjects = {k: v for k, v in content.subjects.items() if k != "math"}
    subjects |= {"math": mark} if mark else {}

    findings = check(content := sheet_with(content, subjects=subjects), _class(content))

    assert [(f.code, f.path) for f in findings] == [
        ("subject_level_missing", "subjects.math.level")
    ]


def test_an_optional_subject_may_be_absent_or_without_level():
    content = sheet(grade=1, subjects={"foreign_language": SubjectMark()})

    assert codes(content) == []


@pytest.mark.parametrize(
    ("group", "code"),
    [("qualities", "kindness"), ("general", "autonomy"), ("specific", "technology")],
)
def test_a_quality_or_competency_without_level_blocks(group, code):
    content = sheet()
    marks = getattr(content, group) | {code: TraitMark()}

    assert codes(sheet_with(content, **{group: marks})) == ["trait_level_missing"]


def test_grades_1_and_2_need_no_technology_competency():
    content = sheet(grade=2)

    assert "technology" not in content.specific
    assert codes(content) == []


def test_a_pupil_not_assessed_needs_no_levels_and_no_result():
    content = sheet_with(
        sheet(),
        assessed=False,
        subjects={},
        qualities={},
        general={},
        specific={},
        result=None,
    )

    assert codes(content) == []
    assert expected_result(content) is None


@pytest.mark.parametrize("score", [0, 11, -1, 7.5, 1e400])
def test_a_score_that_is_not_a_whole_number_from_1_to_10_blocks(score):
    content = sheet(subjects={"math": SubjectMark(level="H", score=score)})

    assert "score_invalid" in codes(content)


@pytest.mark.parametrize("score", [5, 7.0, 10])
def test_a_whole_number_from_1_to_10_is_a_score(score):
    content = sheet(subjects={"math": SubjectMark(level="H", score=score)})

    assert codes(content) == []


def test_a_score_where_there_is_no_test_warns():
    content = sheet(subjects={"ethics": SubjectMark(level="H", score=8)})

    assert codes(content) == ["score_untested"]


def test_a_test_without_score_warns():
    content = sheet(subjects={"math": SubjectMark(level="H")})

    assert codes(content) == ["score_missing"]


def test_the_optional_language_needs_no_score():
    content = sheet(subjects={"ethnic_language": SubjectMark(level="H")})

    assert codes(content) == []


@pytest.mark.parametrize(
    ("level", "score", "code"),
    [
        ("T", 6, ["score_low_for_t"]),
        ("T", 7, []),
        ("H", 4, ["score_low_for_h"]),
        ("H", 5, []),
        ("C", 5, ["score_high_for_c"]),
        ("C", 4, []),
    ],
)
def test_a_score_that_does_not_fit_its_level_warns(level, score, code):
    content = sheet(subjects={"math": SubjectMark(level=level, score=score)})
    content = sheet_with(content, result=expected_result(content))

    assert codes(content) == code
