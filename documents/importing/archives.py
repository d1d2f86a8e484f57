"""Looks into a zip before a spreadsheet reader does: size, damage, entities."""

from __future__ import annotations

import io
import zipfile
import zlib

from .errors import FileProblem

MAX_PARTS = 2_000
MAX_UNPACKED_BYTES = 150 * 1024 * 1024
# Sheets of a school pack about 10 : 1, empty formatted ones 100 : 1; bombs 1000 : 1.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 5 * 1024 * 1024
CHUNK = 1024 * 1024

ODS = b"application/vnd.oasis.opendocument.spreadsheet"


def check_archive(file: str, data: bytes) -> None:
    """Raise FileProblem unless ``data`` is a whole, sane .xlsx or .ods.

    Every part is unpacked once, at most to the size that it declares: a part that
    lies about its size fails its checksum here and not in the reader.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_sizes(file, parts, len(data))
            _check_kind(file, archive)
            for part in parts:
                _check_part(file, archive, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError) as error:
        raise FileProblem("file_truncated", file) from error
    except (NotImplementedError, RuntimeError, ValueError) as error:
        raise FileProblem("file_unreadable", file) from error


def _check_sizes(file: str, parts: list[zipfile.ZipInfo], packed: int) -> None:
    total = sum(part.file_size for part in parts)
    ratio = total / max(packed, 1)
    too_dense = total > RATIO_COUNTS_FROM and ratio > MAX_RATIO
    if len(parts) > MAX_PARTS or total > MAX_UNPACKED_BYTES or too_dense:
        raise FileProblem("file_unpacks_too_big", file)


def _check_kind(file: str, archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if any(part.flag_bits & 1 for part in archive.infolist()):
        raise FileProblem("file_encrypted", file)
    if "xl/workbook.xml" in names:
        return
    if "mimetype" in names and archive.read("mimetype").strip() == ODS:
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise FileProblem("file_encrypted", file)
        return
    found = "word" if "word/document.xml" in names else "archive"
    raise FileProblem("file_not_a_spreadsheet", file, found=found)


def _check_part(file: str, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    is_picture = "/media/" in part.filename or part.filename.startswith("Pictures/")
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            # NUL in XML means UTF-16, which would hide a declaration from us.
            hides = is_xml and b"\0" in chunk
            if not is_picture and (hides or _declares_entities(tail + chunk)):
                raise FileProblem("file_unsafe", file)
            tail = chunk[-16:]


def _declares_entities(xml: bytes) -> bool:
    return b"<!DOCTYPE" in xml or b"<!ENTITY" in xml
