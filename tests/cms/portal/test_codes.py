from __future__ import annotations

import pytest
from django.utils.translation import override

from cms.portal.codes import in_fours, read_code
from cms.portal.sentences import advice_on_code

CODE = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.upper(),
        f"  {in_fours(CODE)}\n",
        "01234567-89ab-cdef-0123-456789abcdef",
        "01234567–89ab–cdef–0123–456789abcdef",
        "{01234567-89AB-CDEF-0123-456789ABCDEF}",
        "urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
        f"https://hocba.example/verify/{CODE}",
        f"https://hocba.example/verify/{CODE}/?from=paper",
        "".join(chr(ord(sign) + 0xFEE0) for sign in CODE),  # an IME for Chinese
    ],
)
def test_a_code_is_read_however_it_was_typed(typed):
    reading = read_code(typed)

    assert reading.code == CODE


@pytest.mark.parametrize("typed", ["", "   ", "1234", CODE + "0", CODE[:-1] + "x"])
def test_what_is_no_code_is_not_taken_for_one(typed):
    reading = read_code(typed)

    assert reading.code == ""


def test_letters_that_look_like_digits_are_named_with_what_was_meant():
    reading = read_code("O123456789abcdefO123456789abcdeF")

    assert [(sign.position, sign.suggestion) for sign in reading.wrong] == [
        (1, "0"),
        (17, "0"),
    ]
    assert reading.meant == CODE


def test_a_letter_without_a_likeness_leads_to_no_guess():
    reading = read_code("w" + CODE[1:])

    assert [sign.suggestion for sign in reading.wrong] == [""]
    assert reading.meant == ""


def test_the_advice_counts_what_is_missing_and_what_is_too_much():
    short, long = read_code(CODE[:-2]), read_code(CODE + "abc")

    with override("en"):
        advice = advice_on_code(short)[0], advice_on_code(long)[0]

    assert advice == (
        "There are 30 characters; 2 are missing.",
        "There are 35 characters; 3 are too many.",
    )


def test_a_long_text_is_cut_before_it_is_read():
    reading = read_code("x" * 100_000)

    assert reading.length <= 400
    assert len(advice_on_code(reading)) <= 8
