from __future__ import annotations

from datetime import date

import pytest

from documents.kinds.printing import long_date, number, short_date


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 1, 5), "ngày 05 tháng 01 năm 2026"),
        (date(2026, 2, 10), "ngày 10 tháng 02 năm 2026"),
        (date(2026, 3, 9), "ngày 09 tháng 3 năm 2026"),
        (date(2026, 12, 31), "ngày 31 tháng 12 năm 2026"),
    ],
)
def test_days_below_ten_and_the_first_two_months_have_a_leading_zero(day, words):
    assert long_date(day) == words


def test_a_date_that_is_not_known_leaves_room_to_write_it():
    assert long_date(None) == "ngày …… tháng …… năm ………"
    assert short_date(None) == ""


def test_a_short_date_is_day_month_year():
    assert short_date(date(2026, 7, 5)) == "05/07/2026"


@pytest.mark.parametrize(
    ("value", "text"), [(9, "9"), (9.0, "9"), (26.5, "26,5"), (0, "0"), (None, "")]
)
def test_a_number_has_a_decimal_comma_and_no_idle_zeros(value, text):
    assert number(value) == text
