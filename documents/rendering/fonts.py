"""The typeface as WeasyPrint takes it: our own files, one result on every machine."""

from __future__ import annotations

from functools import cache
from threading import RLock
from typing import Any

from weasyprint import CSS
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from ..typeface import FACES, FAMILY, FOLDER

# Pango's font map serves one thread at a time.
LAYOUT = RLock()


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
