"""Files become sheets of cells, whatever program wrote them and whatever their name."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from django.utils import translation

from documents.importing import reading
from documents.importing.cells import Upload, column_letter, shown_name
from documents.importing.errors import FileProblem
from documents.importing.reading import read_all, read_one

from .books import edited, ods, ods_row, reworked, with_part, workbook

ROWS = [["Mã học sinh", "Họ tên"], ["7400000001", "Nguyễn Thị Hoà"]]


def test_a_workbook_is_read_from_its_first_cell_with_values_as_they_are():
    data = workbook(
        {"Một": [[], [None, "chữ", 8, 7.5, True, date(2019, 9, 4)]], "Hai": []}
    )

    book = read_one(Upload("a.xlsx", data))

    assert [sheet.name for sheet in book.sheets] == ["Một", "Hai"]
    assert book.sheets[0].rows == [
        [None] * 6,
        [None, "chữ", 8, 7.5, True, date(2019, 9, 4)],
    ]
    assert book.sheets[1].rows == []


def test_a_time_of_day_is_kept_with_the_date():
    data = workbook({"Một": [[datetime(2019, 9, 4, 13, 30)]]})

    sheet = read_one(Upload("a.xlsx", data)).sheets[0]

    assert sheet.rows == [[datetime(2019, 9, 4, 13, 30)]]


def test_a_formula_is_read_as_the_value_that_was_saved_with_it():
    plain = workbook({"Một": [["Điểm"], [1]]})
    data = with_part(
        plain,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"<v>1</v>", b"<f>3+5</f><v>8</v>"),
    )

    assert read_one(Upload("a.xlsx", data)).sheets[0].rows[1] == [8]


def test_a_formula_that_reaches_outside_does_nothing():
    data = edited(
        workbook({"Một": [["x"]]}), {("Một", "B1"): '=WEBSERVICE("http://x")'}
    )

    assert read_one(Upload("a.xlsx", data)).sheets[0].rows == [["x"]]


def test_a_hidden_sheet_is_marked():
    def hide(page):
        page.sheet_state = "hidden"

    data = reworked(workbook({"Một": ROWS, "Hai": ROWS}), hide, sheet="Hai")

    sheets = read_one(Upload("a.xlsx", data)).sheets

    assert [sheet.hidden for sheet in sheets] == [False, True]


def test_an_opendocument_sheet_is_read():
    data = ods(ods_row("Mã học sinh", "Họ tên") + ods_row("740", "Trần Thị Ý"))

    book = read_one(Upload("a.ods", data))

    assert book.sheets[0].rows == [["Mã học sinh", "Họ tên"], ["740", "Trần Thị Ý"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_text_with_separators_is_read_in_every_usual_encoding(encoding, mark):
    # Windows Vietnamese has the tones as marks of their own.
    name = "Nguyê\u0303n Thi\u0323 Hoa\u0300" if encoding == "cp1258" else "Nguyễn Thị"
    text = f"Ma hoc sinh{mark}Ho ten\r\n7400000001{mark}{name}\r\n"

    sheet = read_one(Upload("a.csv", text.encode(encoding))).sheets[0]

    assert sheet.rows == [["Ma hoc sinh", "Ho ten"], ["7400000001", name]]
    assert sheet.name == "a"


def test_a_separator_inside_quotes_is_part_of_the_cell():
    text = 'Mã;Nhận xét\r\n1;"Đọc to, rõ; viết\nđẹp"\r\n'

    sheet = read_one(Upload("a.csv", text.encode())).sheets[0]

    assert sheet.rows[1] == ["1", "Đọc to, rõ; viết\nđẹp"]


@pytest.mark.parametrize("name", ["KetQua (1).xlsx", "ket qua.XLS", "a", "x.pdf.exe"])
def test_the_name_of_a_file_does_not_matter(name):
    book = read_one(Upload(name, workbook({"Một": ROWS})))

    assert book.sheets[0].rows == ROWS


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("../../etc/passwd.xlsx", "passwd.xlsx"),
        ("C:\\Users\\lan\\Ke\u0302\u0301t.xlsx", "Kết.xlsx"),
        ("a\x00\n\u202eb.xlsx", "ab.xlsx"),
        ("", "?"),
    ],
)
def test_a_shown_name_has_no_folders_and_nothing_invisible(raw, shown):
    assert shown_name(raw) == shown


def test_a_bad_file_does_not_keep_the_others_from_being_read():
    good = workbook({"Một": ROWS})

    books, problems = read_all(
        [Upload("a.xlsx", good), Upload("b.xlsx", b"%PDF-1.7"), Upload("c.xlsx", good)]
    )

    assert [book.file for book in books] == ["a.xlsx", "c.xlsx"]
    assert [(problem.file, problem.code) for problem in problems] == [
        ("b.xlsx", "file_not_a_spreadsheet")
    ]


def test_a_file_that_kills_its_reader_leaves_the_others_readable():
    good = workbook({"Một": ROWS})
    corner = edited(good, {("Một", "XFD1048576"): "x"})

    books, problems = read_all(
        [Upload("a.xlsx", good), Upload("bomb.xlsx", corner), Upload("c.xlsx", good)]
    )

    assert [book.sheets[0].rows for book in books] == [ROWS, ROWS]
    assert [(p.file, p.code) for p in problems] == [
        ("bomb.xlsx", "file_too_large_inside")
    ]


def test_too_many_files_are_refused_at_once(monkeypatch):
    monkeypatch.setattr(reading, "MAX_FILES", 2)

    books, problems = read_all([Upload("a", b"a,b")] * 3)

    assert books == []
    assert problems[0].code == "too_many_files"
    assert problems[0].params == {"count": 3, "limit": 2}


def test_a_problem_says_in_one_sentence_which_file_it_is():
    with pytest.raises(FileProblem) as caught:
        read_one(Upload("Danh sách.xlsx", b""))

    with translation.override("en"):
        assert caught.value.for_user() == "The file “Danh sách.xlsx” is empty."


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_are_named_as_in_excel(index, letters):
    assert column_letter(index) == letters


def test_an_excel_97_workbook_is_read():
    data = Path(__file__).with_name("old.xls").read_bytes()

    rows = read_one(Upload("old.xlsx", data)).sheets[0].rows

    assert rows[1] == ["3B", "7400000001", "Nguyễn Thị Hoà", date(2017, 9, 4), "Nữ"]
    assert rows[2] == ["3B", 7400000002, "H'Hen Niê", "05-09-2017", "Nữ"]
