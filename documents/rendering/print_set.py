"""Many signed files as one for the printer: paper copies, no longer signed files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from pikepdf import Name, ObjectStreamMode, Pdf

A4 = (595, 842)


@dataclass(frozen=True)
class Sheaf:
    """The pages of one signed file from ``first_page`` (counted from 1) on."""

    pdf: bytes
    first_page: int = 1


def print_set(sheaves: Iterable[Sheaf], *, both_sides: bool, copies: int = 1) -> bytes:
    """Return one PDF with each sheaf ``copies`` times, what is signed drawn on it.

    With ``both_sides`` every copy begins on a front side. Raises PdfError for a file
    that is none.
    """
    out = Pdf.new()
    for sheaf in sheaves:
        with Pdf.open(BytesIO(sheaf.pdf)) as source:
            _flatten(source)
            for _copy in range(copies):
                out.pages.extend(source.pages[sheaf.first_page - 1 :])
                if both_sides and len(out.pages) % 2:
                    out.add_blank_page(page_size=A4)
    return _bytes(out)


def _flatten(source: Pdf) -> None:
    """Draw what stands in the fields; without it the blocks of the signatures would
    stay behind with the form and the tree of tags.
    """
    source.flatten_annotations("print")
    if Name.AcroForm in source.Root:
        del source.Root[Name.AcroForm]
    for page in source.pages:
        for key in {Name.Annots, Name.StructParents} & set(page.obj.keys()):
            del page.obj[key]


def _bytes(pdf: Pdf) -> bytes:
    buffer = BytesIO()
    pdf.save(buffer, object_stream_mode=ObjectStreamMode.generate)
    return buffer.getvalue()
