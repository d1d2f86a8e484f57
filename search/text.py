"""One normaliser, two token streams: every engine sees only normalised tokens.

*Exact*: NFC, case-folded, the tone in its canonical place, runs of CJK as bigrams.
*Folded*: without marks, đ as d, CJK as single characters. Text is split on
everything but letters and digits: ``12/QĐ-UBND`` is 12, qđ, ubnd.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

# PostgreSQL refuses lexemes over 2 kB; nobody looks for a word this long.
MAX_TOKEN = 64

# Han, kana and Hangul stand without spaces between words.
_CJK = "\u3005\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_CJK += "\uac00-\ud7a3\uf900-\ufad9\U00020000-\U0003ffff"
_MARKS = "\u0300-\u036f"
_LETTER = f"(?![{_CJK}])[^\\W_]"
_RUN = re.compile(f"[{_CJK}]+|{_LETTER}(?:{_LETTER}|[{_MARKS}])*")
_IS_CJK = re.compile(f"[{_CJK}]")

# hòa → hoà: both are written; the older place of the tone moves to the last vowel.
_OLD_TONES = {
    unicodedata.normalize("NFC", first + tone + last): unicodedata.normalize(
        "NFC", first + last + tone
    )
    for first, last in ("oa", "oe", "uy")
    for tone in "\u0300\u0301\u0303\u0309\u0323"
}
# Eth looks like Đ on the screen and is another letter (domain.md §3).
_D_STROKE = str.maketrans("ðɖ", "đđ")


class Token(NamedTuple):
    """One folded token, and where it stands in the NFC text."""

    start: int
    end: int
    folded: str


class Word(NamedTuple):
    """The tokens of one text in both streams, in order."""

    exact: tuple[str, ...]
    folded: tuple[str, ...]


def nfc(text: str) -> str:
    """The text that offsets of tokens refer to."""
    return unicodedata.normalize("NFC", text)


def word_of(text: str) -> Word:
    """Both streams of a text, or of one word of a query; empty without a letter."""
    exact: list[str] = []
    folded: list[str] = []
    for run in _RUN.findall(nfc(text)):
        streams = _streams(run)
        exact += streams.exact
        folded += streams.folded
    return Word(tuple(exact), tuple(folded))


def exact_tokens(text: str) -> tuple[str, ...]:
    """The exact stream: a hit here has the right marks."""
    return word_of(text).exact


def folded_tokens(text: str) -> tuple[str, ...]:
    """The folded stream: a hit here may differ in marks and capitals."""
    return word_of(text).folded


def tokens_in(text: str) -> Iterator[Token]:
    """The folded tokens of a text that is in NFC, with their places, for marking."""
    for run in _RUN.finditer(text):
        if _IS_CJK.match(run[0]):
            for at, char in enumerate(run[0], run.start()):
                yield Token(at, at + 1, char)
        else:
            yield Token(run.start(), run.end(), _streams(run[0]).folded[0])


def given_name(name: str) -> str:
    """The last word of a name in the folded stream, by which people are called."""
    tokens = folded_tokens(name)
    return tokens[-1] if tokens else ""


def initials(name: str) -> str:
    """ "nth" for Nguyễn Thị Hoà; empty for a name of one word."""
    tokens = folded_tokens(name)
    return "".join(token[0] for token in tokens) if len(tokens) > 1 else ""


def fold_length_kept(text: str) -> str:
    """Fold an NFC text character by character, so that places stay the same."""
    return "".join(map(_fold_char, text))


# A province has some thousands of syllables; codes and numbers pass through.
@lru_cache(maxsize=65_536)
def _streams(run: str) -> Word:
    if _IS_CJK.match(run):
        bigrams = tuple(run[at : at + 2] for at in range(len(run) - 1))
        return Word(bigrams or (run,), tuple(run))
    exact = _canonical(run)[:MAX_TOKEN]
    return Word((exact,), (_without_marks(exact),))


def _canonical(run: str) -> str:
    word = nfc(run.casefold()).translate(_D_STROKE)
    if (moved := _OLD_TONES.get(word[-2:])) and word[-3:-2] != "q":
        return word[:-2] + moved
    return word


def _without_marks(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.replace("đ", "d") or word


@lru_cache(maxsize=8192)
def _fold_char(char: str) -> str:
    folded = _without_marks(char.casefold().translate(_D_STROKE))
    return folded if len(folded) == 1 else char
