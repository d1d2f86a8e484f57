"""Workbooks for tests: a small invented class, and ways to spoil its files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook

from documents.importing.cells import Upload
from documents.samples import ClassSpec, SchoolSpec, school_workbooks

YEAR = "2025-2026"
LIST, RESULTS, COMMENTS = "C1-HocSinh.xlsx", "KetQuaHocTap-3B.xlsx", "NhanXet-3B.xlsx"
LIST_HEADER = ("STT", "Mã lớp", "Mã học sinh", "Họ tên", "Ngày sinh", "Giới tính")


def class_files(
    size: int = 6, name: str = "3B", year: str = YEAR, seed: int = 1
) -> dict[str, bytes]:
    """The three workbooks of one class, by file name."""
    spec = SchoolSpec(
        code="my-ngai",
        number=37242,
        name="Trường Tiểu học Mỹ Ngãi",
        commune="Phường Mỹ Ngãi",
        classes=(ClassSpec(name, size),),
        school_year=year,
    )
    return school_workbooks(spec, seed)


def uploads(files: Mapping[str, bytes]) -> list[Upload]:
    return [Upload(name, data) for name, data in files.items()]


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook of these rows."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(list(row))
    return saved(book)


def edited(data: bytes, cells: Mapping[tuple[str, str], Any]) -> bytes:
    """The same workbook with these cells, ``(sheet, "D5")``, changed."""
    book = load_workbook(io.BytesIO(data))
    for (sheet, cell), value in cells.items():
        book[sheet][cell] = value
    return saved(book)


def reworked(
    data: bytes, change: Callable[[Any], None], sheet: str = "Sheet1"
) -> bytes:
    """The same workbook after ``change`` of one sheet."""
    book = load_workbook(io.BytesIO(data))
    change(book[sheet])
    return saved(book)


def with_part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same zip with the bytes of one part changed."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.namelist():
            content = source.read(part)
            target.writestr(part, change(content) if part == name else content)
    return output.getvalue()


def saved(book: Workbook) -> bytes:
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def ods(rows: str) -> bytes:
    """An OpenDocument spreadsheet with this XML between the tags of its table."""
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:'
        'office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="Sheet1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        target.writestr("content.xml", content)
        target.writestr("META-INF/manifest.xml", "<manifest/>")
    return output.getvalue()


def ods_row(*texts: str) -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p>'
        "</table:table-cell>"
        for text in texts
    )
    return f"<table:table-row>{cells}</table:table-row>"
