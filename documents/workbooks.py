"""Workbooks of several sheets, written as their rows come: memory stays small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from tempfile import SpooledTemporaryFile
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Cell = str | int | float | None
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST = 60
# Widths are written before the rows: so many of them are looked at.
MEASURED = 200
IN_MEMORY = 2**20
# What spreadsheets read as the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Table:
    """One sheet; its first row is the header and stays on the screen."""

    title: str
    rows: Iterable[Sequence[Cell]]


def plain(text: str) -> str:
    """The text for a CSV, where nothing but a sign before it says: no formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def write_workbook(tables: Iterable[Table]) -> IO[bytes]:
    """The finished file, at its beginning; the caller closes it.

    A text that begins like a formula stays a text, also when its cell is edited:
    whoever opens the file must not run what somebody typed as a name.
    """
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.title[:31])
        sheet.freeze_panes = "A2"
        for number, row in enumerate(_measured(sheet, table.rows)):
            sheet.append([_cell(sheet, value, is_head=number == 0) for value in row])
    # Returned open.
    target = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    book.save(target)
    target.seek(0)
    return target


def _measured(
    sheet: WriteOnlyWorksheet, rows: Iterable[Sequence[Cell]]
) -> Iterator[Sequence[Cell]]:
    """The same rows, once the columns are as wide as the first of them need."""
    every = iter(rows)
    first = list(islice(every, MEASURED))
    widths: dict[int, int] = {}
    for row in first:
        for column, value in enumerate(row, start=1):
            widths[column] = max(widths.get(column, 0), len(str(value or "")))
    for column, width in widths.items():
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = min(width, WIDEST) + 2
    return chain(first, every)


def _cell(sheet: WriteOnlyWorksheet, value: Cell, *, is_head: bool) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA)
    if is_head:
        cell.font = Font(bold=True)
    return cell
