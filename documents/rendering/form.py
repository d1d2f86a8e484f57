"""From one version of a record to its pages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Template
from django.template.loader import get_template, render_to_string, select_template
from django.utils.safestring import mark_safe
from weasyprint import CSS, Attachment, Document

from documents.kinds import get_kind
from documents.kinds.printing import Printout, Sheet, long_date, short_date

from ..typeface import unprintable
from .errors import RenderOverflow, UnprintableText
from .finish import finish
from .fitting import DENSE_BELOW, first_size, smaller_sizes
from .fonts import LAYOUT, font_configuration, no_url
from .plain_html import PlainHTML
from .qr import qr_svg

VARIANT = "pdf/a-3a"
ATTACHMENT_NAME = "record.json"
PACKET_NAME = "hoc-ba.xml"
EFFECTIVE_LINE = "Có hiệu lực từ: {}"


@dataclass(frozen=True)
class SignedRows:
    """A teacher's signature in the data: who, over which subjects, and when.

    Without subjects it is the class teacher's, over the whole sheet.
    """

    name: str
    subjects: str
    signed_at: str


@dataclass(frozen=True)
class CopyNote:
    """That the pages are a copy which ``made_by`` has made from signed data.

    ``head`` and ``seal`` are who signed the data, with the time.
    """

    made_by: str
    made_on: date
    effective_on: date | None = None
    head: str = ""
    seal: str = ""

    @property
    def day(self) -> str:
        return short_date(self.made_on)

    @property
    def effective_line(self) -> str:
        if self.effective_on is None:
            return ""
        return EFFECTIVE_LINE.format(short_date(self.effective_on))


@dataclass(frozen=True)
class FormInput:
    """All that decides the bytes of a form; nothing is read from elsewhere.

    ``canonical`` is the version's JSON, embedded as it is; ``sha256`` its digest,
    which becomes the file's identifier; ``created_at`` (aware) dates the file.
    ``packet`` is the signed XML of the same content; if there is one it is embedded.
    ``verify_url`` is what the QR code says. Place, date and head stand above the
    signatures; without a date its place is left open. A deputy's ``head_title`` is
    "KT. HIỆU TRƯỞNG". ``signed_rows`` is what teachers have signed of the content.
    With ``copy`` each sheet says that it is one, and nobody can sign it.
    """

    kind: str
    form_version: str
    canonical: bytes
    sha256: str
    lookup_code: str
    verify_url: str
    created_at: datetime
    place: str = ""
    signed_on: date | None = None
    head_name: str = ""
    head_title: str = "HIỆU TRƯỞNG"
    packet: bytes = b""
    signed_rows: tuple[SignedRows, ...] = ()
    copy: CopyNote | None = None

    @property
    def of_subjects(self) -> list[SignedRows]:
        return [one for one in self.signed_rows if one.subjects]

    @property
    def of_sheet(self) -> list[SignedRows]:
        return [one for one in self.signed_rows if not one.subjects]

    @property
    def place_and_date(self) -> str:
        """``Mỹ Ngãi, ngày 28 tháng 6 năm 2026``."""
        return f"{self.place or '………………'}, {long_date(self.signed_on)}"


@dataclass(frozen=True)
class Page:
    """A sheet with its template found and its size of type chosen."""

    sheet: Sheet
    template: Template
    size: float

    @property
    def qr(self) -> bool:
        return self.sheet.qr

    @property
    def dense(self) -> bool:
        return self.size < DENSE_BELOW

    @property
    def size_css(self) -> str:
        return f"{self.size:g}pt"


def render_pdf(form: FormInput) -> bytes:
    """Return the form as PDF/A-3a with its JSON inside and its fields unsigned; a copy
    has no fields.

    The same input gives the same bytes. Raises RenderOverflow if a sheet does not
    fit its page at the smallest size of type, UnprintableText if the typeface lacks
    a character, KeyError for an unknown kind or form version, and
    pydantic.ValidationError if ``canonical`` is not of the kind.
    """
    printout = _printout(form)
    with LAYOUT:
        document = _fitted(form, printout)
        pdf: bytes = document.write_pdf(
            finisher=finish,
            pdf_variant=VARIANT,
            pdf_identifier=form.sha256[:32].encode(),
            attachments=_attachments(form),
        )
    return pdf


def render_html(form: FormInput, *, effective_on: date | None = None) -> str:
    """Return the same pages as one HTML document for the screen.

    It has its style inside and loads nothing, so it can be shown in a frame.
    """
    printout = _printout(form)
    line = EFFECTIVE_LINE.format(short_date(effective_on)) if effective_on else ""
    return _html(
        form,
        printout,
        _pages(form, printout),
        screen=True,
        effective_line=line,
        stylesheet=mark_safe(stylesheet(form.kind)),
    )


def _printout(form: FormInput) -> Printout:
    kind = get_kind(form.kind)
    return kind.printout(kind.parse(form.canonical), form.form_version)


def _pages(form: FormInput, printout: Printout) -> list[Page]:
    return [
        Page(sheet, _template(form, sheet.template), first_size(sheet))
        for sheet in printout.sheets
    ]


def _template(form: FormInput, name: str) -> Template:
    """The form version's own template, or the one that all versions share."""
    folder = f"documents/{form.kind}"
    names = [f"{folder}/{form.form_version}/{name}", f"{folder}/{name}"]
    template: Template = select_template(names).template
    return template


