"""The overall result of a year follows from its marks, and awards from the result."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.kinds.primary_year import SubjectMark, TraitMark
from documents.kinds.primary_year_checks import expected_result
from documents.kinds.primary_year_form import tables

from .sheets import codes, sheet, sheet_with

RESULTS = [None, "not_completed", "completed", "good", "excellent"]


@pytest.mark.parametrize(
    ("level", "trait", "score", "result"),
    [
        ("T", "T", 9, "excellent"),
        ("T", "T", 8, "good"),
        ("T", "T", 7, "good"),
        ("T", "T", 6, "completed"),
        ("H", "T", 9, "completed"),
        ("T", "Đ", 9, "completed"),
        ("H", "Đ", 5, "completed"),
        ("H", "Đ", 4, "not_completed"),
        ("C", "Đ", 5, "not_completed"),
        ("T", "C", 10, "not_completed"),
    ],
)
def test_the_overall_result_follows_article_9(level, trait, score, result):
    assert expected_result(sheet(level=level, trait=trait, score=score)) == result


def test_one_subject_that_is_not_good_decides_the_result():
    content = sheet(
        level="T", trait="T", score=10, subjects={"music": SubjectMark(level="H")}
    )

    assert expected_result(content) == "completed"


def test_there_is_no_expected_result_while_a_level_is_missing():
    content = sheet(subjects={"music": SubjectMark()})

    assert expected_result(content) is None


def test_a_score_where_there_is_no_test_does_not_change_the_result():
    content = sheet(
        level="T",
        trait="T",
        score=10,
        subjects={"music": SubjectMark(level="T", score=1)},
    )

    assert expected_result(content) == "excellent"


@given(
    levels=st.lists(st.sampled_from("CHT"), min_size=11, max_size=11),
    traits=st.lists(st.sampled_from("CĐT"), min_size=15, max_size=15),
    scores=st.lists(st.integers(1, 10), min_size=5, max_size=5),
    which=st.integers(0, 10),
)
@settings(max_examples=60, deadline=None)
def test_a_better_mark_never_makes_a_worse_result(levels, traits, scores, which):
    def result_of(levels, scores):
        content = sheet()
        marks, tests = {}, iter(scores)
        for (code, mark), level in zip(content.subjects.items(), levels, strict=True):
            score = next(tests) if mark.score else None
            marks[code] = SubjectMark(level=level, score=score)
        given = iter(traits)
        groups = {
            group: {
                code: TraitMark(level=next(given)) for code in getattr(content, group)
            }
            for group in ("qualities", "general", "specific")
        }
        return RESULTS.index(
            expected_result(sheet_with(content, subjects=marks, **groups))
        )

    better_levels = [*levels[:which], "T", *levels[which + 1 :]]
    better_scores = [min(10, score + 1) for score in scores]

    assert result_of(better_levels, better_scores) >= result_of(levels, scores)


def test_a_missing_overall_result_blocks():
    assert codes(sheet(result=None)) == ["result_missing"]


def test_a_result_that_does_not_follow_blocks_unless_a_reason_is_written():
    content = sheet(result="good")

    assert codes(content) == ["result_not_by_rule"]
    assert codes(sheet_with(content, result_reason="  ")) == ["result_not_by_rule"]
    assert codes(sheet_with(content, result_reason="Quyết định 12/QĐ")) == [
        "result_by_reason"
    ]


@pytest.mark.parametrize(
    ("award", "score", "code"),
    [
        ("Học sinh Xuất sắc", 7, ["award_without_result"]),
        ("học sinh xuất sắc.", 7, ["award_without_result"]),
        ("Học sinh Xuất sắc", 9, []),
        (tables().awards[1].label, 7, []),
        (tables().awards[1].label, 9, ["award_without_result"]),
        ("Giải Nhất hội thi Vẽ tranh", 7, []),
    ],
)
def test_an_award_without_its_result_blocks(award, score, code):
    content = sheet(level="T", trait="T", score=score, awards=(award,))
    content = sheet_with(content, result=expected_result(content))

    assert codes(content) == code
