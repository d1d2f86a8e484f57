from __future__ import annotations

import io

from openpyxl import load_workbook

from documents.tables import workbook


def test_a_table_comes_back_as_it_was_written():
    data = workbook("Báo cáo", [("Trường", "Số"), ("Mỹ Ngãi", 3)])

    sheet = load_workbook(io.BytesIO(data)).active

    assert sheet.title == "Báo cáo"
    assert [tuple(row) for row in sheet.values] == [("Trường", "Số"), ("Mỹ Ngãi", 3)]
    assert sheet.freeze_panes == "A2"


def test_a_name_that_looks_like_a_formula_stays_a_text():
    data = workbook("x", [("Tên",), ('=HYPERLINK("http://evil","x")',)])

    cell = load_workbook(io.BytesIO(data)).active["A2"]

    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("http://evil","x")')
