"""What the cells about a pupil mean: codes, names, dates, class names, statuses."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from ..kinds.primary_year_import import MAX_TEXT, BadValue, clean_text
from ..text import fold, repair_name
from .cells import Cell

EXCEL_EPOCH = date(1899, 12, 30)
# Serial numbers of 1980 to 2064: other numbers in a column of dates are mistakes.
SERIAL_DATES = range(29221, 60000)
MAX_NAME = 120
GENDERS = {
    "nam": 1,
    "nu": 2,
    "1": 1,
    "2": 2,
    "0": 0,
    "trai": 1,
    "gai": 2,
    "male": 1,
    "female": 2,
}
# Pupil statuses of the ministry's template and of vnEdu, SMAS: does a record follow?
STUDYING = frozenset(
    {"dang hoc", "chuyen den", "dang theo hoc", "hoc lai", "luu ban", "nhap hoc"}
    | {"tiep nhan", "moi tuyen", "tuyen moi"}
)
LEFT = frozenset(
    {"chuyen di", "chuyen truong", "thoi hoc", "bo hoc", "nghi hoc", "da chuyen"}
    | {"bao luu", "dinh chi", "da mat", "qua doi", "tot nghiep", "da tot nghiep"}
    | {"xoa ten", "chuyen cap"}
)

_DATE = re.compile(r"(\d{1,2})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{4})(?:[ T][\d:.]*)?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T][\d:.+Z]*)?")
_CLASS = re.compile(
    r"(?:LOP|LỚP|L)?[\s.:]*(\d{1,2})[\s]*([^\s\d].{0,15}|\d{0,2})", re.I
)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,29}")


class Reading(NamedTuple):
    """A value and what was put right to get it."""

    value: Any
    repairs: list[str]


def read_code(cell: Cell) -> Reading:
    """A pupil code: opaque text, though Excel may have made a number of it."""
    text, codes = clean_text(_as_text(cell))
    bare = text.replace(" ", "").lstrip("'")
    if bare != text and "spaces" not in codes:
        codes = [*codes, "spaces"]
    if not _CODE.fullmatch(bare):
        raise BadValue("code_bad", value=text)
    return Reading(bare, codes)


def read_name(cell: Cell) -> Reading:
    raw = _as_text(cell)
    name, codes = repair_name(raw)
    if not name:
        raise BadValue("name_bad", value=raw.strip())
    if len(name) > MAX_NAME:
        raise BadValue("text_too_long", count=len(name), limit=MAX_NAME)
    return Reading(name, codes)


def read_date(cell: Cell) -> Reading:
    """A date by itself, as text with - . or /, or as Excel's serial number."""
    if isinstance(cell, datetime):
        return Reading(cell.date(), [])
    if isinstance(cell, date):
        return Reading(cell, [])
    text = clean_text(_as_text(cell))[0]
    if re.fullmatch(r"\d{5}(\.\d+)?", text) and int(float(text)) in SERIAL_DATES:
        return Reading(EXCEL_EPOCH + timedelta(days=int(float(text))), ["serial_date"])
    try:
        if found := _DATE.fullmatch(text):
            value = date(int(found[3]), int(found[2]), int(found[1]))
        elif found := _ISO.fullmatch(text):
            value = date(int(found[1]), int(found[2]), int(found[3]))
        else:
            raise BadValue("date_bad", value=text)
    except ValueError as error:
        raise BadValue("date_bad", value=text) from error
    usual = f"{value:%d/%m/%Y}"
    return Reading(value, [] if text == usual else ["date_format"])


def read_birth_date(cell: Cell, school_year: str) -> Reading:
    """A date of birth of somebody who may be in primary school that year."""
    reading = read_date(cell)
    age = int(school_year[:4]) - reading.value.year
    if not 4 <= age <= 20:
        raise BadValue("birth_date_implausible", value=f"{reading.value:%d/%m/%Y}")
    return reading


def read_gender(cell: Cell) -> Reading:
    gender = GENDERS.get(fold(_as_text(cell)))
    if gender is None:
        raise BadValue("gender_bad", value=_as_text(cell))
    return Reading(gender, [])


def read_status(cell: Cell) -> Reading:
    """The status in the words of the file. Raises BadValue for an unknown word."""
    text, codes = clean_text(_as_text(cell))
    if is_studying(text) is None:
        raise BadValue("status_unknown", value=text)
    return Reading(text, codes)


def is_studying(status: str) -> bool | None:
    """Whether a record follows from the status; None when the word is not known."""
    words = re.split(r"[(,;:]", fold(status))[0].strip()
    if words in STUDYING:
        return True
    return False if words in LEFT else None


def read_class(cell: Cell) -> Reading:
    """The name of a class: "1A", "L2B" and "Lớp 2B" are 1A, 2B and 2B."""
    if isinstance(cell, date | datetime | float):
        raise BadValue("class_bad", value=cell)
    text = clean_text(_as_text(cell))[0]
    found = _CLASS.fullmatch(text)
    if not found:
        raise BadValue("class_bad", value=text)
    name = f"{int(found[1])}{found[2].strip().upper()}"
    if len(name) > 20:
        raise BadValue("class_bad", value=text)
    if not 1 <= int(found[1]) <= 5:
        raise BadValue("class_not_primary", value=name)
    return Reading(name, [] if name == _as_text(cell) else ["class_name"])


def grade_of(class_name: str) -> int:
    """3 for "3B"."""
    found = re.match(r"\d+", class_name)
    assert found is not None  # read_class has looked
    return int(found[0])


def read_personal_number(cell: Cell) -> Reading:
    """12 digits. A number that Excel stripped of its first zero gets it back."""
    text, codes = clean_text(_as_text(cell))
    digits = re.sub(r"[\s.'-]", "", text)
    if digits != text and "spaces" not in codes:
        codes = [*codes, "spaces"]
    if isinstance(cell, int) and len(digits) == 11:
        digits, codes = f"0{digits}", [*codes, "leading_zero"]
    if not re.fullmatch(r"[0-9]{12}", digits):
        raise BadValue("personal_number_bad", value=text)
    return Reading(digits, codes)


def read_text(cell: Cell, limit: int = MAX_TEXT) -> Reading:
    if isinstance(cell, datetime | date):
        return Reading(f"{cell:%d/%m/%Y}", [])
    text, codes = clean_text(_as_text(cell))
    if len(text) > limit:
        raise BadValue("text_too_long", count=len(text), limit=limit)
    return Reading(text, codes)


def temporary_code(school: str, school_year: str, name: str, born: date | None) -> str:
    """A code for a pupil who has none yet: the same for the same child each time."""
    seed = "\n".join((school, school_year, fold(name), str(born)))
    return f"TAM-{hashlib.sha256(seed.encode()).hexdigest()[:12].upper()}"


def _as_text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
