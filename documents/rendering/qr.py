"""The QR code of a page."""

from __future__ import annotations

import segno
from django.utils.safestring import SafeString, mark_safe

# Modules of white that a reader needs around the code (ISO/IEC 18004).
QUIET_ZONE = 4


def qr_svg(content: str, *, title: str) -> SafeString:
    """Return the code as inline SVG that grows with its box.

    Level M mends 15 % of the modules: a stamp or a fold across the corner.
    """
    code = segno.make(content, error="m", micro=False, boost_error=False)
    svg = code.svg_inline(border=QUIET_ZONE, omitsize=True, title=title)
    return mark_safe(svg)
