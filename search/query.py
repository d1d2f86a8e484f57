"""The language of the search field: any text is a query, none is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeVar

from documents.models import State

from . import text
from .projection import class_key

# Longer input is cut: what a person types is far shorter.
MAX_LENGTH = 1_000
MAX_WORDS = 16

T = TypeVar("T")


@dataclass(frozen=True)
class Query:
    """All of it must hold; within one filter, any of its values.

    ``words`` are searched in every field, each as a phrase if it has several
    tokens; the last one also as a beginning if ``prefix``. ``codes`` are look-up
    codes and personal numbers, compared as a whole; ``units`` are codes of
    custodians, ``schools`` words in names and codes of issuer and custodian.
    """

    words: tuple[text.Word, ...] = ()
    prefix: bool = False
    codes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    schools: tuple[text.Word, ...] = ()

    @property
    def marked(self) -> set[tuple[str, ...]]:
        """The phrases of folded tokens that the texts of a hit are marked by."""
        return {word.folded for word in self.words}

    @property
    def marked_in_unit(self) -> set[tuple[str, ...]]:
        """Those for names of units only."""
        return {word.folded for word in self.schools}

    @property
    def begun(self) -> tuple[str, ...]:
        """The phrase whose last token may be a beginning; empty if there is none."""
        return self.words[-1].folded if self.prefix else ()


_STATES = {
    "nhap": State.DRAFT,
    "da duyet": State.REVIEWED,
    "duyet": State.REVIEWED,
    "da ky": State.SIGNED,
    "ky": State.SIGNED,
    "da khoa": State.LOCKED,
    "khoa": State.LOCKED,
    "da chuyen": State.TRANSFERRED,
    "chuyen": State.TRANSFERRED,
    **{state.value: state for state in State},
}
_KEYS = {
    "lop": "class",
    "class": "class",
    "班级": "class",
    "truong": "school",
    "school": "school",
    "学校": "school",
    "nam": "year",
    "year": "year",
    "学年": "year",
    "trang thai": "state",
    "state": "state",
    "状态": "state",
    "don vi": "unit",
    "unit": "unit",
    "单位": "unit",
}
_A_KEY = "|".join(_KEYS)
_A_STATE = "|".join(sorted(_STATES, key=len, reverse=True))
_FILTER = re.compile(
    rf"""(?<!\w)({_A_KEY})[ ]?:[ ]?("[^"]*"|(?:{_A_STATE})(?!\w)|[^\s"]+)"""
)
_PART = re.compile(r'"([^"]*)"?|([^\s"]+)')
_HEX_CODE = re.compile(r"[0-9a-fA-F]{32}\Z")
_PERSONAL_NUMBER = re.compile(r"[0-9]{12}\Z")
_YEAR = re.compile(r"([0-9]{4})(?:\s*[-–/]\s*([0-9]{4}))?\Z")


@dataclass
class _Reading:
    """What has been read so far of one query."""

    rest: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    years: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    schools: list[text.Word] = field(default_factory=list)

    def take(self, key: str, value: str) -> bool:
        """Take one filter; False if the value says nothing."""
        match key:
            case "state":
                state = _STATES.get(" ".join(text.folded_tokens(value)))
                return _add(self.states, state)
            case "year":
                return _add(self.years, _school_year(value))
            case "class":
                return _add(self.classes, class_key(value))
            case "unit":
                return _add(self.units, value.strip())
        word = text.word_of(value)
        return _add(self.schools, word if word.folded else None)


def parse(raw: str) -> Query:
    """Read what somebody typed. Never raises; what cannot be read is searched for.

    Free words must all be found; ``"words in quotes"`` stand together; the last
    word may be a beginning unless a space or a quote ends it. Filters, with or
    without marks: ``lớp:3B`` (or a grade, ``lớp:3``), ``trường:"Mỹ Ngãi"`` (words of
    the name or code of the school that issued or keeps it), ``đơn vị:my-ngai`` (code
    of the unit that keeps it), ``năm:2025``, ``trạng thái:đã ký``.
    """
    # No database takes NUL or half of a surrogate pair.
    plain = raw[:MAX_LENGTH].replace("\x00", " ").encode(errors="replace").decode()
    typed = text.nfc(plain)
    reading = _Reading()
    ends_in_filter = _take_filters(typed, reading)
    words, codes, quoted = _free_words(" ".join(reading.rest))
    open_ended = typed[-1:].isalnum() and not ends_in_filter and not quoted
    return Query(
        words=tuple(words[:MAX_WORDS]),
        prefix=open_ended and bool(words) and len(words) <= MAX_WORDS,
        codes=tuple(codes[:MAX_WORDS]),
        states=tuple(reading.states),
        years=tuple(reading.years),
        classes=tuple(reading.classes[:MAX_WORDS]),
        units=tuple(reading.units[:MAX_WORDS]),
        schools=tuple(reading.schools[:MAX_WORDS]),
    )


def _take_filters(typed: str, reading: _Reading) -> bool:
    """Part the filters from the rest; whether the text ends in a filter."""
    # Keys are known without marks too: match on a folded text of the same length.
    shadow = text.fold_length_kept(typed)
    end = 0
    for found in _FILTER.finditer(shadow):
        value = typed[slice(*found.span(2))].strip('"')
        if reading.take(_KEYS[found[1]], value):
            reading.rest.append(typed[end : found.start()])
            end = found.end()
    reading.rest.append(typed[end:])
    return bool(end) and end == len(typed)


def _free_words(rest: str) -> tuple[list[text.Word], list[str], bool]:
    """The words, the codes, and whether the last of them cannot be a beginning."""
    words: list[text.Word] = []
    codes: list[str] = []
    closed = False
    for quoted, plain in _PART.findall(rest):
        if code := _code(plain):
            codes.append(code)
            closed = True
        elif (word := text.word_of(quoted or plain)).folded:
            words.append(word)
            closed = bool(quoted)
    return words, codes, closed


def _code(part: str) -> str:
    """The look-up code (hyphens and capitals allowed) or personal number in it."""
    plain = part.replace("-", "")
    if _HEX_CODE.match(plain):
        return plain.lower()
    return part if _PERSONAL_NUMBER.match(part) else ""


def _school_year(value: str) -> str | None:
    found = _YEAR.match(value.strip())
    if found is None:
        return None
    return f"{found[1]}-{found[2] or int(found[1]) + 1:04}"


def _add(values: list[T], value: T | None) -> bool:
    if not value:
        return False
    if value not in values:
        values.append(value)
    return True
