"""Search among 10,000 records, as an inspector who sees them all and as one head."""

from __future__ import annotations

from documents.models import Record, User
from search.services import search_records

from .measure import Figure, p95, seconds
from .world import make_staff

SCHOOLS = 10
CLASSES = [(f"{grade}{letter}", 40) for grade in range(1, 6) for letter in "ABCDE"]
TIMES = 5
QUERIES = (
    "nguyen thi hoa",
    "nguyễn",
    "hoa",
    "đọc to",
    "lan lớp:3B",
    "thị mai năm:2025",
    "viết đúng và đẹp",
    "nguyen v",
    "",
    "trạng thái:nháp nguyen",
    "em biết giúp đỡ bạn bè",
)


def figures() -> list[Figure]:
    schools = [make_staff(CLASSES) for _ in range(SCHOOLS)]
    for staff in schools:
        staff.import_files(staff.files())
    # An inspector sees what is issued; nobody signs 10,000 records for a benchmark.
    readers = {"officer": schools[0].officer, "head of one school": schools[0].head}
    count = Record.objects.count()
    figures = [Figure("records in the index", count, "")]
    for name, user in readers.items():
        times = [t for query in QUERIES for t in _times(query, user)]
        figures.append(Figure(f"search, {name}, p95", p95(times), "ms", 60))
    return figures


def _times(query: str, user: User) -> list[float]:
    """Milliseconds of each repetition, as somebody who waits would count them."""
    return [seconds(lambda: search_records(query, user)) * 1000 for _ in range(TIMES)]
