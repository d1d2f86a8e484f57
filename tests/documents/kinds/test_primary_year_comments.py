"""Comments that name another pupil, are repeated, or speak against their level."""

from __future__ import annotations

import pytest

from documents.kinds.primary_year import SubjectMark
from documents.kinds.primary_year_checks import ClassContext, check, expected_result

from .sheets import classmate, codes, sheet, sheet_with


def commented(comment, **mark):
    return {"ethics": SubjectMark(level=mark.pop("level", "H"), comment=comment)}


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
