from __future__ import annotations

from documents.kinds.printing import Rows, Sheet
from documents.rendering.fitting import SIZES, first_size, smaller_sizes


def sheet(length: int) -> Sheet:
    cells = tuple(("Toán", "chữ " * (length // 4)) for _ in range(14))
    return Sheet("x.html", 13, rows=Rows(cells, (0.28, 0.40), (0.20, 0.60), 10))


def test_the_more_is_written_the_smaller_the_type():
    sizes = [first_size(sheet(length)) for length in (0, 100, 200, 300, 400)]

    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 13
    assert sizes[-1] < 10


def test_no_type_is_smaller_than_six_points():
    assert first_size(sheet(4000)) == SIZES[-1] == 6
    assert smaller_sizes(6) == []


def test_a_sheet_without_rows_starts_with_its_own_size():
    assert first_size(Sheet("cover.html", 14)) == 14
