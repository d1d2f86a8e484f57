"""How much of a stranger's file is read before it is refused.

A cross-reference stream may announce entries that take no bytes (/W [0 0 0]), and the
reader would make them all: 210 bytes cost the memory of the machine. So each section
is counted before it is read. A record of three signatures has four
sections, some 800 entries and 80 kB of unpacked streams.
"""

from __future__ import annotations

import os
from functools import lru_cache
from io import BytesIO
from itertools import accumulate
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import (
    DecodeLimits,
    DecodePurpose,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.misc import (
    PdfReadError,
    PdfStrictReadError,
    read_non_whitespace,
)
from pyhanko.pdf_utils.reader import process_data_at_eof
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.pdf_utils.xref import (
    ObjStreamRef,
    XRefBuilder,
    XRefSection,
    XRefSectionData,
    XRefSectionMetaInfo,
    XRefSectionType,
    _prev,
    parse_xref_stream,
)

MiB = 1024 * 1024
LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=16 * MiB),
    document_budget=DocumentDecodeBudget(base_allowance=64 * MiB, max_ratio=4),
)
MAX_SECTIONS = 500
MAX_ENTRIES = 100_000
# "0000000017 00000 n" and its line end; readers forgive one byte less.
ENTRY_BYTES = 19
# A section of a record has a few hundred; a stranger's thousands are soon forgotten.
REMEMBERED = 1_000
# The kinds of entries in a stream, and the bytes of a number that can be a place.
FREE, IN_FILE, IN_STREAM = range(3)
LARGEST = 8
MAX_GENERATION = 0xFFFF


class TooMuch(PdfReadError):
    """The file announces more objects than any record has."""

    def __init__(self) -> None:
        super().__init__("too many entries or sections of cross-references")


class BoundedSections(XRefBuilder):
    """Counts each section before it reads it, and reads it once.

    What is read is what pyHanko reads. Raises TooMuch, or what pyHanko raises.
    """

    def __init__(self, data: bytes, handler: PdfHandler) -> None:
        stream = BytesIO(data)
        stream.seek(-1, os.SEEK_END)
        start = process_data_at_eof(stream)
        super().__init__(handler, stream, strict=True, last_startxref=start)
        self._data = data
        self._sections_seen = 0
        self._entries = 0

    def _read_xref_stream(self, declared_startxref: int) -> Any:
        start = self.stream.tell()
        reference, section = self._counted_stream()
        facts: Any = XRefSectionMetaInfo(
            xref_section_type=XRefSectionType.STREAM,
            size=int(section.raw_get("/Size")),
            declared_startxref=declared_startxref,
            start_location=start,
            end_location=self.stream.tell(),
            stream_ref=reference,
        )
        self.sections.append(XRefSection(facts, read_entries(section)))
        self.trailer.add_trailer_revision(section)
        return _prev(section)

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
            self._counted_stream()
        self.stream.seek(begin)
        return super()._read_xref_table(declared_startxref)

    def _counted_stream(self) -> Any:
        read: Any = self._read_xref_stream_object
        reference, section = read()
        index = section.get("/Index", [0, section.get("/Size")])
        sizes = [int(size) for size in list(index)[1::2]]
        widths = [int(width) for width in section["/W"]]
        if min([*sizes, *widths], default=0) < 0:
            raise PdfReadError("a negative number in a section of cross-references")
        self._count(sum(sizes))
        return reference, section

    def _count(self, entries: int) -> None:
        self._sections_seen += 1
        self._entries += entries
        if self._entries > MAX_ENTRIES or self._sections_seen > MAX_SECTIONS:
            raise TooMuch


def read_entries(section: Any) -> XRefSectionData:
    """The entries of a cross-reference stream (ISO 32000-1 §7.5.8.3).

    pyHanko makes seven calls for each number. What is not laid out as every writer
    does it is left to pyHanko, which knows what is allowed.
    """
    index = [int(one) for one in section.get("/Index", [0, section.get("/Size")])]
    widths = [int(one) for one in section["/W"]]
    ends = list(accumulate(widths))
    numbers = [
        number
        for start, size in zip(index[::2], index[1::2], strict=False)
        for number in range(start, start + size)
    ]
    ordered = len(index) % 2 == 0 and numbers == sorted(set(numbers))
    if not ordered or len(widths) != 3 or not 0 < min(widths) <= max(widths) <= LARGEST:
        return read_by_pyhanko(section)
    expected = len(numbers) * (ends[-1] + 1)  # with the tags of a predictor
    data = section.read_data(DecodePurpose.XREF_STREAM, expected_size=expected)
    if len(data) != len(numbers) * ends[-1]:
        return read_by_pyhanko(section)
    read = entered if len(numbers) <= REMEMBERED else entered.__wrapped__
    return copied(read(data, tuple(numbers), tuple(widths)))


# Each revision of a file is read with all that stand before it, and a file that is
# being signed is opened half a dozen times: the same sections again and again.
@lru_cache(maxsize=32)
def entered(
    data: bytes, numbers: tuple[int, ...], widths: tuple[int, ...]
) -> XRefSectionData:
    """What the rows of ``data`` say; for all who ask, so nobody may change it."""
    found = XRefSectionData()
    one, two, row = accumulate(widths)
    signed = widths[1] == LARGEST  # as pyHanko takes it
    for number, place in zip(numbers, range(0, len(data), row), strict=True):
        kind = int.from_bytes(data[place : place + one], "big")
        first = int.from_bytes(data[place + one : place + two], "big", signed=signed)
        second = int.from_bytes(data[place + two : place + row], "big")
        enter(found, number, kind, first, second)
    return found


def copied(section: XRefSectionData) -> XRefSectionData:
    own = XRefSectionData()
    own.freed = dict(section.freed)
    own.standard_xrefs = dict(section.standard_xrefs)
    own.xrefs_in_objstm = dict(section.xrefs_in_objstm)
    own.explicit_refs_in_revision = set(section.explicit_refs_in_revision)
    own.obj_streams_used = set(section.obj_streams_used)
    return own


def read_by_pyhanko(section: Any) -> XRefSectionData:
    found = XRefSectionData()
    found.process_entries(parse_xref_stream(section, strict=True), strict=True)
    return found


def enter(found: XRefSectionData, number: int, kind: int, one: int, two: int) -> None:
    """One entry; the first object and unknown kinds are passed over."""
    if kind in (FREE, IN_FILE) and two > MAX_GENERATION:
        raise PdfStrictReadError(f"illegal generation {two} of object {number}")
    if number == 0:
        return
    if kind == IN_FILE:
        found.standard_xrefs[number] = (two, one)
        found.explicit_refs_in_revision.add((number, two))
    elif kind == IN_STREAM:
        found.xrefs_in_objstm[number] = ObjStreamRef(one, two)
        found.obj_streams_used.add(one)
        found.explicit_refs_in_revision.add((number, 0))
    elif kind == FREE:
        found.freed[number] = two
        # The number stands for the generation that may come next.
        found.explicit_refs_in_revision.add((number, two - 1))
