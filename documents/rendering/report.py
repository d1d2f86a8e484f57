"""A verdict as a document of its own, ready for the seal of whoever gives it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.template.loader import get_template, render_to_string
from weasyprint import CSS, HTML, Attachment

from ..typeface import unprintable
from .errors import UnprintableText
from .finish import finish
from .fonts import LAYOUT, font_configuration, no_url

VARIANT = "pdf/a-3a"
SEAL_FIELD = "seal"
ATTACHMENT_NAME = "report.json"


@dataclass(frozen=True)
class Row:
    """One thing that was found: what it is about, and what was found."""

    label: str
    text: str


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class ReportInput:
    """All that the report says, in words of ``language``; nothing is read elsewhere.

    ``data`` is the same for programs, embedded as JSON. ``created_at`` is aware.
    """

    language: str
    title: str
    verdict: str
    advice: tuple[str, ...]
    sections: tuple[Section, ...]
    issuer: str
    seal_label: str
    created_at: datetime
    data: dict[str, Any]


def render_report(report: ReportInput) -> bytes:
    """Return the report as PDF/A-3a and PDF/UA-1 with an empty field for the seal.

    The same input gives the same bytes. Raises UnprintableText if the typeface lacks
    a character.
    """
    content = json.dumps(report.data, ensure_ascii=False, sort_keys=True, default=str)
    created = report.created_at.astimezone(UTC)
    html = render_to_string(
        "documents/report/report.html",
        {"report": report, "created": created.strftime("%Y-%m-%dT%H:%M:%SZ")},
    )
    if missing := unprintable(html):
        raise UnprintableText(missing)
    attachment = Attachment(
        string=content.encode(),
        name=ATTACHMENT_NAME,
        description="ETSI TS 119 102-2",
        created=created,
        modified=created,
        relationship="Data",
    )
    identifier = hashlib.sha256(html.encode() + content.encode()).hexdigest()[:32]
    with LAYOUT:
        document = HTML(string=html, url_fetcher=no_url).render(
            font_config=font_configuration(),
            stylesheets=[_css()],
            pdf_variant=VARIANT,
            pdf_forms=True,
        )
        pdf: bytes = document.write_pdf(
            finisher=finish,
            pdf_variant=VARIANT,
            pdf_identifier=identifier.encode(),
            attachments=[attachment],
        )
    return pdf


@cache
def _css() -> CSS:
    path = get_template("documents/report/style.css").origin.name  # type: ignore[attr-defined]
    text = Path(path).read_text(encoding="utf-8")
    return CSS(string=text, font_config=font_configuration(), url_fetcher=no_url)
