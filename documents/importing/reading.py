"""From the bytes of a file to sheets of cells, or one FileProblem.

What a file is, is decided by its content, never by its name: browsers and portals
rename files, "KetQua (1).xlsx" is as good as any.
"""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from .archives import check_archive
from .cells import Cell, Sheet, Upload, Workbook, is_blank
from .errors import FileProblem

MAX_FILES = 200
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_SHEETS = 64
MAX_ROWS = 20_000
MAX_COLUMNS = 256
# What one file may take while it is read, in a process of its own.
MAX_MEMORY_BYTES = 1024 * 1024 * 1024
MAX_SECONDS = 20

PROCESS = Path(__file__).with_name("workbook_process.py")
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHERS = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"{\\rtf", "word"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"PK\x05\x06", "archive"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
)


def read_all(uploads: Sequence[Upload]) -> tuple[list[Workbook], list[FileProblem]]:
    """Read every file; a bad one becomes a problem and the others are still read."""
    if len(uploads) > MAX_FILES:
        problem = FileProblem("too_many_files", "", count=len(uploads), limit=MAX_FILES)
        return [], [problem]
    found: dict[int, list[Sheet] | FileProblem] = {}
    for index, upload in enumerate(uploads):
        try:
            if (sheets := _look(upload)) is not None:
                found[index] = sheets
        except FileProblem as problem:
            found[index] = problem
    binary = [index for index in range(len(uploads)) if index not in found]
    answers = _ask_process([uploads[index].data for index in binary])
    for index, answer in zip(binary, answers, strict=True):
        found[index] = _sheets_of(uploads[index], answer)
    return _sorted_out(uploads, found)


def read_one(upload: Upload) -> Workbook:
    """Read one file. Raises FileProblem."""
    books, problems = read_all([upload])
    if problems:
        raise problems[0]
    return books[0]


def _sorted_out(
    uploads: Sequence[Upload], found: dict[int, list[Sheet] | FileProblem]
) -> tuple[list[Workbook], list[FileProblem]]:
    books, problems = [], []
    for index, upload in enumerate(uploads):
        result = found[index]
        if isinstance(result, FileProblem):
            problems.append(result)
        else:
            size = len(upload.data)
            books.append(Workbook(upload.name, upload.sha256, size, result))
    return books, problems


def _look(upload: Upload) -> list[Sheet] | None:
    """The sheets of a text file; None for a workbook that may be opened."""
    data, file = upload.data, upload.name
    if len(data) > MAX_FILE_BYTES:
        size, limit = -(-len(data) // 1024**2), MAX_FILE_BYTES // 1024**2
        raise FileProblem("file_too_big", file, size=size, limit=limit)
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise FileProblem("file_empty", file)
    if data.startswith(ZIP):
        check_archive(file, data)
        return None
    if data.startswith(OLE):
        _check_compound(file, data)
        return None
    for magic, found in OTHERS:
        if data.startswith(magic):
            raise FileProblem("file_not_a_spreadsheet", file, found=found)
    return [_read_text(upload)]


def _check_compound(file: str, data: bytes) -> None:
    """An OLE file is an old workbook, or the wrapping of an encrypted new one."""
    if _utf16("EncryptedPackage") in data:
        raise FileProblem("file_encrypted", file)
    if _utf16("WordDocument") in data:
        raise FileProblem("file_not_a_spreadsheet", file, found="word")
    if _utf16("Workbook") not in data and _utf16("Book") not in data:
        raise FileProblem("file_truncated", file)


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


# -- Workbooks, read by a process of their own -----------------------------------


def _ask_process(files: Sequence[bytes]) -> list[dict[str, Any]]:
    """One answer for each file. A file that kills the process is its own answer."""
    answers: list[dict[str, Any]] = []
    while len(answers) < len(files):
        rest = files[len(answers) :]
        came = _run(rest)
        answers += came
        if len(came) < len(rest):
            answers.append({"error": "file_too_large_inside", "params": {}})
    return answers


def _run(files: Sequence[bytes]) -> list[dict[str, Any]]:
    limits = {
        "memory": MAX_MEMORY_BYTES,
        "seconds": MAX_SECONDS,
        "sheets": MAX_SHEETS,
        "rows": MAX_ROWS,
        "columns": MAX_COLUMNS,
    }
    frames = [json.dumps(limits).encode(), *files]
    sent = b"".join(struct.pack(">I", len(frame)) + frame for frame in frames)
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(PROCESS)],
            input=sent,
            capture_output=True,
            timeout=MAX_SECONDS * (len(files) + 1),
            env={},
            check=False,
        )
        output = done.stdout
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
    lines = output.splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def _sheets_of(upload: Upload, answer: dict[str, Any]) -> list[Sheet] | FileProblem:
    if "error" in answer:
        return FileProblem(answer["error"], upload.name, **answer["params"])
    return [
        Sheet(
            file=upload.name,
            sha256=upload.sha256,
            name=sheet["name"],
            hidden=sheet["hidden"],
            rows=[[_cell(value) for value in row] for row in sheet["rows"]],
        )
        for sheet in answer["sheets"]
    ]


