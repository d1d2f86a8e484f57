"""Printed forms: the same version gives the same bytes."""

from __future__ import annotations

from .errors import RenderOverflow, UnprintableText
from .form import FormInput, render_html, render_pdf
from .stamps import EFFECTIVE_DATE_SIZE, SIGNATURE_SIZE, render_stamp

__all__ = [
    "EFFECTIVE_DATE_SIZE",
    "SIGNATURE_SIZE",
    "FormInput",
    "RenderOverflow",
    "UnprintableText",
    "render_html",
    "render_pdf",
    "render_stamp",
]
