"""Vietnamese text: one spelling for storage, one for matching, one for sorting."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

APOSTROPHES = "\u2019\u2018\u02bc\u02bb\u02b9\u2032\u00b4\u0060\uff07"
HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"

# Eth and African D look like Đ on the screen and are other letters (domain.md §3).
_D_STROKE = str.maketrans("\u00d0\u00f0\u0189\u0256", "\u0110\u0111\u0110\u0111")
_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
_HYPHEN = str.maketrans(dict.fromkeys(HYPHENS, "-"))
_REPLACEMENTS: dict[str, Mapping[int, int | str]] = {
    "d_stroke": _D_STROKE,
    "apostrophe": _APOSTROPHE,
    "hyphen": _HYPHEN,
}
_LOOKALIKES = _D_STROKE | _APOSTROPHE | _HYPHEN

_SHAPES = frozenset("\u0302\u0306\u031b")  # â, ă, ơ: letters of their own
_BESIDE_LETTERS = str.maketrans(dict.fromkeys(" '-."))
# A tone typed before the hat or the breve does not compose; NFC alone keeps it apart.
_MARKS_ABOVE = re.compile("[\u0300\u0301\u0303\u0309\u0302\u0306]{2,}")


def nfc(text: str) -> str:
    """The form in which every text is stored and compared."""
    return unicodedata.normalize("NFC", text)


# -- Names ---------------------------------------------------------------------


def repair_name(raw: str) -> tuple[str, list[str]]:
    """Return the name as it is stored, and a stable code for each kind of repair.

    The name is NFC, of letters, single spaces, ``'``, ``-`` and ``.`` (domain.md
    §6); the spelling of the birth certificate stays, hòa or hoà. It is empty if
    ``raw`` holds no letter, which is an error for the caller. Codes: ``nfc``,
    ``d_stroke``, ``apostrophe``, ``hyphen``, ``invisible``, ``digits``, ``symbols``,
    ``spaces``. A repaired name needs no repair.
    """
    if _is_clean(raw):
        return raw, []
    name = _composed(raw)
    codes = ["nfc"] if name != raw else []
    for code, table in _REPLACEMENTS.items():
        name, before = name.translate(table), name
        codes += [code] if name != before else []
    name, dropped = _letters_only(name)
    codes += [code for code in ("invisible", "digits", "symbols") if code in dropped]
    name, before = " ".join(name.split()), name
    if name != before or "spaces" in dropped:
        codes.append("spaces")
    return (name if any(map(str.isalpha, name)) else ""), codes


def _is_clean(name: str) -> bool:
    """Whether nothing needs repair. Nearly every name of a file passes here."""
    return (
        name.translate(_BESIDE_LETTERS).isalpha()
        and name == name.strip(" ")
        and "  " not in name
        and name.translate(_LOOKALIKES) == name
        and unicodedata.is_normalized("NFC", name)
    )


def _composed(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return nfc(_MARKS_ABOVE.sub(_shapes_first, decomposed))


def _shapes_first(marks: re.Match[str]) -> str:
    return "".join(sorted(marks[0], key=lambda mark: mark not in _SHAPES))


def _letters_only(name: str) -> tuple[str, set[str]]:
    """Keep what a name may hold; say what kinds of other characters there were."""
    kept: list[str] = []
    dropped = set()
    for char in name:
        code = _fault_of(char)
        if code is None and unicodedata.category(char)[0] == "M":
            # A mark belongs to the letter before it; alone it is a stray.
            code = None if kept and _is_letter_or_mark(kept[-1]) else "symbols"
        if code is None:
            kept.append(char)
            continue
        dropped.add(code)
        if code == "spaces":
            kept.append(" ")
    return _composed("".join(kept)), dropped


def _is_letter_or_mark(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM"


@lru_cache(maxsize=1024)
def _fault_of(char: str) -> str | None:
    category = unicodedata.category(char)
    if char in " '-." or category[0] in "LM":
        return None
    if char.isspace():
        return "spaces"
    if category in ("Cc", "Cf"):
        return "invisible"
    return "digits" if category[0] == "N" else "symbols"


# -- Matching of headers and labels --------------------------------------------

_AROUND_PUNCTUATION = re.compile(r"\s*([-/(),:;+&])\s*")
_DECORATION = re.compile(r"(?:\(\*+\)|[\s:*])+$")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The form by which headers and labels are matched, never shown or stored.

    Letters are lower case without marks (đ is d); white space of every kind,
    dashes and apostrophes are one; spaces beside punctuation and a final ``:`` or
    ``*`` do not count. "TH - CN\\n(Tin học) *" meets "th-cn(tin hoc)".
    """
    lowered = unicodedata.normalize("NFKD", text).casefold()
    decomposed = unicodedata.normalize("NFKD", lowered).translate(_LOOKALIKES)
    plain = "".join(c for c in decomposed if unicodedata.category(c) not in _UNSEEN)
    plain = " ".join(plain.replace("đ", "d").split())
    return _DECORATION.sub("", _AROUND_PUNCTUATION.sub(r"\1", plain))


