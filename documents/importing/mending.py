"""Cells of a dry run that a person set right: the files stay as they came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from .cells import Cell, Sheet, Workbook, column_letter
from .plans import Plan

LONGEST = 2000


@dataclass(frozen=True)
class Mend:
    """``value`` stands in that cell instead; ``row`` counts from 1, as in Excel.

    ``by`` is the key of the person, None for the operator.
    """

    sha256: str
    sheet: str
    row: int
    column: str
    value: str
    by: int | None = None

    @property
    def cell(self) -> tuple[str, str, int, str]:
        return self.sha256, self.sheet, self.row, self.column

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def together(earlier: Iterable[Mend], later: Iterable[Mend]) -> list[Mend]:
    """One for each cell: the later one counts."""
    return list({mend.cell: mend for mend in (*earlier, *later)}.values())


def mended(books: Sequence[Workbook], mends: Iterable[Mend]) -> list[Workbook]:
    """The workbooks as if those cells had been written so; unknown ones say nothing."""
    by_sheet: dict[tuple[str, str], list[Mend]] = {}
    for mend in mends:
        by_sheet.setdefault((mend.sha256, mend.sheet), []).append(mend)
    if not by_sheet:
        return list(books)
    return [
        replace(
            book,
            sheets=[
                _mended(sheet, by_sheet.get((sheet.sha256, sheet.name), ()))
                for sheet in book.sheets
            ],
        )
        for book in books
    ]


def sign_lineage(plan: Plan, mends: Iterable[Mend]) -> None:
    """Say in the lineage of each value whether somebody mended its cell, and who."""
    people = {mend.cell: mend.by for mend in mends}
    for row in plan.rows if people else ():
        for source in row.lineage.values():
            keys = ("sha256", "sheet", "row", "column")
            cell = tuple(source.get(key) for key in keys)
            if cell in people:
                source["mended_by"] = people[cell]


def _mended(sheet: Sheet, mends: Iterable[Mend]) -> Sheet:
    values = {(mend.row, mend.column): mend.value for mend in mends}
    if not values:
        return sheet
    rows: list[list[Cell]] = [
        [
            values.get((number, column_letter(index)), cell)
            for index, cell in enumerate(cells)
        ]
        for number, cells in enumerate(sheet.rows, 1)
    ]
    return replace(sheet, rows=rows)
