"""Reads workbooks in a process of its own, with little memory and time.

A workbook of a few kilobytes may name a cell in the last row and column; the reader
would reserve the whole rectangle and take the server with it. Here only this process
dies. It is started as a file, imports nothing of ours, takes length-prefixed files on
standard input and answers with one line of JSON each.
"""

from __future__ import annotations

import io
import json
import resource
import struct
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import (
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)


class Refused(Exception):
    """``args`` are the code and its parameters."""


def main() -> None:
    limits = json.loads(_frame())
    memory = limits["memory"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while data := _frame():
        _allow_seconds(limits["seconds"])
        sys.stdout.write(json.dumps(_answer(data, limits)) + "\n")
        sys.stdout.flush()


def _frame() -> bytes:
    head = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(struct.unpack(">I", head)[0]) if head else b""


def _allow_seconds(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _answer(data: bytes, limits: dict[str, int]) -> dict[str, Any]:
    try:
        return {"sheets": _sheets(data, limits)}
    except Refused as error:
        code, params = error.args
        return {"error": code, "params": params}
    except PasswordError:
        return {"error": "file_encrypted", "params": {}}
    except MemoryError:
        return {"error": "file_too_large_inside", "params": {}}
    except BaseException as error:  # a panic of the reader is not an Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        return {"error": "file_unreadable", "params": {"detail": str(error)[:200]}}


def _sheets(data: bytes, limits: dict[str, int]) -> list[dict[str, Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    kinds = [m for m in book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
    if len(kinds) > limits["sheets"]:
        params = {"count": len(kinds), "limit": limits["sheets"]}
        raise Refused("too_many_sheets", params)
    return [
        {
            "name": meta.name,
            "hidden": meta.visible != SheetVisibleEnum.Visible,
            "rows": _rows(book.get_sheet_by_name(meta.name), limits),
        }
        for meta in kinds
    ]


def _rows(sheet: CalamineSheet, limits: dict[str, int]) -> list[list[Any]]:
    if sheet.end is None:
        return []
    sizes = (("rows", sheet.end[0] + 1), ("columns", sheet.end[1] + 1))
    for what, count in sizes:
        if count > limits[what]:
            params = {"sheet": sheet.name, "count": count, "limit": limits[what]}
            raise Refused(f"too_many_{what}", params)
    rows = sheet.to_python(skip_empty_area=False)
    return [[_plain(cell) for cell in row] for row in rows]


def _plain(cell: object) -> Any:
    """Text, numbers and truth as they are; times as a tagged pair."""
    if cell == "":
        return None
    if isinstance(cell, datetime):
        return ["datetime", cell.isoformat()]
    if isinstance(cell, date):
        return ["date", cell.isoformat()]
    if isinstance(cell, time):
        return ["time", cell.isoformat()]
    if isinstance(cell, timedelta):
        return ["serial", cell.total_seconds() / 86400]
    return cell


if __name__ == "__main__":
    main()
