"""The three layouts that schools export, written byte for byte the same each time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from openpyxl import Workbook

from ..kinds.primary_year import PrimaryYear, TraitMark
from ..kinds.primary_year_form import Subject, tables
from .sheets import SEED, school_sheets
from .specs import MY_NGAI, SchoolSpec

Cell = str | int | float | None
Row = Sequence[Cell]

LIST_HEADER = (
    "STT",
    "Mã lớp",
    "Mã học sinh",
    "Họ tên",
    "Ngày sinh",
    "Giới tính",
    "Trạng thái HS",
    "Ngày nhập trạng thái",
    "Dân tộc",
    "Quốc tịch",
    "Nơi sinh",
    "Quê quán",
    "Chỗ ở hiện nay",
    "Họ tên cha",
    "Họ tên mẹ",
    "Người giám hộ",
    "Loại khuyết tật",
    "Số định danh cá nhân",
    "Số đăng bộ",
)
COMMENTS_HEADER = (
    "STT",
    "Lớp",
    "Mã học sinh",
    "Họ và tên",
    "Ngày sinh",
    "Mức đạt được",
    "Điểm KTĐK",
    "Mã nhận xét",
    "Nội dung nhận xét",
    "Thời điểm đánh giá",
)
IDENTITY_HEADER = ("STT", "Mã lớp", "Mã học sinh", "Họ tên", "Ngày sinh")
# The ministry's files end with a column of empty cells, which are there all the same.
CLOSING_HEADER = ("Hoàn thành\nchương trình lớp học", "Lên lớp", "Xếp loại", "")
# In the order of the ministry's files, by the names that stand there.
FILE_SUBJECTS = {
    "math": "Toán",
    "vietnamese": "Tiếng việt",
    "ethics": "Đạo đức",
    "nature_society": "Tự nhiên và xã hội",
    "history_geography": "Lịch sử và Địa lí",
    "science": "Khoa học",
    "foreign_language": "Ngoại ngữ",
    "ethnic_language": "Tiếng dân tộc",
    "informatics": "TH-CN (Tin học)",
    "technology": "TH-CN (Công nghệ)",
    "music": "Nghệ thuật (Âm nhạc)",
    "art": "Nghệ thuật (Mĩ thuật)",
    "experience": "Hoạt động trải nghiệm",
    "physical": "Giáo dục thể chất",
}
CATALOGUES = {
    "DM_GioiTinh": (("Mã", "Giới tính"), ("0", "Không rõ"), ("1", "Nam"), ("2", "Nữ")),
    "DM_TrangThai": (
        ("Mã", "Trạng thái"),
        ("1", "Đang học"),
        ("2", "Chuyển đến"),
        ("3", "Chuyển đi"),
        ("4", "Thôi học"),
    ),
    "DM_DanToc": (
        ("Mã", "Dân tộc"),
        ("01", "Kinh"),
        ("05", "Khmer"),
        ("07", "Hmông"),
        ("11", "Ê-đê"),
        ("55", "Người nước ngoài"),
    ),
}
GENDERS = {0: None, 1: "Nam", 2: "Nữ"}
NOT_ASSESSED = "Không đánh giá"


def school_workbooks(
    school: SchoolSpec = MY_NGAI, seed: int = SEED
) -> dict[str, bytes]:
    """File name → workbook: the pupil list, and results and comments of each class.

    The same school and seed give the same bytes.
    """
    classes = school_sheets(school, seed)
    everybody = [sheet for sheets in classes.values() for sheet in sheets]
    books = {"C1-HocSinh.xlsx": list_workbook(everybody)}
    for name, sheets in classes.items():
        books[f"KetQuaHocTap-{name}.xlsx"] = results_workbook(sheets)
    for name, sheets in classes.items():
        books[f"NhanXet-{name}.xlsx"] = comments_workbook(sheets)
    return books


# -- Pupil list --------------------------------------------------------------------


def list_workbook(sheets: Iterable[PrimaryYear]) -> bytes:
    rows = [_list_row(number, sheet) for number, sheet in enumerate(sheets, 1)]
    return _workbook({"Sheet1": [LIST_HEADER, *rows], **CATALOGUES})


def _list_row(number: int, sheet: PrimaryYear) -> Row:
    pupil, began = sheet.pupil, int(sheet.school_year[:4])
    return (
        number,
        sheet.class_name,
        pupil.code,
        pupil.name,
        _day(pupil.birth_date),
        GENDERS[pupil.gender],
        "Đang học",
        f"05/09/{began}",
        pupil.ethnicity,
        pupil.nationality,
        pupil.birth_place,
        pupil.home_town,
        pupil.address,
        pupil.father,
        pupil.mother,
        pupil.guardian or None,
        pupil.disability or None,
        pupil.personal_number or None,
        f"{pupil.code[-4:]}/{began + 1 - sheet.grade}",
    )


# -- Results -----------------------------------------------------------------------


def results_workbook(sheets: Sequence[PrimaryYear]) -> bytes:
    grade = sheets[0].grade
    rows = [_result_row(number, sheet) for number, sheet in enumerate(sheets, 1)]
    return _workbook({"Sheet1": [*results_header(grade), *rows]})


def results_header(grade: int) -> tuple[Row, Row, Row]:
    """The three header rows: groups, subjects and traits, what stands in a column."""
    top: list[Cell] = [*IDENTITY_HEADER]
    middle: list[Cell] = [None] * len(top)
    last: list[Cell] = [None] * len(top)
    for subject in _columns(grade):
        leaves = ["Mức đạt được", *["Điểm KTĐK"] * _has_score(subject, grade)]
        middle += _spread(FILE_SUBJECTS[subject.code], leaves)
        last += leaves
    top += _spread("Môn học và hoạt động giáo dục", middle[len(top) :])
    general = [item.label for item in tables().general]
    specific = [item.label for item in tables().specific_of(grade)]
    qualities = [item.label for item in tables().qualities]
    top += _spread("Năng lực cốt lõi", general + specific)
    top += _spread("Phẩm chất chủ yếu", qualities)
    middle += _spread("Năng lực chung", general)
    middle += _spread("Năng lực đặc thù", specific)
    middle += qualities
    last += [*general, *specific, *[None] * len(qualities)]
    blank = [None, None, None, ""]
    return (*top, *CLOSING_HEADER), (*middle, *blank), (*last, *blank)


def _spread(group: str, columns: Sequence[object]) -> list[Cell]:
    """The text of a group above the first of its columns."""
    return [group, *[None] * (len(columns) - 1)]


def _columns(grade: int) -> list[Subject]:
    """The ministry's files have the optional subjects, and Tin học in every grade."""
    by_code = {subject.code: subject for subject in tables().subjects}
    return [
        by_code[code]
        for code in FILE_SUBJECTS
        if grade in (*by_code[code].grades, *by_code[code].optional)
        or code == "informatics"
    ]


