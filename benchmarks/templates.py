"""Contents of year sheets that cost almost nothing: one class is written, others
borrow its marks for their own pupils.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from documents.canonical import canonical_json, content_digest
from documents.kinds import get_kind
from documents.kinds.primary_year import Pupil
from documents.samples import SchoolSpec, school_sheets

KIND = "primary_year"
SIZE = 45
VARIANTS = "ABC"
# What each pupil has of their own, in the order of canonical JSON.
OWN = ("class_name", "class_teacher", "pupil", "school")


@dataclass(frozen=True)
class Content:
    """One canonical content with its digest, and where its values came from."""

    canonical: str
    sha256: str
    lineage: str
    completed: bool


@cache
def marks_of(grade: int, variant: str) -> list[tuple[list[str], bool]]:
    """For each pupil of an invented class: the pieces between ``OWN``; completed?"""
    spec = SchoolSpec.numbered(99_000, [(f"{grade}{variant}", SIZE)])
    (sheets,) = school_sheets(spec).values()
    found = []
    for sheet in sheets:
        plain = sheet.model_dump(mode="json") | {name: f"@{name}@" for name in OWN}
        pieces, rest = [], canonical_json(plain).decode()
        for name in OWN:
            before, rest = rest.split(f'"@{name}@"')
            pieces.append(before)
        found.append(([*pieces, rest], bool(sheet.completed)))
    return found


@cache
def lineage_of(grade: int) -> str:
    """What an import writes down of a sheet: each value with its file and cell."""
    spec = SchoolSpec.numbered(99_000, [(f"{grade}A", SIZE)])
    (sheets,) = school_sheets(spec).values()
    source = {"file": "C1-HocBa.xlsx", "sha256": "0" * 64, "sheet": "Sheet1", "row": 2}
    paths = _leaves(sheets[0].model_dump(mode="json"))
    return json.dumps({path: source | {"column": "D"} for path in paths})


def _leaves(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif value not in (None, "", []):
        yield path


@dataclass(frozen=True)
class ClassOfSheets:
    """Writes the contents of one class."""

    school: str  # canonical JSON
    class_name: str
    teacher: str

    def contents(self, pupils: list[Pupil], chance: Random) -> Iterator[Content]:
        """One content for each pupil, in their order."""
        grade = int(self.class_name[0])
        marks = marks_of(grade, chance.choice(VARIANTS))
        kind = get_kind(KIND)
        name, teacher = (json.dumps(text, ensure_ascii=False) for text in (
            self.class_name, self.teacher
        ))  # fmt: skip
        for pupil, (pieces, completed) in zip(pupils, marks, strict=False):
            own = (name, teacher, canonical_json(pupil).decode(), self.school)
            inner = [part for pair in zip(pieces, own, strict=False) for part in pair]
            canonical = "".join([*inner, pieces[-1]])
            digest = content_digest(KIND, kind.format_version, canonical.encode())
            yield Content(canonical, digest, lineage_of(grade), completed)
