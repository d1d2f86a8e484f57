"""Tables as workbooks, for people who go on working with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .workbooks import MEDIA_TYPE, Cell, Table, write_workbook

__all__ = ["MEDIA_TYPE", "Cell", "workbook"]


def workbook(title: str, rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet; the first row is its header and stays on the screen.

    A text that begins like a formula stays a text.
    """
    with write_workbook([Table(title, rows)]) as file:
        return file.read()