def _has_score(subject: Subject, grade: int) -> bool:
    return grade in subject.scored and grade in subject.grades


def _result_row(number: int, sheet: PrimaryYear) -> Row:
    row: list[Cell] = [*_identity(number, sheet)]
    for subject in _columns(sheet.grade):
        mark = sheet.subjects.get(subject.code)
        row.append(mark.level if mark else None)
        if _has_score(subject, sheet.grade):
            row.append(mark.score if mark else None)
    traits: list[TraitMark] = [
        *(sheet.general[item.code] for item in tables().general),
        *(sheet.specific[item.code] for item in tables().specific_of(sheet.grade)),
        *(sheet.qualities[item.code] for item in tables().qualities),
    ]
    row += [mark.level for mark in traits]
    row += ["x" if done else None for done in (sheet.completed, sheet.promoted)]
    return (*row, _result(sheet), "")


def _result(sheet: PrimaryYear) -> str | None:
    if not sheet.assessed:
        return NOT_ASSESSED
    labels = {item.code: item.label for item in tables().results}
    return labels[sheet.result] if sheet.result else None


# -- Comments ----------------------------------------------------------------------


def comments_workbook(sheets: Sequence[PrimaryYear]) -> bytes:
    """One sheet for each subject that has marks, with the pupils who take it."""
    pages: dict[str, list[Row]] = {}
    for code, label in FILE_SUBJECTS.items():
        takers = [sheet for sheet in sheets if code in sheet.subjects]
        if takers:
            rows = [_comment_row(n, sheet, code) for n, sheet in enumerate(takers, 1)]
            pages[label] = [COMMENTS_HEADER, *rows]
    return _workbook(pages)


def _comment_row(number: int, sheet: PrimaryYear, subject: str) -> Row:
    mark, who = sheet.subjects[subject], _identity(number, sheet)
    return *who, mark.level, mark.score, None, mark.comment or None, "Cuối năm"


def _identity(number: int, sheet: PrimaryYear) -> Row:
    pupil = sheet.pupil
    born = _day(pupil.birth_date)
    return number, sheet.class_name, pupil.code, pupil.name, born


def _day(value: date | None) -> str | None:
    return f"{value:%d/%m/%Y}" if value else None


# -- Bytes -------------------------------------------------------------------------


def _workbook(pages: Mapping[str, Sequence[Row]]) -> bytes:
    book = Workbook(write_only=True)
    for title, rows in pages.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    output = io.BytesIO()
    book.save(output)
    return _timeless(output.getvalue())


# What openpyxl takes from the clock: two dates in the properties, one in each entry.
_NOW = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_THEN = b"2026-05-25T01:00:00Z"
_ENTRY_TIME = (2026, 5, 25, 8, 0, 0)


def _timeless(workbook: bytes) -> bytes:
    """The same workbook with fixed times, so that equal content is equal bytes."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as source,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "docProps/core.xml":
                data = _NOW.sub(_THEN, data)
            fixed = zipfile.ZipInfo(entry.filename, _ENTRY_TIME)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(fixed, data)
    return output.getvalue()
