"""The pupil of a year sheet: number, names, letters, and nobody in the class twice."""

from __future__ import annotations

from datetime import date

import pytest

from documents.kinds.primary_year_checks import ClassContext, check

from .sheets import classmate, codes, sheet


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
