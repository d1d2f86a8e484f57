"""Printed forms: the same version gives the same bytes."""

from __future__ import annotations

from .errors import RenderOverflow, UnprintableText
from .form import CopyNote, FormInput, SignedRows, render_html, render_pdf
from .print_set import Sheaf, print_set
from .report import ReportInput, Row, Section, render_report
from .stamps import EFFECTIVE_DATE_SIZE, SIGNATURE_SIZE, render_stamp

__all__ = [
    "EFFECTIVE_DATE_SIZE",
    "SIGNATURE_SIZE",
    "CopyNote",
    "FormInput",
    "RenderOverflow",
    "ReportInput",
    "Row",
    "Section",
    "Sheaf",
    "SignedRows",
    "UnprintableText",
    "print_set",
    "render_html",
    "render_pdf",
    "render_report",
    "render_stamp",
]
