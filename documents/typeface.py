"""The typeface of every form, as data: its files, its widths, its characters."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont

FOLDER = Path(__file__).with_name("rendering") / "fonts"
# Not "Liberation Serif": a machine may have another version of it installed, and
# Fontconfig would be free to choose.
FAMILY = "Hocba Serif"
FACES = {
    "LiberationSerif-Regular.ttf": "font-weight: normal; font-style: normal",
    "LiberationSerif-Bold.ttf": "font-weight: bold; font-style: normal",
    "LiberationSerif-Italic.ttf": "font-weight: normal; font-style: italic",
    "LiberationSerif-BoldItalic.ttf": "font-weight: bold; font-style: italic",
}


@dataclass(frozen=True)
class Metrics:
    """Widths of one face by character, in parts of an em."""

    widths: dict[str, float]

    def width(self, text: str) -> float:
        """The width of ``text`` at 1 pt, kerning left out."""
        return sum(self.widths.get(character, 1.0) for character in text)


@cache
def metrics(name: str) -> Metrics:
    """Read the widths of a face."""
    with TTFont(FOLDER / name, lazy=True) as font:
        scale = font["head"].unitsPerEm
        advance = font["hmtx"].metrics
        names = font.getBestCmap()
        return Metrics({chr(c): advance[g][0] / scale for c, g in names.items()})


@cache
def _repertoire() -> frozenset[str]:
    return frozenset.intersection(*(frozenset(metrics(n).widths) for n in FACES))


def unprintable(text: str) -> str:
    """The characters of ``text`` that the form's typeface lacks, each once."""
    missing = set(text) - _repertoire() - set("\t\n\r")
    return "".join(sorted(missing, key=lambda c: (unicodedata.category(c), c)))
