"""What is shown in a field once it is signed or filled."""

from __future__ import annotations

from functools import lru_cache

from django.template.loader import render_to_string

from ..typeface import FACES, metrics
from .fonts import LAYOUT, font_configuration, no_url
from .plain_html import PlainHTML

# The boxes of templates/documents/form.css, width and height in points.
SIGNATURE_SIZE = (238.0, 60.0)
EFFECTIVE_DATE_SIZE = (153.0, 14.0)
LARGEST = 9.0
SMALLEST = 4.0
LINE_HEIGHT = 1.2
PADDING = 3.0


def render_stamp(lines: list[str], width_pt: float, height_pt: float) -> bytes:
    """Return a one-page PDF of that size with the lines in the form's typeface.

    One line stands alone; of several the first is bold and a thin frame goes round
    them. The type is at most 9 pt, and smaller if the lines need it. The page has
    no structure of its own: it is drawn into the appearance of a field.
    """
    return _stamp(tuple(lines), width_pt, height_pt)


# A batch signs many records within one minute with one signer: the same stamp.
@lru_cache(maxsize=64)
def _stamp(lines: tuple[str, ...], width: float, height: float) -> bytes:
    html = render_to_string(
        "documents/stamp.html",
        {
            "lines": lines,
            "framed": len(lines) > 1,
            "width": f"{width:g}pt",
            "height": f"{height:g}pt",
            "size": f"{_type_size(lines, width, height):.2f}pt",
        },
    )
    with LAYOUT:
        pdf: bytes = PlainHTML(string=html, url_fetcher=no_url).write_pdf(
            font_config=font_configuration(), pdf_identifier=b"stamp"
        )
    return pdf


def _type_size(lines: tuple[str, ...], width: float, height: float) -> float:
    """The largest size at which every line stays on one line and all are seen."""
    regular, bold = (metrics(name) for name in list(FACES)[:2])
    framed = len(lines) > 1
    widths = [(bold if framed else regular).width(lines[0])]
    widths += [regular.width(line) for line in lines[1:]]
    room = PADDING if framed else 0
    across = (width - 2 * room) / max(*widths, 1)
    down = (height - 2 * room) / (len(lines) * LINE_HEIGHT)
    return max(SMALLEST, min(LARGEST, across * 0.99, down))
