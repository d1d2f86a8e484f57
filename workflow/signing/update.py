"""Incremental updates that change nothing but what they are for, and stamps in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from threading import Lock
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import (
    AxisAlignment,
    BoxConstraints,
    Margins,
    SimpleBoxLayoutRule,
)
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import StaticStampStyle

from workflow.signing.errors import NotSignable
from workflow.signing.reading import RecordReader

EFFECTIVE_DATE = "effective_date"
STAMP_FIELD = "timestamp_"
# pyHanko has types, but not on its constructors.
PdfDictionary: Any = generic.DictionaryObject
PdfList: Any = generic.ArrayObject
PdfBytes: Any = generic.ByteStringObject
# A reader seeks in its file: one thread at a time.
READING = Lock()
FLUSH = SimpleBoxLayoutRule(
    x_align=AxisAlignment.ALIGN_MID,
    y_align=AxisAlignment.ALIGN_MID,
    margins=Margins(left=0, right=0, top=0, bottom=0),
)


class RecordUpdate(IncrementalPdfFileWriter):
    """Appends one revision. Unlike its parent it leaves the metadata alone.

    A verifier of ours accepts no new metadata after a signature, because nothing
    of the record's life has a reason to write any.

    Written twice, a revision has the same bytes: what was signed of it before a crash
    fits what is written after it.
    """

    def _update_meta(self) -> None:
        return

    @classmethod
    def _handle_id(cls, prev: Any) -> Any:
        """The second half of /ID follows from the file so far, not from chance."""
        first, _random = super()._handle_id(prev)  # type: ignore[no-untyped-call]
        second = hashlib.sha256(b"hocba revision 1\0" + prev.data).digest()[:16]
        return PdfList([first, PdfBytes(second)])


class StampPage(PdfContent):
    """The first page of a small PDF, as the appearance of a field."""

    def __init__(self, pdf: bytes) -> None:
        self.pdf = pdf
        super().__init__()

    def render(self) -> bytes:
        form = import_stamp(self._ensure_writer, self.pdf)
        left, bottom, right, top = form.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        self.resources.xobject["/Stamp"] = form
        return b"/Stamp Do"


def open_update(pdf: bytes, field: str) -> RecordUpdate:
    """Start a revision of ``pdf``; NotSignable when it cannot be read."""
    with _readable(field):
        return RecordUpdate(BytesIO(pdf), prev=RecordReader(pdf))


def opened(pdf: bytes, field: str) -> RecordReader:
    """``pdf`` as it stands, only to look; NotSignable when it cannot be read."""
    with _readable(field):
        return RecordReader(pdf)


@contextmanager
def _readable(field: str) -> Iterator[None]:
    try:
        yield
    except (PdfError, ValueError, KeyError, TypeError) as error:
        raise NotSignable(field, str(error)) from error


def stamp_style(stamp_pdf: bytes) -> StaticStampStyle:
    """Draw the stamp into the whole field, without pyHanko's border and margin."""
    return StaticStampStyle(
        background=StampPage(stamp_pdf),
        background_layout=FLUSH,
        background_opacity=1.0,
        border_width=0,
    )


def import_stamp(update: BasePdfFileWriter, stamp_pdf: bytes) -> Any:
    """Copy the page with its embedded fonts as a form XObject."""
    with READING:
        form: Any = update.import_page_as_xobject(read_stamp(stamp_pdf))
    # Its structure elements stay behind, so its marks must not point to any.
    form.get_object().pop("/StructParents", None)
    return form


# What is imported is copied. A batch shows the same two stamps for a second.
@lru_cache(maxsize=8)
def read_stamp(stamp_pdf: bytes) -> PdfFileReader:
    return PdfFileReader(BytesIO(stamp_pdf))


def stamp_count(file: RecordReader | RecordUpdate) -> int:
    """How many document time-stamps there are, by the names of their fields."""
    form = follow(file.root, "/AcroForm", {})
    names = [follow(one.get_object(), "/T") for one in follow(form, "/Fields", ())]
    return sum(str(name).startswith(STAMP_FIELD) for name in names)


def fill_date(update: RecordUpdate, text: str, stamp_pdf: bytes) -> None:
    """Set the effective date and show it in every widget of the field.

    Raises NotSignable when the form has no such field, or it is filled already:
    a record takes effect once.
    """
    fields = date_fields(update)
    if not fields:
        raise NotSignable(EFFECTIVE_DATE, "no such field")
    if any("/V" in field and str(field["/V"]) for field in fields):
        raise NotSignable(EFFECTIVE_DATE, "filled already")
    drawing = import_stamp(update, stamp_pdf)
    for field in fields:
        appearance = PdfDictionary({pdf_name("/N"): drawing})
        field.update({pdf_name("/V"): pdf_string(text), pdf_name("/AP"): appearance})
        update.update_container(field)


def date_fields(handler: Any) -> list[generic.DictionaryObject]:
    """The boxes of the effective date, a field of its own on each page.

    They are children of one field ``effective_date``; boxes without names of their
    own would be refused by every difference policy.
    """
    form = follow(handler.root, "/AcroForm", {})
    for reference in follow(form, "/Fields", ()):
        field = reference.get_object()
        if follow(field, "/T") == EFFECTIVE_DATE:
            return [kid.get_object() for kid in follow(field, "/Kids", (reference,))]
    return []


def follow(node: Any, key: str, default: Any = None) -> Any:
    """``node[key]`` behind its reference; pyHanko's own ``get`` stops before it."""
    if key not in node:
        return default
    return node[key]