def _cell(value: Any) -> Cell:
    if not isinstance(value, list):
        return None if value is None else _number_or_text(value)
    tag, content = value
    match tag:
        case "datetime":
            return datetime.fromisoformat(content)
        case "date":
            return date.fromisoformat(content)
        case "time":
            return time.fromisoformat(content)
    return float(content)


def _number_or_text(value: str | float | bool) -> Cell:
    """Whole floats become whole numbers, as Excel shows them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


# -- Text with separators ----------------------------------------------------------

_MARKUP = re.compile(rb"^\s*<(?:!doctype\s+html|html|table|head|\?xml|meta)", re.I)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")


def _read_text(upload: Upload) -> Sheet:
    file, data = upload.name, upload.data
    if _MARKUP.match(data.removeprefix(b"\xef\xbb\xbf")):
        raise FileProblem("file_not_a_spreadsheet", file, found="web page")
    text = _decoded(file, data)
    if _CONTROL.search(text):
        raise FileProblem("file_not_a_spreadsheet", file, found="unknown")
    rows: list[list[Cell]] = []
    try:
        for row in csv.reader(
            io.StringIO(text, newline=""), delimiter=_delimiter(text)
        ):
            rows.append([value or None for value in row])
            _check_size(file, len(rows), len(row))
    except csv.Error as error:
        raise FileProblem("file_unreadable", file, detail=str(error)) from error
    width = max(map(len, rows), default=0)
    rows = [row + [None] * (width - len(row)) for row in rows]
    return Sheet(file, upload.sha256, _stem(file), rows)


def _check_size(file: str, rows: int, columns: int) -> None:
    for what, count, limit in (
        ("rows", rows, MAX_ROWS),
        ("columns", columns, MAX_COLUMNS),
    ):
        if count > limit:
            code = f"too_many_{what}"
            raise FileProblem(code, file, sheet="", count=count, limit=limit)


def _decoded(file: str, data: bytes) -> str:
    """UTF-8, UTF-16 with its mark (Excel's "Unicode text"), else Windows Vietnamese."""
    encodings = ("utf-8-sig", "cp1258")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16", "utf-16")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileProblem("file_not_a_spreadsheet", file, found="unknown")


def _delimiter(text: str) -> str:
    """The separator that most of the first lines have in the same number."""
    lines = [line for line in text.splitlines()[:30] if line.strip()]
    counts = {mark: [line.count(mark) for line in lines] for mark in ",;\t|"}
    return max(counts, key=lambda mark: sorted(counts[mark])[len(lines) // 2])


def _stem(file: str) -> str:
    return Path(file).stem


def filled_rows(sheet: Sheet) -> Iterator[tuple[int, list[Cell]]]:
    """The rows that hold anything, with their index from 0."""
    for index, row in enumerate(sheet.rows):
        if not all(map(is_blank, row)):
            yield index, row
