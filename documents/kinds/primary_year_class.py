"""What the checks of a year sheet ask of the whole class, gathered once."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ..text import nfc, syllable_key
from .primary_year_marks import commented

if TYPE_CHECKING:
    from .primary_year import PrimaryYear, Pupil

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019\u02bc][^\W\d_]+)*")
# The country stands in many comments and is the end of some names.
_NOT_A_NAME = frozenset({tuple(map(syllable_key, ("Việt", "Nam")))})


def words_of(text: str) -> list[str]:
    return _WORD.findall(nfc(text))


@dataclass(frozen=True)
class NamePattern:
    """Words that name a pupil in a comment; the last ``capitals`` need a capital."""

    keys: tuple[str, ...]
    capitals: int


@dataclass(frozen=True)
class ClassContext:
    """What the rules ask of the class, gathered once for all of its pupils."""

    codes: Mapping[str, int]
    numbers: Mapping[str, set[str]]
    namesakes: Mapping[tuple[str, date | None], set[tuple[str, str]]]
    comments: Mapping[tuple[str, str], int]
    names: Mapping[str, list[tuple[NamePattern, str]]]

    @classmethod
    def of(cls, contents: Iterable[PrimaryYear]) -> ClassContext:
        contents = list(contents)
        pupils = [content.pupil for content in contents]
        numbers: dict[str, set[str]] = defaultdict(set)
        namesakes: dict[tuple[str, date | None], set[tuple[str, str]]]
        namesakes = defaultdict(set)
        names: dict[str, list[tuple[NamePattern, str]]] = defaultdict(list)
        for pupil in pupils:
            if pupil.personal_number:
                numbers[pupil.personal_number].add(pupil.code)
            namesakes[person(pupil)].add((pupil.code, pupil.personal_number))
            for pattern in patterns_of(pupil.name):
                names[pattern.keys[0]].append((pattern, pupil.name))
        return cls(
            codes=Counter(pupil.code for pupil in pupils),
            numbers=numbers,
            namesakes=namesakes,
            comments=Counter(
                (path, comment_key(mark.comment))
                for content in contents
                for path, _label, mark in commented(content)
            ),
            names=names,
        )


def person(pupil: Pupil) -> tuple[str, date | None]:
    return " ".join(map(syllable_key, pupil.name.split())), pupil.birth_date


def patterns_of(name: str) -> Iterator[NamePattern]:
    """Full name, its last two words, and "bạn" with the given name.

    A single word alone is too often a plain word ("Y", "An", "Mai").
    """
    keys = tuple(map(syllable_key, words_of(name)))
    if len(keys) > 2:
        yield NamePattern(keys, capitals=0)
    if len(keys) > 1 and keys[-2:] not in _NOT_A_NAME:
        yield NamePattern(keys[-2:], capitals=2)
    if keys:
        yield NamePattern((syllable_key("bạn"), keys[-1]), capitals=1)


def comment_key(comment: str) -> str:
    return " ".join(nfc(comment).casefold().split()).rstrip(".!")
