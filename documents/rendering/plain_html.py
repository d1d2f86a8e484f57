"""HTML as our forms are written: without the defaults for notes and lists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import weasyprint
from weasyprint import CSS, HTML
from weasyprint.html import UA_COUNTER_STYLE

# ``::marker``, ``::footnote-call`` and four more stand alone in WeasyPrint's own style,
# so each element of a form gets six computed styles that nothing ever shows: a tenth of
# the whole rendering. The bytes are the same without them (tests hold it).
EVERY_ELEMENT = re.compile(r"^::[a-z-]+ \{[^}]*\}$", re.MULTILINE)


class PlainHTML(HTML):
    """Has no lists, footnotes or notes: their marks would not be styled."""

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        _, *others = super()._ua_stylesheets(forms)
        return [_plain_style(), *others]


@cache
def _plain_style() -> CSS:
    path = Path(weasyprint.__file__).parent / "css" / "html5_ua.css"
    style = EVERY_ELEMENT.sub("", path.read_text(encoding="utf-8"))
    return CSS(string=style, counter_style=UA_COUNTER_STYLE)
