"""The rows of several files about one pupil, and what they contradict each other in."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from documents.importing.joining import join
from documents.importing.proposals import Joined
from documents.importing.reading import read_all

from .books import (
    COMMENTS,
    LIST,
    RESULTS,
    YEAR,
    class_files,
    edited,
    reworked,
    uploads,
    workbook,
)

# Row 2 of the list and of the comments, row 4 of the results, is the first pupil.
FILES = class_files()


def joined(files: dict[str, bytes]) -> Joined:
    books, problems = read_all(uploads(files))
    assert problems == []
    return join(books, school="my-ngai", school_year=YEAR)


def with_cells(file: str, cells: dict[tuple[str, str], object]) -> Joined:
    return joined(FILES | {file: edited(FILES[file], cells)})


def errors(result: Joined) -> list[tuple[str, str]]:
    return [(note.code, str(note.place)) for note in result.all_errors()]


def test_three_files_make_one_proposal_for_each_pupil():
    result = joined(FILES)

    assert len(result.proposals) == 6
    assert errors(result) == []
    first = next(iter(result.proposals.values()))
    assert first.values["subjects.math.level"].place.file == RESULTS
    assert first.values["subjects.math.comment"].place.file == COMMENTS
    assert first.personal["address"].place.file == LIST


def test_the_order_of_the_files_makes_no_difference():
    there = joined(FILES)
    back = joined(dict(reversed(FILES.items())))

    assert there.proposals == back.proposals


def test_the_lineage_of_a_value_is_its_file_sheet_row_and_column():
    first = next(iter(joined(FILES).proposals.values()))

    lineage = first.values["subjects.math.score"].lineage()

    assert lineage == {
        "file": RESULTS,
        "sha256": uploads(FILES)[1].sha256,
        "sheet": "Sheet1",
        "row": 4,
        "column": "G",
    }


def test_a_level_that_differs_between_two_files_names_both_cells():
    level = next(iter(joined(FILES).proposals.values())).values["subjects.math.level"]
    other = "H" if level.value == "T" else "T"

    result = with_cells(COMMENTS, {("Toán", "F2"): other})

    (note,) = result.all_errors()
    assert note.code == "values_conflict"
    assert str(note.place) == f"{COMMENTS} · Toán · F2"
    assert f"{RESULTS} · Sheet1 · F4" in note.as_json()["message"]
    assert "Toán · Mức đạt được" in note.as_json()["message"]


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("D4", "Lê Văn Khác", "name_conflict"),
        ("E4", "01/02/2017", "birth_date_conflict"),
        ("B4", "3A", "class_conflict"),
    ],
)
def test_a_row_that_is_of_somebody_else_is_an_error(cell, value, code):
    result = with_cells(RESULTS, {("Sheet1", cell): value})

    assert errors(result) == [(code, f"{RESULTS} · Sheet1 · {cell}")]


def test_a_name_that_is_only_spelled_otherwise_is_a_warning_and_the_list_rules():
    files = FILES | {
        LIST: edited(FILES[LIST], {("Sheet1", "D2"): "Nguyễn Thị Hòa"}),
        RESULTS: edited(FILES[RESULTS], {("Sheet1", "D4"): "Nguyễn Thị Hoà"}),
    }
    files.pop(COMMENTS)

    result = joined(files)

    assert [note.code for note in result.warnings] == ["name_spelling"]
    assert next(iter(result.proposals.values())).name == "Nguyễn Thị Hòa"
    assert errors(result) == []


def test_repairs_are_listed_with_what_stood_there_and_what_was_taken():
    decomposed = unicodedata.normalize("NFD", "Nguyễn Thị Hoà")
    rows: list[list[object]] = [
        ["Mã lớp", "Mã học sinh", "Họ tên", "Ngày sinh", "Giới tính"],
        ["3B", "7400000001", decomposed, 43000, "Nữ"],
        ["3B", "7400000002", "\u00d0ỗ  Văn\u00a0An1", "1-2-2017", "Nam"],
    ]

    result = joined({LIST: workbook({"Sheet1": rows})})

    found = [(r.code, r.place.row, r.place.column, r.after) for r in result.repairs]
    assert found == [
        ("nfc", 2, "C", "Nguyễn Thị Hoà"),
        ("serial_date", 2, "D", "22/09/2017"),
        ("d_stroke", 3, "C", "Đỗ Văn An"),
        ("digits", 3, "C", "Đỗ Văn An"),
        ("spaces", 3, "C", "Đỗ Văn An"),
        ("date_format", 3, "D", "01/02/2017"),
    ]
    assert result.repairs[0].before == decomposed


def test_a_pupil_of_grade_1_without_a_code_gets_a_temporary_one_in_all_files():
    files = class_files(size=2, name="1A")
    results = "KetQuaHocTap-1A.xlsx"
    files = {
        LIST: edited(files[LIST], {("Sheet1", "C2"): None}),
        results: edited(files[results], {("Sheet1", "C4"): None}),
    }

    result = joined(files)

    temporary = [p for p in result.proposals.values() if p.is_temporary]
    assert len(temporary) == 1 and len(result.proposals) == 2
    assert temporary[0].code.startswith("TAM-")
    assert "subjects.math.level" in temporary[0].values
    assert [note.code for note in result.warnings] == ["code_temporary"]


def test_a_pupil_of_a_later_grade_without_a_code_is_an_error():
    result = with_cells(LIST, {("Sheet1", "C2"): None})

    assert errors(result)[0] == ("code_missing", f"{LIST} · Sheet1 · D2")


@pytest.mark.parametrize(
    ("file", "cells", "expected"),
    [
        (LIST, {("Sheet1", "E2"): "31/02/2017"}, [("date_bad", "E2")]),
        (LIST, {("Sheet1", "G2"): "Đang bay"}, [("status_unknown", "G2")]),
        (LIST, {("Sheet1", "R2"): "12345"}, [("personal_number_bad", "R2")]),
        (RESULTS, {("Sheet1", "G4"): 7.5}, [("score_not_whole", "G4")]),
        (RESULTS, {("Sheet1", "G4"): 11}, [("score_out_of_range", "G4")]),
        (RESULTS, {("Sheet1", "J4"): "Đ"}, [("level_bad", "J4")]),
        (RESULTS, {("Sheet1", "C4"): "7499999999"}, [("not_in_list", "C4")]),
    ],
)
def test_a_wrong_cell_is_named_by_file_sheet_row_and_column(file, cells, expected):
    files = FILES | {file: edited(FILES[file], cells)}
    files.pop(COMMENTS)

    result = joined(files)

    where = [(code, f"{file} · Sheet1 · {cell}") for code, cell in expected]
    assert errors(result) == where


def test_a_pupil_who_stands_twice_in_a_sheet_is_an_error_with_both_rows():
    def repeat(page):
        page.append([cell.value for cell in page[2]])

    result = joined(FILES | {LIST: reworked(FILES[LIST], repeat)})

    (note,) = result.all_errors()
    assert (note.code, note.place.row, note.params["first"]) == ("pupil_twice", 8, 2)


def test_two_pupils_with_one_personal_number_are_an_error():
    number = next(iter(joined(FILES).proposals.values())).personal["personal_number"]

    result = with_cells(LIST, {("Sheet1", "R3"): number.value})

    assert errors(result) == [("personal_number_twice", f"{LIST} · Sheet1 · R3")]


def test_a_pupil_who_left_is_not_studying_and_reported():
    result = with_cells(
        LIST, {("Sheet1", "G2"): "Chuyển đi", ("Sheet1", "H2"): "02/03/2026"}
    )

    first = next(iter(result.proposals.values()))
    assert not first.is_studying
    assert first.personal["entered_on"].value == date(2026, 3, 2)
    assert [note.code for note in result.warnings] == ["pupil_left"]


def test_a_pupil_without_results_is_a_warning():
    def drop(page):
        page.delete_rows(4)

    files = {LIST: FILES[LIST], RESULTS: reworked(FILES[RESULTS], drop)}

    assert [note.code for note in joined(files).warnings] == ["no_results"]


def test_the_same_file_twice_is_read_once():
    result = joined({**FILES, "C1-HocSinh (1).xlsx": FILES[LIST]})

    assert [note.code for note in result.warnings] == ["file_twice"]
    assert errors(result) == []


def test_a_column_of_results_that_is_not_known_is_reported_not_lost():
    result = with_cells(
        RESULTS, {("Sheet1", "AO1"): "Tiếng Nga", ("Sheet1", "AO4"): "T"}
    )

    (note,) = result.warnings
    assert (note.code, note.place.column) == ("column_unknown", "AO")


def test_a_pupil_not_assessed_has_no_results_and_no_error():
    files = {LIST: FILES[LIST]} | {
        RESULTS: edited(
            FILES[RESULTS], {("Sheet1", "F4"): "KĐG", ("Sheet1", "AN4"): "KĐG"}
        )
    }

    first = next(iter(joined(files).proposals.values()))

    assert first.not_assessed is not None
    assert "subjects.math.level" not in first.values
    assert first.errors == []


HEADER = ["Mã lớp", "Mã học sinh", "Họ tên", "Ngày sinh"]
HOA = ["3B", "7400000001", "Nguyễn Thị Hoà", "04/09/2017"]


@pytest.mark.parametrize(
    ("name", "rows", "code"),
    [
        ("Trang 1", [[*HEADER, "Nhận xét"], [*HOA, "Tốt."]], "subject_unknown"),
        ("S", [[*HEADER, "Toán", "Toán"], [*HOA, "T", "T"]], "column_twice"),
        ("S", [[*HEADER, "Giới tính"]], "no_pupils"),
        ("S", [[*HEADER], HOA], "nothing_recognised"),
    ],
)
def test_a_sheet_that_is_wrong_as_a_whole_cannot_be_skipped(name, rows, code):
    result = joined({"a.xlsx": workbook({name: rows})})

    note = result.errors[0]
    assert note.code == code
    assert note.is_fatal
    assert note.as_json()["message"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["3B", "7400000001", None, "04/09/2017", "Nữ"], "name_missing"),
        (["3B", "7400000001", "123", "04/09/2017", "Nữ"], "name_bad"),
        ([None, "7400000001", "Hoà", "04/09/2017", "Nữ"], "class_missing"),
        (["6A", "7400000001", "Hoà", "04/09/2017", "Nữ"], "class_not_primary"),
        (["3B", "7400000001", "Hoà", "04/09/2017", "Không"], "gender_bad"),
        (["3B", "Hoà Hoà", "Hoà", "04/09/2017", "Nữ"], "code_bad"),
    ],
)
def test_a_row_that_is_wrong_can_be_skipped(row, code):
    other: list[object] = ["3B", "7400000009", "Trần Thị Ý", "05/09/2017", "Nữ"]
    rows: list[list[object]] = [[*HEADER, "Giới tính"], other, row]

    result = joined({"a.xlsx": workbook({"S": rows})})

    (note,) = result.all_errors()
    assert (note.code, note.place.row, note.is_fatal) == (code, 3, False)
    assert note.as_json()["message"]


def test_a_pupil_without_a_date_of_birth_is_a_warning():
    rows: list[list[object]] = [[*HEADER, "Giới tính"], [*HOA[:3], None, "Nữ"]]

    result = joined({"a.xlsx": workbook({"S": rows})})

    assert [note.code for note in result.warnings] == ["birth_date_missing"]
    assert errors(result) == []
