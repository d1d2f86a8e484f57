"""What a kind hands over to be printed, and how the form writes dates and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Rows:
    """The table that decides how large the type of a sheet can be.

    Each of ``cells`` is the label and the comment of one row; ``widths`` are their
    columns as parts of the text's width, ``dense_widths`` those of small type, where
    the comments need the room; ``others`` is the height of all else in em.
    """

    cells: tuple[tuple[str, str], ...]
    widths: tuple[float, float]
    dense_widths: tuple[float, float]
    others: float


@dataclass(frozen=True)
class Sheet:
    """One printed page.

    ``template`` is a file name in the kind's folder under templates/documents/.
    ``size`` is the largest size of type in points; the renderer guesses from ``rows``
    and steps down until the sheet takes exactly one page. With ``qr`` the page keeps
    a place for the QR code.
    """

    template: str
    size: float
    rows: Rows | None = None
    qr: bool = False


@dataclass(frozen=True)
class Printout:
    """The printed form of one content: its sheets in order, and what they say."""

    title: str
    author: str
    sheets: tuple[Sheet, ...]
    context: Mapping[str, Any]


def short_date(value: date | None) -> str:
    """05/01/2026, or nothing."""
    return f"{value:%d/%m}/{value.year:04d}" if value else ""


def long_date(value: date | None) -> str:
    """``ngày 05 tháng 01 năm 2026``, with dots to fill in when there is no date.

    Days below 10 and months 1 and 2 have a leading zero (Decree 30/2020/NĐ-CP), so
    that no digit can be put before them.
    """
    if value is None:
        return "ngày …… tháng …… năm ………"
    month = f"{value.month:02d}" if value.month < 3 else str(value.month)
    return f"ngày {value.day:02d} tháng {month} năm {value.year}"


def number(value: float | None) -> str:
    """The shortest decimal with a comma: 9, 24,5; nothing for None."""
    return "" if value is None else f"{value:.10g}".replace(".", ",")