def _html(form: FormInput, printout: Printout, pages: list[Page], **extra: Any) -> str:
    code = qr_svg(form.verify_url, title="Mã QR để kiểm tra học bạ")
    context: Mapping[str, Any] = {
        **printout.context,
        "printout": printout,
        "input": form,
        "pages": pages,
        "qr": code,
        "place_and_date": form.place_and_date,
        "created": form.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **extra,
    }
    return render_to_string("documents/form.html", context)


def _fitted(form: FormInput, printout: Printout) -> Document:
    """Lay out, and again with smaller type where a sheet is longer than its page."""
    pages = _pages(form, printout)
    while True:
        document = _layout(form, printout, pages)
        too_long = _overflowing(document, len(pages))
        if not too_long:
            return document
        for number in too_long:
            page = pages[number - 1]
            pages[number - 1] = _shrunk(form, printout, page, number)


def _shrunk(form: FormInput, printout: Printout, page: Page, number: int) -> Page:
    """The page in the largest smaller type that fits, found on the sheet alone."""
    choices = [replace(page, size=size) for size in smaller_sizes(page.size)]
    index = bisect_left(
        choices,
        True,
        key=lambda choice: len(_layout(form, printout, [choice]).pages) == 1,
    )
    if index == len(choices):
        raise RenderOverflow(number)
    return choices[index]


def _layout(form: FormInput, printout: Printout, pages: list[Page]) -> Document:
    html = _html(form, printout, pages)
    if missing := unprintable(html):
        raise UnprintableText(missing)
    return PlainHTML(string=html, url_fetcher=no_url).render(
        font_config=font_configuration(),
        stylesheets=[_css(form.kind), *([_copy_css()] if form.copy else [])],
        pdf_variant=VARIANT,
        pdf_forms=True,
    )


def _overflowing(document: Document, sheets: int) -> set[int]:
    """The numbers of the sheets that take more than one page."""
    # Backwards: a sheet that runs on has its anchor on each page, the first counts.
    starts = {
        int(anchor.removeprefix("page-")): index
        for index, page in reversed(list(enumerate(document.pages)))
        for anchor in page.anchors
        if anchor.startswith("page-")
    }
    starts[sheets + 1] = len(document.pages)
    return {n for n in range(1, sheets + 1) if starts[n + 1] - starts[n] > 1}


@cache
def stylesheet(kind: str) -> str:
    """The shared style and the kind's own."""
    names = ("documents/form.css", f"documents/{kind}/style.css")
    paths = [Path(get_template(name).origin.name) for name in names]  # type: ignore[attr-defined]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


@cache
def _css(kind: str) -> CSS:
    return CSS(
        string=stylesheet(kind), font_config=font_configuration(), url_fetcher=no_url
    )


@cache
def _copy_css() -> CSS:
    path = Path(get_template("documents/copy.css").origin.name)  # type: ignore[attr-defined]
    return CSS(filename=path, font_config=font_configuration(), url_fetcher=no_url)


def _attachments(form: FormInput) -> list[Attachment]:
    files = [(ATTACHMENT_NAME, "Dữ liệu học bạ (JSON, RFC 8785)", form.canonical)]
    if form.packet:
        label = "Dữ liệu học bạ có chữ ký số (XML, XAdES)"
        files.append((PACKET_NAME, label, form.packet))
    created = form.created_at.astimezone(UTC)
    return [
        Attachment(
            string=data,
            name=name,
            description=label,
            created=created,
            modified=created,
            relationship="Data",
        )
        for name, label, data in files
    ]
