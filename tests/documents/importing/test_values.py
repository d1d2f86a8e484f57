"""What cells mean: every way in which schools write the same thing."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from documents.importing import values as read
from documents.kinds.primary_year_import import BadValue, NotAssessed, read_value


@pytest.mark.parametrize(
    ("cell", "repairs"),
    [
        ("04/09/2019", []),
        (date(2019, 9, 4), []),
        (datetime(2019, 9, 4, 7, 30), []),
        ("4/9/2019", ["date_format"]),
        ("04-09-2019", ["date_format"]),
        ("04.09.2019", ["date_format"]),
        ("04 / 09 / 2019", ["date_format"]),
        ("04/09/2019 00:00:00", ["date_format"]),
        ("2019-09-04", ["date_format"]),
        (43712, ["serial_date"]),
        (43712.0, ["serial_date"]),
        ("43712", ["serial_date"]),
    ],
)
def test_a_date_is_read_however_it_is_written(cell, repairs):
    assert read.read_date(cell) == (date(2019, 9, 4), repairs)


@pytest.mark.parametrize(
    "cell", ["31/02/2019", "09/13/2019", "04/09/19", "2019", 7, "x"]
)
def test_what_is_no_date_is_refused(cell):
    with pytest.raises(BadValue) as caught:
        read.read_date(cell)

    assert caught.value.code == "date_bad"


@pytest.mark.parametrize("cell", ["01/01/1985", "01/01/2025"])
def test_a_date_of_birth_fits_the_school_year(cell):
    with pytest.raises(BadValue) as caught:
        read.read_birth_date(cell, "2025-2026")

    assert caught.value.code == "birth_date_implausible"


@pytest.mark.parametrize(
    ("cell", "code", "repairs"),
    [
        ("7372427486", "7372427486", []),
        (7372427486, "7372427486", []),
        (7372427486.0, "7372427486", []),
        ("\u00a0737 2427486 ", "7372427486", ["spaces"]),
        ("'7372427486", "7372427486", ["spaces"]),
        ("HS-01/A", "HS-01/A", []),
    ],
)
def test_a_pupil_code_is_text_though_excel_made_a_number_of_it(cell, code, repairs):
    assert read.read_code(cell) == (code, repairs)


@pytest.mark.parametrize("cell", ["<b>", "7372427486" * 4, "Nguyễn", "=1+1"])
def test_what_is_no_code_is_refused(cell):
    with pytest.raises(BadValue) as caught:
        read.read_code(cell)

    assert caught.value.code == "code_bad"


@pytest.mark.parametrize(
    ("cell", "number", "repairs"),
    [
        ("087219383452", "087219383452", []),
        (87219383452, "087219383452", ["leading_zero"]),
        ("087 219 383 452", "087219383452", ["spaces"]),
    ],
)
def test_a_personal_number_has_twelve_digits(cell, number, repairs):
    assert read.read_personal_number(cell) == (number, repairs)


@pytest.mark.parametrize("cell", ["87219383452", "08721938345X", 8721938345, "٠" * 12])
def test_a_personal_number_is_not_guessed(cell):
    with pytest.raises(BadValue) as caught:
        read.read_personal_number(cell)

    assert caught.value.code == "personal_number_bad"


@pytest.mark.parametrize(
    ("cell", "name"),
    [("1A", "1A"), ("L2B", "2B"), ("Lớp 3b", "3B"), ("4/2", "4/2"), ("5", "5")],
)
def test_a_class_has_one_name(cell, name):
    assert read.read_class(cell).value == name


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("6A", "class_not_primary"),
        ("10A1", "class_not_primary"),
        ("Chồi", "class_bad"),
        (date(2026, 2, 1), "class_bad"),
    ],
)
def test_what_is_no_class_of_primary_school_is_refused(cell, code):
    with pytest.raises(BadValue) as caught:
        read.read_class(cell)

    assert caught.value.code == code


@pytest.mark.parametrize(
    ("cell", "gender"), [("Nam", 1), ("nữ", 2), ("NƯ\u0303", 2), (1, 1), ("0", 0)]
)
def test_a_gender_is_a_word_or_the_number_of_exchange(cell, gender):
    assert read.read_gender(cell).value == gender


@pytest.mark.parametrize(
    ("status", "studies"),
    [
        ("Đang học", True),
        ("Chuyển đến", True),
        ("Chuyển đi", False),
        ("Thôi học (bệnh)", False),
        ("Đang bay", None),
    ],
)
def test_a_status_says_whether_a_record_follows(status, studies):
    assert read.is_studying(status) is studies


def test_a_temporary_code_is_the_same_for_the_same_child():
    born = date(2019, 9, 4)

    first = read.temporary_code("my-ngai", "2025-2026", "Trần Thị Ý", born)
    again = read.temporary_code("my-ngai", "2025-2026", "Tra\u0302\u0300n thị ý", born)
    other = read.temporary_code("hoa-thuan", "2025-2026", "Trần Thị Ý", born)

    assert first == again != other
    assert first.startswith("TAM-") and len(first) <= 30


@pytest.mark.parametrize(
    ("path", "cell", "value", "repairs"),
    [
        ("subjects.math.level", "T", "T", []),
        ("subjects.math.level", " h ", "H", ["spaces", "letter_case"]),
        ("subjects.math.level", "Chưa hoàn thành", "C", ["word"]),
        ("qualities.honesty.level", "Đ", "Đ", []),
        ("qualities.honesty.level", "\u00d0", "Đ", ["d_stroke"]),
        ("qualities.honesty.level", "đ", "Đ", ["letter_case"]),
        ("qualities.honesty.level", "Cần cố gắng", "C", ["word"]),
        ("subjects.math.score", 8, 8, []),
        ("subjects.math.score", 8.0, 8, []),
        ("subjects.math.score", "8", 8, []),
        ("subjects.math.score", "8,0", 8, ["number"]),
        ("subjects.math.comment", "Đọc\u00a0to,\nrõ", "Đọc to, rõ", ["spaces"]),
        ("completed", "X", True, []),
        ("completed", "không", False, []),
        ("promoted", "Được lên lớp", True, ["word"]),
        ("result", "HOÀN THÀNH TỐT", "good", []),
        ("height_cm", "120", 120, []),
        ("weight_kg", "23,5", 23.5, []),
    ],
)
def test_a_mark_is_read_however_it_is_written(path, cell, value, repairs):
    assert read_value(path, cell) == (value, repairs)


@pytest.mark.parametrize(
    ("path", "cell", "code"),
    [
        ("subjects.math.level", "Đ", "level_bad"),
        ("qualities.honesty.level", "H", "level_bad"),
        ("qualities.honesty.level", "D", "level_bad"),
        ("subjects.math.score", 0, "score_out_of_range"),
        ("subjects.math.score", 11, "score_out_of_range"),
        ("subjects.math.score", 7.5, "score_not_whole"),
        ("subjects.math.score", "tám", "score_bad"),
        ("subjects.math.score", True, "score_bad"),
        ("subjects.math.score", float("nan"), "score_bad"),
        ("subjects.math.score", date(2026, 8, 1), "value_bad"),
        ("subjects.math.comment", "a" * 401, "text_too_long"),
        ("completed", "chưa rõ", "tick_bad"),
        ("result", "Giỏi", "result_bad"),
        ("height_cm", 1200, "number_bad"),
    ],
)
def test_a_mark_that_does_not_fit_is_refused_with_its_code(path, cell, code):
    with pytest.raises(BadValue) as caught:
        read_value(path, cell)

    assert caught.value.code == code


def test_a_cell_may_say_that_a_pupil_is_not_assessed():
    with pytest.raises(NotAssessed):
        read_value("subjects.math.level", "Không đánh giá")
