"""Each check of a year sheet, where it fires and where it stays silent."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.kinds.base import Severity
from documents.kinds.primary_year import (
    PrimaryYear,
    Pupil,
    School,
    SubjectMark,
    TraitMark,
)
from documents.kinds.primary_year_checks import (
    FINDINGS,
    ClassContext,
    check,
    expected_result,
)
from documents.kinds.primary_year_form import tables

RESULTS = [None, "not_completed", "completed", "good", "excellent"]


def sheet(*, grade=3, level="H", score=7, trait="Đ", pupil=None, **changes):
    """A sheet with which nothing is wrong, but for the changes."""
    subjects = {
        subject.code: SubjectMark(
            level=level, score=score if grade in subject.scored else None
        )
        for subject in tables().subjects_of(grade)
        if grade in subject.grades
    }
    content = {
        "school": School(code="my-ngai", name="Trường Tiểu học Mỹ Ngãi"),
        "school_year": "2025-2026",
        "class_name": f"{grade}B",
        "grade": grade,
        "pupil": child(**(pupil or {})),
        "subjects": subjects | changes.pop("subjects", {}),
        "qualities": {i.code: TraitMark(level=trait) for i in tables().qualities},
        "general": {i.code: TraitMark(level=trait) for i in tables().general},
        "specific": {
            i.code: TraitMark(level=trait) for i in tables().specific_of(grade)
        },
        "result": "completed",
    }
    return PrimaryYear.model_validate(content | changes)


def child(**changes):
    pupil = {
        "code": "7000000001",
        "name": "Nguyễn Thị Hoà",
        "gender": 2,
        "birth_date": date(2017, 4, 7),
        "personal_number": "087317000001",
    }
    return Pupil.model_validate(pupil | changes)


def codes(content, *others):
    return [
        finding.code for finding in check(content, ClassContext.of([content, *others]))
    ]


def classmate(number, **pupil):
    return sheet(
        pupil={
            "code": f"800000000{number}",
            "name": f"Trần Văn {'ABCDEGHIK'[number]}",
            "personal_number": f"08721700000{number}",
            "gender": 1,
            **pupil,
        }
    )


def commented(comment, **mark):
    return {"ethics": SubjectMark(level=mark.pop("level", "H"), comment=comment)}


@pytest.mark.parametrize("grade", [1, 2, 3, 4, 5])
def test_a_complete_sheet_has_no_findings(grade):
    assert codes(sheet(grade=grade)) == []


def test_every_sentence_can_be_read_with_its_data():
    content = sheet(
        subjects={"math": SubjectMark(level="T", score=6)}, result="excellent"
    )

    findings = check(content, ClassContext.of([content]))

    assert [finding.text() for finding in findings] == [
        "Toán: score 6 is below 7 beside level T.",
        "The overall result is “Hoàn thành xuất sắc”, by the rules it is "
        "“Hoàn thành”. Correct it or write the reason.",
    ]


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("subject_level_missing", Severity.BLOCK),
        ("score_invalid", Severity.BLOCK),
        ("score_untested", Severity.WARN),
        ("score_low_for_t", Severity.WARN),
        ("score_low_for_h", Severity.WARN),
        ("score_high_for_c", Severity.WARN),
        ("result_not_by_rule", Severity.BLOCK),
        ("award_without_result", Severity.BLOCK),
        ("comment_names_other", Severity.WARN),
        ("comment_repeated", Severity.WARN),
        ("comment_contradicts_level", Severity.WARN),
        ("personal_number_gender", Severity.WARN),
        ("personal_number_birth_year", Severity.WARN),
        ("personal_number_missing", Severity.WARN),
        ("name_needs_repair", Severity.WARN),
        ("pupil_duplicate", Severity.BLOCK),
    ],
)
def test_a_finding_blocks_or_warns_as_the_rules_say(code, severity):
    assert FINDINGS[code][0] is severity


# -- Levels --------------------------------------------------------------------


@pytest.mark.parametrize("mark", [None, SubjectMark(score=7)])
def test_a_required_subject_without_level_blocks(mark):
    content = sheet()
    subjects = {k: v for k, v in content.subjects.items() if k != "math"}
    subjects |= {"math": mark} if mark else {}

    findings = check(content := sheet_with(content, subjects=subjects), _class(content))

    assert [(f.code, f.path) for f in findings] == [
        ("subject_level_missing", "subjects.math.level")
    ]


def sheet_with(content, **changes):
    return PrimaryYear.model_validate({**dict(content), **changes})


def _class(*contents):
    return ClassContext.of(contents)


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


# -- Scores --------------------------------------------------------------------


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


# -- Result and awards ---------------------------------------------------------


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


# -- Comments ------------------------------------------------------------------


@pytest.mark.parametrize(
    "comment",
    [
        "Em Trần Minh Anh tiếp thu bài tốt.",
        "em trần minh anh tiếp thu bài tốt.",
        "Minh Anh tiếp thu bài tốt.",
        "Biết giúp đỡ bạn Anh.",
    ],
)
def test_a_comment_that_names_another_pupil_warns(comment):
    other = classmate(1, name="Trần Minh Anh")

    findings = check(
        content := sheet(subjects=commented(comment)), ClassContext.of([content, other])
    )

    assert [(f.code, f.path, f.params["name"]) for f in findings] == [
        ("comment_names_other", "subjects.ethics.comment", "Trần Minh Anh")
    ]


@pytest.mark.parametrize(
    "comment",
    [
        "Tiếng Anh khá, phát âm minh bạch.",
        "Em minh anh lắm.",
        "Nguyễn Thị Hoà chăm ngoan, Thị Hòa luôn giúp bạn.",
        "Em rất yêu nước Việt Nam.",
        "Em viết chữ Y rất đẹp.",
        "Em thị hoa.",
    ],
)
def test_plain_words_and_the_own_name_are_not_another_pupil(comment):
    others = [
        classmate(1, name="Trần Minh Anh"),
        classmate(2, name="Lê Việt Nam"),
        classmate(3, name="Y"),
        classmate(4, name="Phạm Thị Hoà"),
    ]

    assert codes(sheet(subjects=commented(comment)), *others) == []


def test_the_two_places_of_a_tone_are_one_name():
    content = sheet(
        subjects=commented("Bạn Thuý Hòa giỏi."), pupil={"name": "Lê Văn Nam"}
    )
    other = classmate(1, name="Bùi Thúy Hoà")

    assert "comment_names_other" in codes(content, other)


@pytest.mark.parametrize(("pupils", "code"), [(5, []), (6, ["comment_repeated"])])
def test_one_comment_for_more_than_five_pupils_warns(pupils, code):
    content = sheet(subjects=commented("Chăm ngoan, lễ phép."))
    others = [
        sheet_with(classmate(n), subjects=content.subjects) for n in range(1, pupils)
    ]

    assert codes(content, *others) == code


def test_one_comment_in_many_subjects_does_not_warn():
    comment = "Chăm ngoan, lễ phép."
    subjects = {
        code: SubjectMark(level="H", comment=comment, score=mark.score)
        for code, mark in sheet().subjects.items()
    }

    assert codes(sheet(subjects=subjects)) == []


@pytest.mark.parametrize(
    ("level", "comment", "code"),
    [
        ("T", "Chưa hoàn thành nội dung môn học.", ["comment_contradicts_level"]),
        ("H", "Em chưa hoàn thành.", ["comment_contradicts_level"]),
        ("H", "Chưa hoàn thành tốt phần đọc.", []),
        ("T", "Hoàn thành tốt nội dung môn học.", []),
        ("C", "Hoàn thành tốt nội dung môn học.", ["comment_contradicts_level"]),
        ("C", "Chưa hoàn thành nội dung môn học.", []),
        ("C", "Cần cố gắng để hoàn thành bài.", []),
    ],
)
def test_a_comment_against_its_level_warns(level, comment, code):
    content = sheet(subjects=commented(comment, level=level))
    content = sheet_with(content, result=expected_result(content))

    assert codes(content) == code


# -- The pupil -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("pupil", "code"),
    [
        ({"personal_number": ""}, ["personal_number_missing"]),
        ({"personal_number": "08731700"}, ["personal_number_form"]),
        ({"personal_number": "087217000001"}, ["personal_number_gender"]),
        ({"personal_number": "087316000001"}, ["personal_number_birth_year"]),
        ({"gender": 1, "personal_number": "087217000001"}, []),
        ({"gender": 0, "personal_number": "087217000001"}, []),
        ({"birth_date": None}, []),
        ({"personal_number": "999317000001"}, []),
    ],
)
def test_a_personal_number_that_does_not_fit_warns_and_the_province_never(pupil, code):
    assert codes(sheet(pupil=pupil)) == code


def test_a_name_that_import_would_have_repaired_warns():
    assert codes(sheet(pupil={"name": "Ðỗ An 2"})) == ["name_needs_repair"]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"code": "7000000001"}, ["pupil_duplicate"]),
        ({"personal_number": "087317000001"}, ["pupil_duplicate"]),
        (
            {"name": "Nguyễn Thị Hòa", "personal_number": ""},
            ["pupil_duplicate"],
        ),
        ({"name": "Nguyễn Thị Hoà"}, []),
        ({"name": "Nguyễn Thị Hoà", "birth_date": date(2017, 5, 7)}, []),
        ({}, []),
    ],
)
def test_a_pupil_who_stands_in_the_class_twice_blocks(other, code):
    assert codes(sheet(), classmate(1, **other)) == code


def test_a_letter_that_the_form_cannot_print_blocks():
    content = sheet(pupil={"father": "Nguyễn Văn 😀"})

    found = [f for f in check(content, ClassContext.of([content])) if f.blocks]

    assert [(f.code, f.path) for f in found] == [("text_unprintable", "pupil.father")]
    assert "😀" in found[0].text()
