"""The invented schools: layouts as the ministry's, the same bytes each time."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from documents.importing.cells import Upload
from documents.importing.layouts import Layout, recognise
from documents.importing.reading import read_one
from documents.importing.runs import commit_import, plan_import
from documents.kinds.primary_year import PrimaryYear
from documents.kinds.primary_year_checks import ClassContext, check
from documents.kinds.primary_year_import import read_value
from documents.models import Version
from documents.samples import (
    MY_NGAI,
    ClassSpec,
    SchoolSpec,
    school_sheets,
    school_workbooks,
)
from documents.samples.specs import Slip
from documents.samples.workbooks import results_header

LIST_HEADER = (
    "STT|Mã lớp|Mã học sinh|Họ tên|Ngày sinh|Giới tính|Trạng thái HS"
    "|Ngày nhập trạng thái|Dân tộc|Quốc tịch|Nơi sinh|Quê quán|Chỗ ở hiện nay"
    "|Họ tên cha|Họ tên mẹ|Người giám hộ|Loại khuyết tật|Số định danh cá nhân"
    "|Số đăng bộ"
)
COMMENTS_HEADER = (
    "STT|Lớp|Mã học sinh|Họ và tên|Ngày sinh|Mức đạt được|Điểm KTĐK|Mã nhận xét"
    "|Nội dung nhận xét|Thời điểm đánh giá"
)
# Columns of the three header rows, "" for an empty cell, as the ministry's files.
CORE = "STT|Mã lớp|Mã học sinh|Họ tên|Ngày sinh|Môn học và hoạt động giáo dục"
END = "Hoàn thành\nchương trình lớp học|Lên lớp|Xếp loại|"
QUALITIES = "Yêu nước|Nhân ái|Chăm chỉ|Trung thực|Trách nhiệm"
GENERAL = "Tự chủ và tự học|Giao tiếp và hợp tác|Giải quyết vấn đề và sáng tạo"
LEVEL, BOTH = "Mức đạt được", "Mức đạt được|Điểm KTĐK"
RESULTS_HEADERS = {
    1: (
        f"{CORE}{'|' * 13}Năng lực cốt lõi{'|' * 8}Phẩm chất chủ yếu{'|' * 5}{END}",
        "|||||Toán||Tiếng việt||Đạo đức|Tự nhiên và xã hội|Ngoại ngữ|Tiếng dân tộc"
        "|TH-CN (Tin học)|Nghệ thuật (Âm nhạc)|Nghệ thuật (Mĩ thuật)"
        "|Hoạt động trải nghiệm|Giáo dục thể chất"
        f"|Năng lực chung|||Năng lực đặc thù|||||{QUALITIES}||||",
        f"|||||{BOTH}|{BOTH}{('|' + LEVEL) * 9}|{GENERAL}"
        f"|Ngôn ngữ|Tính toán|Khoa học|Thẩm mĩ|Thể chất{'|' * 9}",
    ),
    3: (
        f"{CORE}{'|' * 17}Năng lực cốt lõi{'|' * 10}Phẩm chất chủ yếu{'|' * 5}{END}",
        "|||||Toán||Tiếng việt||Đạo đức|Tự nhiên và xã hội|Ngoại ngữ||Tiếng dân tộc"
        "|TH-CN (Tin học)||TH-CN (Công nghệ)||Nghệ thuật (Âm nhạc)"
        "|Nghệ thuật (Mĩ thuật)|Hoạt động trải nghiệm|Giáo dục thể chất"
        f"|Năng lực chung|||Năng lực đặc thù|||||||{QUALITIES}||||",
        f"|||||{BOTH}|{BOTH}|{LEVEL}|{LEVEL}|{BOTH}|{LEVEL}|{BOTH}|{BOTH}"
        f"{('|' + LEVEL) * 4}|{GENERAL}|Ngôn ngữ|Tính toán|Khoa học|Công nghệ"
        f"|Tin học|Thẩm mĩ|Thể chất{'|' * 9}",
    ),
    4: (
        f"{CORE}{'|' * 20}Năng lực cốt lõi{'|' * 10}Phẩm chất chủ yếu{'|' * 5}{END}",
        "|||||Toán||Tiếng việt||Đạo đức|Lịch sử và Địa lí||Khoa học||Ngoại ngữ|"
        "|Tiếng dân tộc|TH-CN (Tin học)||TH-CN (Công nghệ)||Nghệ thuật (Âm nhạc)"
        "|Nghệ thuật (Mĩ thuật)|Hoạt động trải nghiệm|Giáo dục thể chất"
        f"|Năng lực chung|||Năng lực đặc thù|||||||{QUALITIES}||||",
        f"|||||{BOTH}|{BOTH}|{LEVEL}|{BOTH}|{BOTH}|{BOTH}|{LEVEL}|{BOTH}|{BOTH}"
        f"{('|' + LEVEL) * 4}|{GENERAL}|Ngôn ngữ|Tính toán|Khoa học|Công nghệ"
        f"|Tin học|Thẩm mĩ|Thể chất{'|' * 9}",
    ),
}
SUBJECTS_OF_3B = [
    "Toán",
    "Tiếng việt",
    "Đạo đức",
    "Tự nhiên và xã hội",
    "Ngoại ngữ",
    "Tiếng dân tộc",
    "TH-CN (Tin học)",
    "TH-CN (Công nghệ)",
    "Nghệ thuật (Âm nhạc)",
    "Nghệ thuật (Mĩ thuật)",
    "Hoạt động trải nghiệm",
    "Giáo dục thể chất",
]


@pytest.fixture(scope="module")
def books():
    return school_workbooks()


@pytest.fixture(scope="module")
def classes():
    return school_sheets()


def rows(data, sheet=0):
    book = load_workbook(io.BytesIO(data))
    return [list(row) for row in book.worksheets[sheet].iter_rows(values_only=True)]


def joined(row):
    return "|".join("" if cell is None else str(cell) for cell in row)


def tables_of(name, data):
    book = read_one(Upload(name, data))
    return [recognise(sheet) for sheet in book.sheets]


def found(sheets):
    """What the checks say of a class."""
    return [
        (sheet.pupil.name, finding.severity, finding.code)
        for sheet in sheets
        for finding in check(sheet, ClassContext.of(sheets))
    ]


# -- Layouts -------------------------------------------------------------------


def test_there_is_a_list_and_two_files_for_each_class(books):
    assert list(books) == [
        "C1-HocSinh.xlsx",
        "KetQuaHocTap-1A.xlsx",
        "KetQuaHocTap-3B.xlsx",
        "KetQuaHocTap-4B.xlsx",
        "NhanXet-1A.xlsx",
        "NhanXet-3B.xlsx",
        "NhanXet-4B.xlsx",
    ]


def test_the_pupil_list_stands_on_sheet_1_among_catalogues(books):
    list_rows = rows(books["C1-HocSinh.xlsx"])
    names = load_workbook(io.BytesIO(books["C1-HocSinh.xlsx"])).sheetnames

    assert joined(list_rows[0]) == LIST_HEADER
    assert len(list_rows) == 1 + 35 + 38 + 33
    assert names == ["Sheet1", "DM_GioiTinh", "DM_TrangThai", "DM_DanToc"]


@pytest.mark.parametrize(("grade", "name"), [(1, "1A"), (3, "3B"), (4, "4B")])
def test_results_have_three_header_rows(books, grade, name):
    sheet = rows(books[f"KetQuaHocTap-{name}.xlsx"])

    assert tuple(map(joined, sheet[:3])) == RESULTS_HEADERS[grade]
    assert len({len(row) for row in sheet}) == 1


@pytest.mark.parametrize("grade", [1, 2, 3, 4, 5])
def test_the_three_header_rows_are_of_one_width(grade):
    widths = {len(row) for row in results_header(grade)}

    assert widths == {{1: 35, 2: 35, 3: 41}.get(grade, 44)}


def test_comments_have_a_sheet_for_each_subject(books):
    data = books["NhanXet-3B.xlsx"]
    names = load_workbook(io.BytesIO(data)).sheetnames

    assert names == SUBJECTS_OF_3B
    assert joined(rows(data)[0]) == COMMENTS_HEADER
    assert len(rows(data)) == 1 + 38
    assert len(rows(data, SUBJECTS_OF_3B.index("Tiếng dân tộc"))) == 1 + 1


# -- The same each time --------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(books):
    assert school_workbooks() == books
    assert school_workbooks(seed=1) != books


def test_no_clock_is_in_the_bytes(books):
    for data in books.values():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            times = {entry.date_time for entry in archive.infolist()}
            core = archive.read("docProps/core.xml").decode()

        assert times == {(2026, 5, 25, 8, 0, 0)}
        assert core.count("2026-05-25T01:00:00Z") == 2


# -- Pupils --------------------------------------------------------------------


def test_classes_have_their_size_and_pupils_of_note(classes):
    names = {name: [s.pupil.name for s in sheets] for name, sheets in classes.items()}

    assert {name: len(pupils) for name, pupils in names.items()} == {
        "1A": 35,
        "3B": 38,
        "4B": 33,
    }
    assert "Y" in names["1A"]
    assert "Nguyễn Thị Hoà" in names["3B"]
    assert "H'Hen Niê" in names["3B"]
    assert max(map(len, names["1A"])) == 40
    assert all(len(set(pupils)) == len(pupils) for pupils in names.values())


def test_some_pupils_are_not_assessed_or_have_not_completed(classes):
    everybody = [sheet for sheets in classes.values() for sheet in sheets]

    assert [s.pupil.disability for s in everybody if not s.assessed] == [
        "Khuyết tật trí tuệ"
    ]
    assert [s.class_name for s in everybody if "ethnic_language" in s.subjects] == [
        "3B"
    ]
    assert Counter(s.result for s in everybody)["not_completed"] == 2


def test_classes_1a_and_3b_have_warnings_only(classes):
    assert found(classes["1A"]) == [
        ("Trương Gia Bảo", "warn", "score_low_for_t"),
        ("Ngô Mỹ Xuyên", "warn", "personal_number_missing"),
    ]
    assert found(classes["3B"]) == [
        ("Mai Hồng Đào", "warn", "personal_number_missing"),
        ("Cao Trọng Nghĩa", "warn", "comment_names_other"),
    ]


def test_class_4b_has_every_kind_of_problem(classes):
    findings = found(classes["4B"])

    assert [
        (name, code) for name, severity, code in findings if severity == "block"
    ] == [
        ("Tô Ngọc Ánh", "result_not_by_rule"),
        ("Đoàn Chí Công", "subject_level_missing"),
    ]
    assert Counter(code for _, severity, code in findings if severity == "warn") == {
        "comment_repeated": 6,
        "comment_contradicts_level": 1,
        "personal_number_gender": 1,
    }


def test_every_slip_is_what_the_checks_call_it(classes):
    codes = {
        (name, code) for sheets in classes.values() for name, _, code in found(sheets)
    }
    slips = {
        (special.name, str(special.slip))
        for room in MY_NGAI.classes
        for special in room.specials
        if special.slip
    }

    assert {slip for _, slip in slips} == {str(slip) for slip in Slip}
    assert slips <= codes


# -- Schools of any size -------------------------------------------------------


def test_an_ordinary_class_of_any_size_passes_the_checks():
    school = SchoolSpec.numbered(12, [("2A", 45), ("5C", 45)])

    classes = school_sheets(school)

    assert [len(sheets) for sheets in classes.values()] == [45, 45]
    assert [found(sheets) for sheets in classes.values()] == [[], []]


def test_codes_are_unique_in_a_school_and_between_schools():
    rooms = [(f"{grade}{letter}", 40) for grade in range(1, 6) for letter in "ABCD"]
    pupils = [
        sheet.pupil
        for number in (1, 2)
        for sheets in school_sheets(SchoolSpec.numbered(number, rooms)).values()
        for sheet in sheets
    ]

    assert len({pupil.code for pupil in pupils}) == 1600
    assert len({pupil.personal_number for pupil in pupils}) == 1600


def test_a_class_says_its_grade():
    assert ClassSpec("4B", 33).grade == 4


# -- Read back by the import ---------------------------------------------------


@pytest.mark.parametrize("name", ["1A", "3B", "4B"])
def test_the_import_reads_results_and_comments_as_they_were_made(books, classes, name):
    files = (f"KetQuaHocTap-{name}.xlsx", f"NhanXet-{name}.xlsx")
    tables = [table for file in files for table in tables_of(file, books[file])]
    read: dict[tuple[str, str], tuple[Any, list[str]]] = {}
    for table in tables:
        for _, cells in table.pupils():
            code = cells["code"][1]
            for path, (_, cell) in cells.items():
                if "." in path:
                    read[code, path] = read_value(path, cell)

    made: dict[tuple[str, str], tuple[Any, list[str]]] = {
        (sheet.pupil.code, f"{group}.{item}.{leaf}"): (value, [])
        for sheet in classes[name]
        for group in ("subjects", "qualities", "general", "specific")
        for item, mark in getattr(sheet, group).items()
        for leaf, value in dict(mark).items()
        if value not in (None, "")
    }
    assert {table.layout for table in tables} == {Layout.RESULTS, Layout.COMMENTS}
    assert not any(table.unknown for table in tables)
    assert read == made


def test_the_import_reads_the_pupil_list(books, classes):
    first, *others = tables_of("C1-HocSinh.xlsx", books["C1-HocSinh.xlsx"])

    pupils = [cells for _, cells in first.pupils()]
    made = [sheet.pupil for sheets in classes.values() for sheet in sheets]

    assert first.layout is Layout.LIST
    assert {table.layout for table in others} == {Layout.CATALOGUE}
    assert [cells["name"][1] for cells in pupils] == [pupil.name for pupil in made]
    assert len(first.columns) == 19


def test_the_import_makes_drafts_of_all_three_classes_and_finds_the_slips(
    books, classes, school, registrar
):
    files = [Upload(name, data) for name, data in books.items()]
    when = {"by": registrar, "at": datetime(2026, 5, 25, 1, tzinfo=UTC)}

    run = plan_import(files=files, unit=school, school_year="2025-2026", **when)
    commit_import(run_id=run.pk, **when)

    assert (run.report["new"], run.report["errors"]) == (106, [])
    assert run.report["repairs"] == []
    versions = Version.objects.filter(record__issuer=school)
    drafts: dict[str, list[PrimaryYear]] = {name: [] for name in classes}
    for content in (version.content for version in versions):
        drafts[content.class_name].append(content)
    for name, made in classes.items():
        assert sorted(found(drafts[name])) == sorted(found(made))
        results = {draft.pupil.name: draft.result for draft in drafts[name]}
        assert results == {sheet.pupil.name: sheet.result for sheet in made}
