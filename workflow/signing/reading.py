"""pyHanko's reader, faster in the three places where signed records spend their time.

It reads a signature of ten thousand digits one by one, for each object in an object
stream the whole table of that stream, and cross-references number by number. What is
read is the same: a test reads every object both ways.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodeContext, DecodePurpose
from pyhanko.pdf_utils.misc import PdfReadError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader, _read_header_version
from pyhanko.pdf_utils.xref import XRefCache

from .bounds import LIMITS, BoundedSections

# The value of a signature, near the beginning of its dictionary.
LONG_STRING = re.compile(rb"<((?:[0-9A-Fa-f]{2}){512,})>")
HEADER = re.compile(rb"(\d+) (\d+) obj\b")
BEGINNING = re.compile(rb"<[0-9A-Fa-f]{512}")
NEAR = 1536
CONTENTS = "/Contents"


class RecordReader(PdfFileReader):
    """Reads from bytes, strictly, and not more than a record may hold."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        # An earlier revision shares most objects with the next one, which pyHanko
        # reads again for each; what it hands out of history are copies.
        self._read: dict[tuple[int, Any], Any] = {}
        self._tables: dict[int, tuple[list[int], bytes]] = {}
        self._open(BytesIO(data))

    def _open(self, stream: BytesIO) -> None:
        """What pyHanko's own beginning does, with cross-references that are counted.

        It offers no other place to say how they are read.
        """
        self.strict = True
        self.stream = stream
        self.resolved_objects = {}
        self._security_handler = None
        self._input_version = None
        self._embedded_signatures = None
        self._historical_resolver_cache = {}
        self._decode_context = DecodeContext(LIMITS, input_size=len(self.data))
        self._header_version = _read_header_version(stream)
        sections: Any = BoundedSections(self.data, self)
        self.xrefs = XRefCache(self, sections.read_xrefs())
        self.last_startxref = sections.last_startxref
        self.trailer = sections.trailer
        self.has_xref_stream = sections.has_xref_stream

    def _read_object(  # type: ignore[override]
        self, ref: Any, marker: Any, **how: Any
    ) -> Any:
        key = (ref.idnum, marker)
        if key not in self._read:
            self._read[key] = self._read_anew(ref, marker, how)
        return self._read[key]

    def _read_anew(self, ref: Any, marker: Any, how: dict[str, Any]) -> Any:
        signature = None
        if isinstance(marker, int) and BEGINNING.search(
            self.data, marker, marker + NEAR
        ):
            signature = self._read_signature(ref, marker)
        return signature or super()._read_object(ref, marker, **how)

    def _read_signature(self, ref: Any, start: int) -> Any:
        """The signature dictionary at ``start``, or None if it is none of ours."""
        end = self.data.find(b"endobj", start)
        value = LONG_STRING.search(self.data, start, end)
        header = HEADER.match(self.data, start)
        if value is None or header is None or end < 0:
            return None
        if header.groups() != (b"%d" % ref.idnum, b"%d" % ref.generation):
            return None
        before, after = (
            self.data[header.end() : value.start()],
            self.data[value.end() : end],
        )
        stream = BytesIO(before.lstrip() + b"<>" + after)
        container = generic.Reference(ref.idnum, ref.generation, self)
        read = generic.read_object(stream, container)
        if stream.read().strip() or type(read) is not generic.DictionaryObject:
            return None
        # The string that was left out is the one that is empty now.
        place = dict.get(read, CONTENTS)
        if place is None or getattr(place, "original_bytes", None) != b"":
            return None
        contents = generic.pdf_string(bytes.fromhex(value[1].decode()))
        contents.container_ref = place.container_ref
        read[generic.pdf_name(CONTENTS)] = contents
        return read

    def _get_object_from_stream(self, idnum: int, stmnum: int, idx: int) -> Any:
        if stmnum not in self._tables:
            self._tables[stmnum] = self._read_table(stmnum)
        table, data = self._tables[stmnum]
        if not 0 <= 2 * idx < len(table) or table[2 * idx] != idnum:
            raise PdfStrictReadError("Object not found in stream, or at wrong index")
        stream = BytesIO(data)
        stream.seek(table[2 * idx + 1])
        found = generic.read_object(stream, generic.Reference(idnum, 0, self))
        if isinstance(found, generic.StreamObject | generic.IndirectObject):
            raise PdfStrictReadError("Forbidden object type in object stream")
        return found

    def _read_table(self, number: int) -> tuple[list[int], bytes]:
        """The numbers and places of a stream's objects, and its content."""
        stream = generic.Reference(number, 0, self).get_object()
        if not isinstance(stream, generic.StreamObject) or stream["/Type"] != "/ObjStm":
            raise PdfReadError(f"object {number} is no object stream")
        data: bytes = stream.read_data(DecodePurpose.OBJECT_STREAM)
        first = int(stream["/First"])
        table = [int(one) for one in data[:first].split()[: 2 * int(stream["/N"])]]
        table[1::2] = [first + place for place in table[1::2]]
        return table, data
