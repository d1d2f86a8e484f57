"""Sheets are recognised by the text of their headings, wherever that stands."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from documents.importing.cells import Sheet, Upload
from documents.importing.layouts import Layout, Table, recognise
from documents.importing.reading import read_one

from .books import COMMENTS, LIST, RESULTS, class_files, reworked

WHO = ["STT", "Mã lớp", "Mã học sinh", "Họ tên", "Ngày sinh"]
PUPIL = [1, "3B", "7400000001", "Nguyễn Thị Hoà", "04/09/2017"]


def sheet(*rows: list[Any], name: str = "Sheet1", hidden: bool = False) -> Sheet:
    width = max(map(len, rows))
    filled = [row + [None] * (width - len(row)) for row in rows]
    return Sheet("a.xlsx", "0" * 64, name, filled, hidden)


def filled(table: Table) -> dict[str, Any]:
    """Field → cell of the first pupil."""
    _row, cells = next(table.pupils())
    return {name: cell for name, (_column, cell) in cells.items()}


def test_the_three_layouts_of_a_school_are_told_apart():
    files = class_files()
    layouts = {
        name: {recognise(s).layout for s in read_one(Upload(name, data)).sheets}
        for name, data in files.items()
    }

    assert layouts == {
        LIST: {Layout.LIST, Layout.CATALOGUE},
        RESULTS: {Layout.RESULTS},
        COMMENTS: {Layout.COMMENTS},
    }


def test_the_order_of_the_columns_does_not_matter():
    header, pupil = [*WHO, "Giới tính", "Dân tộc"], [*PUPIL, "Nữ", "Kinh"]

    there = recognise(sheet(header, pupil))
    back = recognise(sheet(header[::-1], pupil[::-1]))

    assert filled(there) == filled(back)
    assert back.layout == Layout.LIST


@pytest.mark.parametrize(
    "heading",
    [
        "MÃ HỌC SINH",
        "Mã\nhọc  sinh",
        "Mã\u00a0học sinh",
        unicodedata.normalize("NFD", "Mã học sinh"),
        " Mã học sinh (*) ",
        "Mã HS",
    ],
)
def test_a_heading_is_known_however_it_is_typed(heading):
    header = ["STT", "Lớp", heading, "Ho\u0323 va\u0300 te\u0302n", "Giới tính"]

    table = recognise(sheet(header, [1, "3B", "7400000001", "Trần Thị Ý", "Nữ"]))

    assert table.columns == {
        0: "ordinal",
        1: "class",
        2: "code",
        3: "name",
        4: "gender",
    }


def test_titles_above_the_headings_are_read_for_year_and_class():
    table = recognise(
        sheet(
            ["TRƯỜNG TIỂU HỌC MỸ NGÃI"],
            ["DANH SÁCH LỚP 3B – NĂM HỌC 2025 - 2026"],
            [],
            ["STT", "Mã học sinh", "Họ tên", "Giới tính"],
            [1, "7400000001", "Nguyễn Thị Hoà", "Nữ"],
        )
    )

    assert (table.school_year, table.class_name) == ("2025-2026", "3B")
    assert table.first_row == 4


def test_merged_groups_spread_over_their_columns_and_no_further():
    table = recognise(
        sheet(
            [
                *WHO,
                "Môn học và hoạt động giáo dục",
                None,
                None,
                "Phẩm chất",
                None,
                "Mới",
            ],
            [*[None] * 5, "Toán", None, "Đạo đức", "Yêu nước", "Nhân ái", None],
            [
                *[None] * 5,
                "Mức đạt được",
                "Điểm KTĐK",
                "Mức đạt được",
                None,
                None,
                None,
            ],
            [*PUPIL, "T", 9, "H", "T", "Đ", None],
        )
    )

    assert list(table.columns.values())[5:] == [
        "subjects.math.level",
        "subjects.math.score",
        "subjects.ethics.level",
        "qualities.patriotism.level",
        "qualities.kindness.level",
    ]
    assert table.unknown == {10: "moi"}


def test_headings_that_stand_in_the_last_row_below_the_groups_are_found():
    table = recognise(
        sheet(
            [*[None] * 5, "Toán", None, "Tiếng Việt", None],
            [*WHO, "Mức đạt được", "Điểm KTĐK", "Mức đạt được", "Điểm KTĐK"],
            [f"({number})" for number in range(1, 10)],
            [*PUPIL, "T", 9, "H", 7],
        )
    )

    assert filled(table)["subjects.math.score"] == 9
    assert filled(table)["subjects.vietnamese.level"] == "H"
    assert table.first_row == 3


def test_one_row_of_flattened_headings_is_enough():
    table = recognise(
        sheet(
            [*WHO, "Toán - Mức đạt được", "Toán (Điểm KTĐK)", "Yêu nước"],
            [*PUPIL, "T", 9, "Đ"],
        )
    )

    assert table.layout == Layout.RESULTS
    assert list(filled(table))[5:] == [
        "subjects.math.level",
        "subjects.math.score",
        "qualities.patriotism.level",
    ]


def test_a_name_of_both_a_subject_and_a_competency_is_told_by_its_group():
    table = recognise(
        sheet(
            [*WHO, "Môn học", "Năng lực đặc thù"],
            [*[None] * 5, "Khoa học", "Khoa học"],
            [*PUPIL, "H", "Đ"],
        )
    )

    assert list(table.columns.values())[5:] == [
        "subjects.science.level",
        "specific.science.level",
    ]


def test_hidden_columns_are_read_like_the_others():
    def hide(page):
        for column in "BDH":
            page.column_dimensions[column].hidden = True

    data = class_files()[RESULTS]
    seen = recognise(read_one(Upload(RESULTS, data)).sheets[0])

    hidden = recognise(read_one(Upload(RESULTS, reworked(data, hide))).sheets[0])

    assert hidden.columns == seen.columns


def test_a_column_that_says_the_same_as_another_is_named():
    table = recognise(sheet([*WHO, "Toán", "Toán"], [*PUPIL, "T", "H"]))

    assert table.twice == [(5, 6)]


def test_totals_and_signatures_below_the_table_are_no_pupils():
    table = recognise(
        sheet(
            [*WHO, "Toán"],
            [*PUPIL, "T"],
            [2, "3B", None, "Trần Thị Ý", "05/09/2017", "H"],
            [],
            [None, None, None, "Tổng số: 2 học sinh"],
            [None, None, None, None, "Cao Lãnh, ngày 25 tháng 5 năm 2026"],
            [None, None, None, "Trần Thị Mai"],
        )
    )

    assert [row for row, _cells in table.pupils()] == [1, 2]


@pytest.mark.parametrize(
    ("name", "title"),
    [("Toán", []), ("TOÁN ", []), ("Trang 1", ["Môn: Toán"])],
)
def test_the_subject_of_comments_is_the_name_of_the_sheet_or_its_title(name, title):
    table = recognise(
        sheet(title, [*WHO, "Nội dung nhận xét"], [*PUPIL, "Chăm."], name=name)
    )

    assert table.layout == Layout.COMMENTS
    assert filled(table)["subjects.math.comment"] == "Chăm."


def test_a_sheet_name_that_excel_cut_at_31_characters_is_completed():
    name = "Tin học và Công nghệ (Công nghệ)"[:31]

    table = recognise(sheet([*WHO, "Nhận xét"], [*PUPIL, "Khéo tay."], name=name))

    assert filled(table)["subjects.technology.comment"] == "Khéo tay."


@pytest.mark.parametrize(
    ("rows", "hidden", "layout"),
    [
        ([["Mã", "Dân tộc"], ["01", "Kinh"]], False, Layout.CATALOGUE),
        ([[*WHO], PUPIL], False, Layout.UNKNOWN),
        ([[*WHO, "Giới tính"], [*PUPIL, "Nữ"]], True, Layout.HIDDEN),
        ([[*WHO, "Nhận xét"], [*PUPIL, "Tốt."]], False, Layout.NAMELESS),
    ],
)
def test_what_is_not_read_is_known_for_what_it_is(rows, hidden, layout):
    assert recognise(sheet(*rows, hidden=hidden)).layout == layout
