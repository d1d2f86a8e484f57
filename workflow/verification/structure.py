"""The file as a chain of revisions: where it ends, what it carries, what changed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from workflow.signing.reading import RecordReader
from workflow.signing.update import date_fields, follow
from workflow.verification.reasons import Reason, unreadable_end

MAX_SIZE = 50 * 1024 * 1024
RECORD_NAME = "record.json"
PACKET_NAME = "hoc-ba.xml"
END_MARK = b"%%EOF"
# What stands behind an end when the file was cut within its next revision.
BEGINNING = re.compile(rb"\s*\d+ \d+ obj\b")
# Trees in real files are flat; one that refers to itself must end somewhere.
MAX_DEPTH = 20
# The end of each state that was saved, and where its table stands.
SAVED = re.compile(rb"startxref\s+(\d+)\s+%%EOF")


class Unreadable(Exception):
    """The file cannot be judged, for this reason."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Opened:
    """A file that can be read, up to its last end mark."""

    data: bytes
    reader: PdfFileReader
    trailing_bytes: int


def open_file(data: bytes) -> Opened:
    """Read the file strictly; what follows the last end mark is only counted."""
    if not data:
        raise Unreadable(Reason.EMPTY_FILE)
    if len(data) > MAX_SIZE:
        raise Unreadable(Reason.TOO_LARGE)
    if not data.startswith(b"%PDF-"):
        raise Unreadable(Reason.NOT_A_PDF)
    end = end_of_file(data)
    if BEGINNING.match(data, end):
        raise Unreadable(Reason.TRUNCATED)
    try:
        reader = RecordReader(data[:end])
        encrypted = reader.encrypted
    except PdfError as error:
        raise Unreadable(unreadable_end(len(data) - end)) from error
    if encrypted:
        raise Unreadable(Reason.ENCRYPTED)
    return Opened(data, reader, len(data) - end)


def end_of_file(data: bytes) -> int:
    """The place behind the last end mark and its line end."""
    mark = data.rfind(END_MARK)
    if mark < 0:
        raise Unreadable(Reason.TRUNCATED)
    end = mark + len(END_MARK)
    for line_end in (b"\r\n", b"\n", b"\r"):
        if data.startswith(line_end, end):
            return end + len(line_end)
    return end


def embedded_record(reader: PdfFileReader) -> bytes | None:
    """The canonical JSON; see ``attachment``."""
    return attachment(reader, RECORD_NAME)


def embedded_packet(reader: PdfFileReader) -> bytes | None:
    """The signed XML; see ``attachment``."""
    return attachment(reader, PACKET_NAME)


def attachment(reader: Any, wanted: str) -> bytes | None:
    """The bytes of the one attachment of that name; None if not exactly one."""
    found = [
        specification
        for name, specification in embedded_files(reader)
        if name == wanted
    ]
    if len(found) != 1:
        return None
    try:
        data: bytes = found[0]["/EF"]["/F"].data
    except zlib.error:  # then the signatures say that bytes were changed
        return None
    return data


def embedded_files(handler: Any) -> Iterator[tuple[str, generic.DictionaryObject]]:
    """Every attachment with the name that readers show."""
    tree = follow(follow(handler.root, "/Names", {}), "/EmbeddedFiles")
    nodes = [(tree, 0)] if tree is not None else []
    while nodes:
        node, depth = nodes.pop()
        if depth < MAX_DEPTH:
            kids = follow(node, "/Kids", ())
            nodes += [(kid.get_object(), depth + 1) for kid in kids]
        pairs = list(follow(node, "/Names", ()))
        for specification in pairs[1::2]:
            entry = specification.get_object()
            yield str(follow(entry, "/UF", follow(entry, "/F", ""))), entry


def effective_date(reader: PdfFileReader) -> set[str]:
    """What the boxes of the effective date say; more than one text is a fault."""
    return {str(follow(field, "/V", "")) for field in date_fields(reader)}


def pages(handler: Any) -> Iterator[generic.DictionaryObject]:
    """The pages in order; a loop in the tree ends at the depth of real files."""
    nodes = [(handler.root["/Pages"], 0)]
    while nodes:
        node, depth = nodes.pop()
        if follow(node, "/Type") == "/Page":
            yield node
        elif depth < MAX_DEPTH:
            kids = [kid.get_object() for kid in follow(node, "/Kids", ())]
            nodes += [(kid, depth + 1) for kid in reversed(kids)]


def page_tree(handler: Any) -> Iterator[generic.DictionaryObject]:
    """The nodes above the pages, the root first."""
    nodes = [(handler.root["/Pages"], 0)]
    while nodes:
        node, depth = nodes.pop()
        if follow(node, "/Type") == "/Pages" and depth < MAX_DEPTH:
            yield node
            kids = [kid.get_object() for kid in follow(node, "/Kids", ())]
            nodes += [(kid, depth + 1) for kid in kids]


def skips_history(data: bytes, reader: PdfFileReader) -> bool:
    """Whether a state of the file was saved that its own history does not tell of."""
    saved = {int(place) for place in SAVED.findall(data)}
    told = {
        reader.xrefs.get_xref_container_info(number).start_location
        for number in range(reader.xrefs.total_revisions)
    }
    return not saved <= told


def annotation_list(page: generic.DictionaryObject) -> list[Any]:
    return list(follow(page, "/Annots", ()))


def form_fields(handler: Any) -> Iterator[generic.DictionaryObject]:
    """Every field of the form, parents before their children."""
    form = follow(handler.root, "/AcroForm", {})
    nodes = [(kid.get_object(), 0) for kid in follow(form, "/Fields", ())]
    while nodes:
        node, depth = nodes.pop(0)
        yield node
        if depth < MAX_DEPTH:
            kids = follow(node, "/Kids", ())
            nodes += [(kid.get_object(), depth + 1) for kid in kids]
