"""Workbooks that are written as their rows come."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from openpyxl import load_workbook

from documents.workbooks import Table, write_workbook


def sheets(*tables):
    with write_workbook(tables) as file:
        return load_workbook(io.BytesIO(file.read()))


def test_each_table_is_a_sheet_whose_header_stays():
    book = sheets(
        Table("Đơn vị", [("Tên", "Số"), ("Mỹ Ngãi", 3)]),
        Table("Lớp", [("Tên",), ("3B",)]),
    )

    assert book.sheetnames == ["Đơn vị", "Lớp"]
    assert list(book["Đơn vị"].values) == [("Tên", "Số"), ("Mỹ Ngãi", 3)]
    assert book["Lớp"].freeze_panes == "A2"
    assert book["Lớp"]["A1"].font.bold


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK("http://evil","x")', "=1+1", "+84", "-2+3", "@SUM(A1)", "\tx", "\rx"],
)
def test_a_name_that_begins_like_a_formula_is_never_one(text):
    cell = sheets(Table("x", [("Tên",), (text,)]))["x"]["A2"]

    assert cell.data_type == "s"
    assert cell.quotePrefix


def test_a_formula_stays_readable_as_the_text_that_it_is():
    text = '=HYPERLINK("http://evil","x")'

    assert sheets(Table("x", [("Tên",), (text,)]))["x"]["A2"].value == text


def test_an_ordinary_name_is_not_marked():
    cell = sheets(Table("x", [("Tên",), ("Mỹ Ngãi",)]))["x"]["A2"]

    assert (cell.data_type, bool(cell.quotePrefix)) == ("s", False)


def test_a_long_table_is_not_held_in_memory():
    rows = ((f"Trường {n}", n, n, n, n, n) for n in range(10_000))
    tracemalloc.start()

    with write_workbook([Table("x", rows)]) as file:
        size = file.seek(0, io.SEEK_END)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # The cells of a whole sheet take some 30 MB.
    assert size > 100_000
    assert most < 8_000_000