_UNSEEN = frozenset({"Mn", "Me", "Cf"})


# -- Sorting -------------------------------------------------------------------

ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
# ngang < huyền < hỏi < ngã < sắc < nặng
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_CLUSTER = re.compile("([^\u0300-\u036f])([\u0300-\u036f]*)")
SORT_KEY_LENGTH = 480
_BEFORE_LETTERS = "-.'0123456789"
_END = "00"
_SPACE = "01"
_WEIGHTS = {
    **{char: f"{weight:02x}" for weight, char in enumerate(_BEFORE_LETTERS, 2)},
    **{char: f"{weight:02x}" for weight, char in enumerate(ALPHABET, 16)},
}


def vietnamese_sort_key(name: str) -> str:
    """A key whose plain order is that of a Vietnamese class list (domain.md §6).

    Names are compared by the last word, then the first, then those between; in
    each by letters (a ă â b … d đ …), then by tones. Only ``0-9a-f`` occur, which
    every collation of every database orders alike, so that ``ORDER BY`` gives
    the same list on SQLite and PostgreSQL. This stands in for ICU's ``vi``
    collation, which neither SQLite nor a PostgreSQL without ICU has, and agrees
    with it on each word. Names that differ only in capitals or in the place of
    the tone (hòa, hoà) have the same key. At most ``SORT_KEY_LENGTH`` characters.
    """
    words = nfc(name).lower().split()
    if not words:
        return ""
    *front, given = words
    fields = ((given,), tuple(front[:1]), tuple(front[1:]))
    return _END.join(_field_key(field) for field in fields)[:SORT_KEY_LENGTH]


def syllable_key(word: str) -> str:
    """The same for ``Hoà``, ``hòa`` and ``HOÀ``, the spellings of one word."""
    letters, tones = _word_key(nfc(word).lower().translate(_APOSTROPHE))
    return letters + _END + tones


def _field_key(words: tuple[str, ...]) -> str:
    keys = [_word_key(word) for word in words]
    letters = _SPACE.join(letters for letters, _ in keys)
    return letters + _END + "".join(tones for _, tones in keys)


@lru_cache(maxsize=16384)
def _word_key(word: str) -> tuple[str, str]:
    """The weights of the letters, and of the tones ("0" for a level word)."""
    weights, tones = "", ""
    for base, marks in _CLUSTER.findall(unicodedata.normalize("NFD", word)):
        shape = "".join(mark for mark in marks if mark in _SHAPES)
        weights += _weight(nfc(base + shape))
        tones += "".join(_TONES.get(mark, "6") for mark in marks if mark not in _SHAPES)
    return weights, tones or "0"


def _weight(letter: str) -> str:
    """Letters outside the alphabet sort by their base, or after z by code point."""
    base = unicodedata.normalize("NFD", letter)[0]
    escaped = f"f{min(ord(base), 0xFFFFF):05x}"
    return _WEIGHTS.get(letter) or _WEIGHTS.get(base) or escaped
