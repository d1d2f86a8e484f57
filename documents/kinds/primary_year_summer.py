"""Second results of a primary year sheet: what is in effect, and what the rules say.

A pupil who did not complete the programme is assessed again in summer, in what was
not completed. What was not assessed again stays as it was first (domain.md §2, §3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .base import Finding
from .primary_year_checks import FINDINGS, check

if TYPE_CHECKING:
    from .primary_year import PrimaryYear, ReassessedYear
    from .primary_year_class import ClassContext

AREAS = ("subjects", "qualities", "general", "specific")
LEAVES = ("level", "score", "comment")
CONCLUSION = ("result", "result_reason", "completed", "promoted")
SECOND = "second"
SECOND_COMMENT_LENGTH = 200


def in_effect(plain: Mapping[str, Any]) -> dict[str, Any]:
    """A content of format 2 as one of format 1: what counts in the end.

    Second marks where there are some. The conclusion is the second one as a whole: it
    is drawn again from all marks.
    """
    found = dict(plain)
    for area in AREAS:
        found[area] = {key: _mark(marks) for key, marks in found[area].items()}
    second: dict[str, Any] = found.pop(SECOND)
    return found | second


def _mark(marks: Mapping[str, Any]) -> dict[str, Any]:
    return {
        leaf: marks[f"{SECOND}_{leaf}"] or marks[leaf]
        for leaf in LEAVES
        if leaf in marks
    }


def second_path(path: str) -> str:
    """Where the second value of a first one stands; any other path as it is."""
    area, _dot, rest = path.partition(".")
    if area in AREAS and "." in rest:
        above, _dot, leaf = path.rpartition(".")
        return f"{above}.{SECOND}_{leaf}"
    return f"{SECOND}.{path}" if path in CONCLUSION else path


def second_values(
    known: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Values by path, each moved to where the second result stands.

    What is the first one once more says nothing new, and is left out unless there is
    a second one already.
    """
    found = {}
    for path, value in values.items():
        second = second_path(path)
        is_old = known.get(path) == value and known.get(second) in (None, "")
        if path == second or not is_old:
            found[second] = value
    return found


def second_comments(content: PrimaryYear) -> list[str]:
    """The comments of the re-assessment, in printed order."""
    marks = [mark for area in AREAS for mark in getattr(content, area).values()]
    texts = [getattr(mark, f"{SECOND}_comment", "") for mark in marks]
    return [text for text in texts if text]


def check_second(content: ReassessedYear, context: ClassContext) -> Iterator[Finding]:
    """What the rules say of what is in effect, each where it can be mended.

    The first results are signed: what was to be said of them has been said.
    """
    for finding in check(content.in_effect(), context):
        yield replace(finding, path=second_path(finding.path))
    if content.second.completed is None:
        code = "second_completion_missing"
        severity, message = FINDINGS[code]
        yield Finding(code, severity, f"{SECOND}.completed", message)
