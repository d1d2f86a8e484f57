"""What a sheet is, by the text of its headings and never by their position.

Extra title rows, another order, hidden columns, merged group cells, line breaks and
decomposed letters make no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from ..kinds import primary_year_import as kind
from ..text import fold
from .cells import Cell, Sheet, is_blank

HEADER_WITHIN = 40
MAX_HEADER_ROWS = 6
MAX_GROUP_ROWS = 3

# Folded heading → field. The first list is what every layout has.
IDENTITY = {
    "stt": "ordinal",
    "tt": "ordinal",
    "so tt": "ordinal",
    "ma lop": "class",
    "lop": "class",
    "lop hoc": "class",
    "ten lop": "class",
    "ma hoc sinh": "code",
    "ma hs": "code",
    "ma so hoc sinh": "code",
    "ma dinh danh hoc sinh": "code",
    "ma hoc sinh(*)": "code",
    "ho ten": "name",
    "ho va ten": "name",
    "ho ten hoc sinh": "name",
    "ho va ten hoc sinh": "name",
    "ten hoc sinh": "name",
    "ngay sinh": "birth_date",
    "ngay thang nam sinh": "birth_date",
    "ngay,thang,nam sinh": "birth_date",
}
PERSONAL = {
    "gioi tinh": "gender",
    "trang thai hs": "status",
    "trang thai hoc sinh": "status",
    "trang thai": "status",
    "ngay nhap trang thai": "entered_on",
    "ngay nhap hoc": "entered_on",
    "ngay nhap hoc/chuyen den": "entered_on",
    "dan toc": "ethnicity",
    "quoc tich": "nationality",
    "noi sinh": "birth_place",
    "que quan": "home_town",
    "cho o hien nay": "address",
    "noi o hien nay": "address",
    "dia chi": "address",
    "ho ten cha": "father",
    "ho va ten cha": "father",
    "ho ten me": "mother",
    "ho va ten me": "mother",
    "nguoi giam ho": "guardian",
    "ho ten nguoi giam ho": "guardian",
    "loai khuyet tat": "disability",
    "khuyet tat": "disability",
    "so dinh danh ca nhan": "personal_number",
    "so dinh danh": "personal_number",
    "ma dinh danh ca nhan": "personal_number",
    "so cccd": "personal_number",
    "so dinh danh ca nhan/cccd": "personal_number",
    "so dang bo": "register_number",
}
# Known, and of no use for a record.
UNUSED = frozenset(
    {"ma nhan xet", "thoi diem danh gia", "ghi chu", "ky hoc", "hoc ky", "nam hoc"}
)

_NUMBERING = re.compile(r"\(?(?:\d+|[a-z])\)?")
_YEAR = re.compile(r"(?<!\d)(20\d\d)\s*[-–—/]\s*(20\d\d)(?!\d)")
_TITLE_CLASS = re.compile(
    r"(?:^|\W)l[oớ]p\s*:?\s*(\d{1,2}\s?[A-Za-zĐđ]?\d{0,2})\b", re.I
)


class Layout(StrEnum):
    LIST = "list"
    RESULTS = "results"
    COMMENTS = "comments"
    CATALOGUE = "catalogue"
    UNKNOWN = "unknown"
    NAMELESS = "comments without a subject"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Table:
    """A recognised sheet: which column fills what, and where the pupils begin.

    ``columns`` maps a column to an identity or personal field or, for results and
    comments, to a path in the content.
    """

    sheet: Sheet
    layout: Layout
    columns: dict[int, str] = field(default_factory=dict)
    first_row: int = 0
    school_year: str = ""
    class_name: str = ""
    unknown: dict[int, str] = field(default_factory=dict)
    twice: list[tuple[int, int]] = field(default_factory=list)

    def pupils(self) -> Iterator[tuple[int, dict[str, tuple[int, Cell]]]]:
        """Each row of a pupil: its index, and field → (column, cell), blanks left out.

        A row of a pupil has a code, or a name beside a number or a date of birth;
        totals and the signatures below the table have not.
        """
        for index in range(self.first_row, len(self.sheet.rows)):
            row = self.sheet.rows[index]
            cells = {
                name: (column, row[column])
                for column, name in self.columns.items()
                if not is_blank(row[column])
            }
            if _is_pupil(cells):
                yield index, cells


def recognise(sheet: Sheet) -> Table:
    """Say what the sheet is."""
    if (at := _header_row(sheet)) is None:
        return Table(sheet, Layout.CATALOGUE)
    if sheet.hidden:
        return Table(sheet, Layout.HIDDEN)
    top, first = _header_block(sheet, at)
    headings = _headings(sheet.rows[top:first])
    columns = {c: known for c, path in headings.items() if (known := _field_of(path))}
    layout, meaning = _layout(sheet, top, headings, set(columns.values()))
    columns |= {c: path for c, path in meaning.items() if c not in columns}
    return Table(
        sheet=sheet,
        layout=layout,
        columns=_first_of_each(columns),
        first_row=first,
        school_year=_title(sheet, top, _YEAR, "-"),
        class_name=_title(sheet, top, _TITLE_CLASS, ""),
        unknown={
            c: " · ".join(path)
            for c, path in headings.items()
            if c not in columns and path[-1] not in UNUSED and layout != Layout.LIST
        },
        twice=_twice(columns),
    )


def _layout(
    sheet: Sheet, top: int, headings: dict[int, tuple[str, ...]], known: set[str]
) -> tuple[Layout, dict[int, str]]:
    """The layout, and column → path for what is more than identity."""
    leaves = {
        c: kind.leaf_of(path[-1]) for c, path in headings.items() if len(path) == 1
    }
    if kind.COMMENT in leaves.values():
        prefix = kind.subject_of(sheet.name) or _titled_subject(sheet, top)
        if prefix is None:
            return Layout.NAMELESS, {}
        filled = {c: f"{prefix}.{leaf}" for c, leaf in leaves.items() if leaf}
        return Layout.COMMENTS, filled
    paths = {c: path for c, h in headings.items() if (path := kind.path_of(h))}
    if paths:
        return Layout.RESULTS, paths
    if known & set(PERSONAL.values()):
        return Layout.LIST, {}
    return Layout.UNKNOWN, {}


def _header_row(sheet: Sheet) -> int | None:
    """The first row that names the pupil, and the code or date of birth beside."""
    for index, row in enumerate(sheet.rows[:HEADER_WITHIN]):
        names = {IDENTITY.get(fold(cell)) for cell in row if isinstance(cell, str)}
        if "name" in names and names & {"code", "birth_date"}:
            return index
    return None


def _header_block(sheet: Sheet, at: int) -> tuple[int, int]:
    """The first header row (groups may stand above) and the first row below it all."""
    top = at
    while top > max(0, at - MAX_GROUP_ROWS) and _names_groups(sheet.rows[top - 1]):
        top -= 1
    by_field = {
        IDENTITY.get(fold(cell)): column
        for column, cell in enumerate(sheet.rows[at])
        if isinstance(cell, str)
    }
    first = at + 1
    last = min(at + MAX_HEADER_ROWS, len(sheet.rows))
    while first < last and not _begins_data(sheet.rows[first], by_field):
        first += 1
    return top, first


def _names_groups(row: list[Cell]) -> bool:
    return any(isinstance(cell, str) and kind.is_group(fold(cell)) for cell in row)


def _begins_data(row: list[Cell], by_field: dict[str | None, int]) -> bool:
    """A name has letters: "(4)" numbers the columns. A code is longer than that."""
    name = row[by_field["name"]]
    if isinstance(name, str) and any(map(str.isalpha, name)):
        return True
    code = row[by_field["code"]] if "code" in by_field else None
    return sum(map(str.isalnum, str(code or ""))) >= 5


def _headings(rows: list[list[Cell]]) -> dict[int, tuple[str, ...]]:
    """Column → its folded headings from top to bottom, groups spread to the right.

    A blank cell takes the text to its left only while the cells above both are of
    one group: this is what merging them meant.
    """
    spread: list[list[str]] = []
    for row in rows:
        texts = [_heading(cell) for cell in row]
        for column in range(1, len(texts)):
            same = all(above[column] == above[column - 1] for above in spread)
            if not texts[column] and same and not _stands_alone(rows, column):
                texts[column] = texts[column - 1]
        spread.append(texts)
    width = max(map(len, rows), default=0)
    own = [c for c in range(width) if any(_heading(row[c]) for row in rows)]
    return {c: path for c in own if (path := _path(spread, c))}


def _heading(cell: Cell) -> str:
    """The folded text; "(4)" and "B", which number the columns, are none."""
    text = fold(cell) if isinstance(cell, str) else ""
    return "" if _NUMBERING.fullmatch(text) else text


def _stands_alone(rows: list[list[Cell]], column: int) -> bool:
    return all(is_blank(row[column]) for row in rows)


def _path(spread: list[list[str]], column: int) -> tuple[str, ...]:
    texts = [row[column] for row in spread if row[column]]
    return tuple(dict.fromkeys(texts))


def _field_of(path: tuple[str, ...]) -> str | None:
    return IDENTITY.get(path[-1]) or PERSONAL.get(path[-1])


def _first_of_each(columns: dict[int, str]) -> dict[int, str]:
    first: dict[str, int] = {}
    for column, name in columns.items():
        first.setdefault(name, column)
    return {column: name for name, column in first.items()}


def _twice(columns: dict[int, str]) -> list[tuple[int, int]]:
    first = {name: column for column, name in _first_of_each(columns).items()}
    return [
        (first[name], column)
        for column, name in columns.items()
        if first[name] != column and name != "ordinal"
    ]


def _title(sheet: Sheet, top: int, pattern: re.Pattern[str], joint: str) -> str:
    """What the rows above the headings say of year or class, "" if nothing."""
    for row in sheet.rows[:top]:
        for cell in row:
            if isinstance(cell, str) and (found := pattern.search(cell)):
                return joint.join(found.groups())
    return ""


def _titled_subject(sheet: Sheet, top: int) -> str | None:
    for row in sheet.rows[:top]:
        for cell in row:
            if not isinstance(cell, str) or not fold(cell).startswith("mon"):
                continue
            if subject := kind.subject_of(cell.rpartition(":")[2].strip()):
                return subject
    return None


def _is_pupil(cells: dict[str, tuple[int, Cell]]) -> bool:
    if "code" in cells:
        return True
    return "name" in cells and bool(cells.keys() & {"ordinal", "birth_date"})
