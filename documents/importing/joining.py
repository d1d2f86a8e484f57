"""The rows of all files, joined by pupil code into one proposal for each pupil."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import Any

from ..kinds import primary_year_import as kind
from ..kinds.primary_year_import import BadValue, NotAssessed
from ..text import fold
from . import values as read
from .cells import Cell, Workbook, column_letter, is_blank
from .layouts import Layout, Table, recognise
from .messages import Note, Place, Repair
from .proposals import Joined, Proposal, Source

READERS: dict[str, Callable[[Cell], read.Reading]] = {
    "gender": read.read_gender,
    "status": read.read_status,
    "entered_on": read.read_date,
    "personal_number": read.read_personal_number,
    "register_number": partial(read.read_text, limit=40),
    "ethnicity": partial(read.read_text, limit=60),
    "nationality": partial(read.read_text, limit=60),
    "father": partial(read.read_text, limit=120),
    "mother": partial(read.read_text, limit=120),
    "guardian": partial(read.read_text, limit=120),
    "disability": partial(read.read_text, limit=120),
    "birth_place": read.read_text,
    "home_town": read.read_text,
    "address": read.read_text,
}
IDENTITY = frozenset({"ordinal", "class", "code", "name", "birth_date"})
ORDER = (Layout.LIST, Layout.RESULTS, Layout.COMMENTS)


def join(books: Iterable[Workbook], *, school: str, school_year: str) -> Joined:
    """Join the workbooks of one or more classes, in whatever order they come."""
    joined = Joined(school, school_year)
    for book in _without_doubles(books, joined):
        tables = [recognise(sheet) for sheet in book.sheets]
        if not any(table.layout in ORDER for table in tables):
            named = [t for t in tables if t.layout == Layout.NAMELESS]
            if not named:
                joined.errors.append(Note("nothing_recognised", Place(book.file)))
        joined.tables += tables
    joined.tables.sort(key=_position)
    for table in joined.tables:
        _report_table(table, joined)
        if table.layout in ORDER:
            _TableJoin(table, joined).run()
    _check_whole(joined)
    return joined


def _without_doubles(books: Iterable[Workbook], joined: Joined) -> list[Workbook]:
    first: dict[str, Workbook] = {}
    for book in books:
        if other := first.get(book.sha256):
            note = Note("file_twice", Place(book.file), {"other": other.file})
            joined.warnings.append(note)
        first.setdefault(book.sha256, book)
    return list(first.values())


def _position(table: Table) -> tuple[int, str, str]:
    rank = ORDER.index(table.layout) if table.layout in ORDER else len(ORDER)
    return rank, table.sheet.sha256, table.sheet.name


def _report_table(table: Table, joined: Joined) -> None:
    """What is wrong with, or left out of, a sheet as a whole."""
    sheet = table.sheet
    if table.layout == Layout.NAMELESS:
        joined.errors.append(Note("subject_unknown", sheet.place()))
    if table.layout in (Layout.HIDDEN, Layout.UNKNOWN):
        code = f"sheet_{table.layout.name.lower()}"
        joined.warnings.append(Note(code, sheet.place()))
    if table.layout not in ORDER:
        return
    if table.school_year and table.school_year != joined.school_year:
        params = {"found": table.school_year, "wanted": joined.school_year}
        note = Note("other_school_year", Place(sheet.file), params)
        if note not in joined.errors:
            joined.errors.append(note)
    for first, second in table.twice:
        params = {"first": column_letter(first), "second": column_letter(second)}
        place = sheet.place(column=second)
        joined.errors.append(Note("column_twice", place, params))
    for column, heading in table.unknown.items():
        if any(not is_blank(row[column]) for row in sheet.rows[table.first_row :]):
            place = sheet.place(column=column)
            joined.warnings.append(Note("column_unknown", place, {"heading": heading}))


class _TableJoin:
    """Puts the rows of one sheet to the proposals."""

    def __init__(self, table: Table, joined: Joined) -> None:
        self.table = table
        self.joined = joined
        self.seen: dict[str, int] = {}

    def run(self) -> None:
        for index, cells in self.table.pupils():
            _RowJoin(self, index, cells).run()


class _RowJoin:
    """Reads one row: first who it is about, then what it says."""

    def __init__(
        self, table: _TableJoin, index: int, cells: dict[str, tuple[int, Cell]]
    ) -> None:
        self.of = table
        self.joined = table.joined
        self.index = index
        self.cells = cells
        self.errors: list[Note] = []

    def run(self) -> None:
        identity = self._identity()
        code, is_temporary = self._code(identity)
        if code is None:
            self.joined.errors += self.errors
            return
        proposal = self.joined.proposals.setdefault(
            code, Proposal(code, self._place("code"), is_temporary)
        )
        proposal.errors += self.errors
        self.errors = proposal.errors
        if (first := self.of.seen.setdefault(code, self.index)) != self.index:
            params = proposal.names() | {"first": first + 1}
            proposal.errors.append(Note("pupil_twice", self._place("code"), params))
            return
        self._meet(proposal, identity)
        proposal.layouts.add(self.of.table.layout)
        self._fill(proposal)
        for column, name in self.of.table.columns.items():
            if name not in self.cells:
                proposal.blanks.setdefault(name, self._source(None, column))

    # -- who ------------------------------------------------------------------------

    def _identity(self) -> dict[str, Source]:
        readers: dict[str, Callable[[Cell], read.Reading]] = {
            "class": read.read_class,
            "name": read.read_name,
            "birth_date": partial(
                read.read_birth_date, school_year=self.joined.school_year
            ),
        }
        found = {name: self._read(name, reader) for name, reader in readers.items()}
        if "class" not in self.cells and self.of.table.class_name:
            found["class"] = self._titled_class()
        return {name: source for name, source in found.items() if source}

    def _titled_class(self) -> Source | None:
        sheet = self.of.table.sheet
        try:
            value = read.read_class(self.of.table.class_name).value
        except BadValue as bad:
            self.errors.append(Note(bad.code, self._place("name"), bad.params))
            return None
        return Source(value, sheet.place(), sheet.sha256)

    def _code(self, identity: dict[str, Source]) -> tuple[str | None, bool]:
        if "code" in self.cells:
            source = self._read("code", read.read_code)
            return (source.value if source else None), False
        name = identity["name"].value if "name" in identity else ""
        grade = read.grade_of(identity["class"].value) if "class" in identity else 0
        if grade != 1 or "birth_date" not in identity or not name:
            self._error("code_missing", "name", name=name or "?")
            return None, False
        born = identity["birth_date"].value
        code = read.temporary_code(
            self.joined.school, self.joined.school_year, name, born
        )
        if self.of.table.layout == Layout.LIST:
            params = {"name": name, "pupil_code": code}
            note = Note("code_temporary", self._place("name"), params)
            self.joined.warnings.append(note)
        return code, True

    def _meet(self, proposal: Proposal, identity: dict[str, Source]) -> None:
        """Compare with what other sheets said of this pupil."""
        for name, source in identity.items():
            known = proposal.identity.setdefault(name, source)
            if known.value == source.value:
                continue
            params = proposal.names() | {
                "new": shown(source.value),
                "old": shown(known.value),
                "other": str(known.place),
            }
            if name == "name" and fold(known.value) == fold(source.value):
                note = Note("name_spelling", source.place, params)
                self.joined.warnings.append(note)
            else:
                proposal.errors.append(Note(f"{name}_conflict", source.place, params))

    # -- what -----------------------------------------------------------------------

    def _fill(self, proposal: Proposal) -> None:
        is_list = self.of.table.layout == Layout.LIST
        for name in self.cells:
            if name in IDENTITY:
                continue
            if reader := READERS.get(name):
                if is_list and (source := self._read(name, reader)):
                    self._put(proposal, proposal.personal, name, source)
            elif source := self._read_mark(proposal, name):
                self._put(proposal, proposal.values, name, source)

    def _read_mark(self, proposal: Proposal, path: str) -> Source | None:
        try:
            return self._read(path, lambda cell: _mark(path, cell))
        except NotAssessed:
            source = self._source(False, self.cells[path][0])
            proposal.not_assessed = proposal.not_assessed or source
            return None

    def _put(
        self, proposal: Proposal, target: dict[str, Source], path: str, source: Source
    ) -> None:
        known = target.setdefault(path, source)
        if known.value != source.value:
            params = proposal.names() | {
                "label": kind.label_of(path),
                "new": shown(source.value),
                "old": shown(known.value),
                "other": str(known.place),
            }
            proposal.errors.append(Note("values_conflict", source.place, params))

    # -- cells ----------------------------------------------------------------------

    def _read(self, name: str, reader: Callable[[Cell], read.Reading]) -> Source | None:
        """Read one cell; what is wrong or was put right is noted with its place."""
        if name not in self.cells:
            return None
        column, cell = self.cells[name]
        place = self._place(name)
        try:
            value, codes = reader(cell)
        except BadValue as bad:
            self.errors.append(Note(bad.code, place, bad.params))
            return None
        for code in codes:
            repair = Repair(code, place, shown(cell), shown(value))
            self.joined.repairs.append(repair)
        return self._source(value, column)

    def _source(self, value: Any, column: int) -> Source:
        sheet = self.of.table.sheet
        return Source(value, sheet.place(self.index, column), sheet.sha256)

    def _place(self, name: str) -> Place:
        column = self.cells[name][0] if name in self.cells else None
        return self.of.table.sheet.place(self.index, column)

    def _error(self, code: str, at: str, **params: Any) -> None:
        self.errors.append(Note(code, self._place(at), params))


def _mark(path: str, cell: Cell) -> read.Reading:
    return read.Reading(*kind.read_value(path, cell))


def shown(value: Any) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def _check_whole(joined: Joined) -> None:
    """What only shows when all rows are there."""
    if not joined.proposals and not joined.errors:
        joined.errors.append(Note("no_pupils", Place()))
    people = joined.proposals.values()
    listed = {p.class_name for p in people if p.is_listed}
    with_results = {p.class_name for p in people if Layout.RESULTS in p.layouts}
    numbers: dict[str, Source] = {}
    for proposal in people:
        _check_one(joined, proposal, listed, with_results)
        _check_number(proposal, numbers)


def _check_one(
    joined: Joined, proposal: Proposal, listed: set[str], with_results: set[str]
) -> None:
    names = proposal.names()
    has_error = bool(proposal.errors)
    if not proposal.name and not has_error:
        proposal.errors.append(Note("name_missing", proposal.place, names))
    if proposal.is_listed and not proposal.class_name and not has_error:
        proposal.errors.append(Note("class_missing", proposal.place, names))
    if not proposal.is_listed and proposal.class_name in listed:
        proposal.errors.append(Note("not_in_list", proposal.place, names))
    if proposal.is_listed and proposal.birth_date is None and not has_error:
        joined.warnings.append(Note("birth_date_missing", proposal.place, names))
    if not proposal.is_studying:
        params = names | {"status": proposal.status}
        joined.warnings.append(Note("pupil_left", proposal.place, params))
    elif proposal.class_name in with_results and Layout.RESULTS not in proposal.layouts:
        joined.warnings.append(Note("no_results", proposal.place, names))


def _check_number(proposal: Proposal, numbers: dict[str, Source]) -> None:
    if (source := proposal.personal.get("personal_number")) is None:
        return
    first = numbers.setdefault(source.value, source)
    if first is not source:
        params = {"value": source.value, "other": str(first.place)}
        proposal.errors.append(Note("personal_number_twice", source.place, params))
