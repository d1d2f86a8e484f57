"""How large the type of a sheet can be."""

from __future__ import annotations

from documents.kinds.printing import Rows, Sheet

from ..typeface import FACES, metrics

# Nobody should have to read anything smaller than the last.
SIZES = (14, 13.5, 13, 12.5, 12, 11.5, 11, 10.5, 10, 9.5, 9, 8.5, 8, 7.5, 7, 6.5, 6)
# Below this size templates/documents/form.css gives the comments more room.
DENSE_BELOW = 10
# Of form.css: the text's width and a body's height in points, lines and cells in em.
TEXT_WIDTH = 504.5
BODY_HEIGHT = 759.0
LINE_HEIGHT = 1.18
CELL_HEIGHT = 0.44
CELL_WIDTH = 0.7
BORDER = 0.5


def smaller_sizes(size: float) -> list[float]:
    """The sizes to try below ``size``, largest first."""
    return [step for step in SIZES if step < size]


def first_size(sheet: Sheet) -> float:
    """The size to lay the sheet out with first.

    Right for almost every sheet, so that most records are laid out once. Lines are
    broken here as a browser does, without kerning: it is a guess all the same, and
    the pages are counted afterwards.
    """
    rows = sheet.rows
    if rows is None:
        return sheet.size
    labels, comments = (
        [_word_widths(text) for text in column]
        for column in zip(*rows.cells, strict=True)
    )
    for size in (step for step in SIZES if step <= sheet.size):
        if _height(labels, comments, rows, size) <= BODY_HEIGHT:
            return size
    return SIZES[-1]


def _word_widths(text: str) -> list[float]:
    face = metrics(next(iter(FACES)))
    return [face.width(word) for word in text.split()]


def _height(
    labels: list[list[float]], comments: list[list[float]], rows: Rows, size: float
) -> float:
    widths = rows.dense_widths if size < DENSE_BELOW else rows.widths
    in_em = [TEXT_WIDTH * width / size - CELL_WIDTH for width in widths]
    lines = sum(
        max(_lines(label, in_em[0]), _lines(comment, in_em[1]))
        for label, comment in zip(labels, comments, strict=True)
    )
    cells = len(labels) * (CELL_HEIGHT * size + BORDER)
    return (lines * LINE_HEIGHT + rows.others) * size + cells


def _lines(words: list[float], width: float) -> int:
    """Greedy line breaking; a word wider than a line is broken anywhere."""
    space, lines, used = 0.25, 1, 0.0
    for word in words:
        needed = used + space + word if used else word
        if needed > width:
            lines += 1 if used else 0
            lines += int(word // width)
            needed = word % width
        used = needed
    return lines
