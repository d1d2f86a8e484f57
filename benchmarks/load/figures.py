"""What locust has written down, as lines of our table."""

from __future__ import annotations

import csv
from pathlib import Path

from ..measure import Figure

GOAL = 1000.0


def read_figures(path: Path, people: int) -> list[Figure]:
    """For each page p95 in milliseconds; for all together requests and errors too."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    pages = [_page(row) for row in rows if row["Name"] != "Aggregated"]
    (everything,) = (row for row in rows if row["Name"] == "Aggregated")
    requests, errors = everything["Request Count"], everything["Failure Count"]
    return [
        *pages,
        Figure(f"{people} people, every page, p95", _ms(everything, "95%"), "ms", GOAL),
        Figure("… requests", float(requests), ""),
        Figure("… requests in a second", float(everything["Requests/s"]), ""),
        Figure("… errors", float(errors), "", 0),
    ]


def _page(row: dict[str, str]) -> Figure:
    detail = (
        f"{row['Request Count']} times, p50 {_ms(row, '50%'):.0f} ms, "
        f"{row['Failure Count']} errors"
    )
    return Figure(f"{row['Name']}: p95 ({detail})", _ms(row, "95%"), "ms", GOAL)


def _ms(row: dict[str, str], column: str) -> float:
    # A page that nobody has opened has no figures.
    return float(row[column]) if row[column] != "N/A" else 0.0
