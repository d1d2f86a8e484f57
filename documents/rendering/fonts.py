"""The typeface of every form: our own files, so that every machine gives one result."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

from fontTools.ttLib import TTFont
from weasyprint import CSS
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

FOLDER = Path(__file__).with_name("fonts")
# Not "Liberation Serif": a machine may have another version of it installed, and
# Fontconfig would be free to choose.
FAMILY = "Hocba Serif"
FACES = {
    "LiberationSerif-Regular.ttf": "font-weight: normal; font-style: normal",
    "LiberationSerif-Bold.ttf": "font-weight: bold; font-style: normal",
    "LiberationSerif-Italic.ttf": "font-weight: normal; font-style: italic",
    "LiberationSerif-BoldItalic.ttf": "font-weight: bold; font-style: italic",
}
# Pango's font map serves one thread at a time.
LAYOUT = RLock()


@dataclass(frozen=True)
class Metrics:
    """Widths of one face by character, in parts of an em."""

    widths: dict[str, float]

    def width(self, text: str) -> float:
        """The width of ``text`` at 1 pt, kerning left out."""
        return sum(self.widths.get(character, 1.0) for character in text)


def font_face_css() -> str:
    """The @font-face rules that pin the files of this folder."""
    return "\n".join(
        f'@font-face {{ font-family: "{FAMILY}"; {style};'
        f" src: url({(FOLDER / name).as_uri()}) }}"
        for name, style in FACES.items()
    )


@cache
def font_configuration() -> FontConfiguration:
    """The one configuration of this process: loading the files again costs 20 ms."""
    configuration = FontConfiguration()
    CSS(
        string=font_face_css(),
        font_config=configuration,
        url_fetcher=URLFetcher(allowed_protocols={"file"}),
    )
    return configuration


def no_url(url: str) -> Any:
    """A form is complete: nothing in it may reach for a file or the network."""
    raise ValueError(f"a printed form loads nothing: {url}")


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
