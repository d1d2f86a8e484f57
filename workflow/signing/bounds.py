"""How much of a stranger's file is read before it is refused.

A cross-reference stream may announce entries that take no bytes (/W [0 0 0]), and the
reader would make them all: 210 bytes cost the memory of the machine. So the sections
are counted before the reader reads them. A record of three signatures has four
sections, some 800 entries and 80 kB of unpacked streams.
"""

from __future__ import annotations

import os
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import (
    DecodeLimits,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.misc import PdfReadError, read_non_whitespace
from pyhanko.pdf_utils.reader import process_data_at_eof
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.pdf_utils.xref import XRefBuilder

MiB = 1024 * 1024
LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=16 * MiB),
    document_budget=DocumentDecodeBudget(base_allowance=64 * MiB, max_ratio=4),
)
MAX_SECTIONS = 500
MAX_ENTRIES = 100_000
# "0000000017 00000 n" and its line end; readers forgive one byte less.
ENTRY_BYTES = 19


class TooMuch(PdfReadError):
    """The file announces more objects than any record has."""

    def __init__(self) -> None:
        super().__init__("too many entries or sections of cross-references")


def check_cross_references(data: bytes, handler: PdfHandler) -> None:
    """Raise TooMuch, or what pyHanko would raise, before anything is built."""
    stream = BytesIO(data)
    stream.seek(-1, os.SEEK_END)
    walk: Any = _Walk(data, handler, process_data_at_eof(stream))
    walk.read_xrefs()


class _Walk(XRefBuilder):
    """Goes through the sections as pyHanko does, and reads their trailers alone."""

    def __init__(self, data: bytes, handler: PdfHandler, start: int) -> None:
        super().__init__(handler, BytesIO(data), strict=True, last_startxref=start)
        self._data = data
        self._sections_seen = 0
        self._entries = 0

    def _read_xref_stream(self, declared_startxref: int) -> Any:
        return self._count_stream().get("/Prev")

    def _read_xref_table(self, declared_startxref: int) -> Any:
        begin = self.stream.tell()
        end = self._data.find(b"trailer", begin)
        if end < 0:
            raise PdfReadError("a table of cross-references without its trailer")
        self._count((end - begin) // ENTRY_BYTES)
        self.stream.seek(end + len(b"trailer"))
        read_non_whitespace(self.stream, seek_back=True)
        reference = generic.TrailerReference(self.handler)
        trailer = generic.DictionaryObject.read_from_stream(self.stream, reference)
        beside = trailer.get("/XRefStm")
        if beside is not None:
            self.stream.seek(int(beside))
            self._count_stream()
        return trailer.get("/Prev")

    def _count_stream(self) -> Any:
        read: Any = self._read_xref_stream_object
        _reference, section = read()
        index = section.get("/Index", [0, section.get("/Size")])
        sizes = [int(size) for size in list(index)[1::2]]
        widths = [int(width) for width in section["/W"]]
        if min([*sizes, *widths], default=0) < 0:
            raise PdfReadError("a negative number in a section of cross-references")
        self._count(sum(sizes))
        return section

    def _count(self, entries: int) -> None:
        self._sections_seen += 1
        self._entries += entries
        if self._entries > MAX_ENTRIES or self._sections_seen > MAX_SECTIONS:
            raise TooMuch
