"""The data of the primary year sheet, read from primary_year.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

ALL_GRADES = (1, 2, 3, 4, 5)


class Item(BaseModel):
    """A subject, quality, competency, result or award as the form names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    label: str
    labels: tuple[str, ...] = ()

    @property
    def all_labels(self) -> tuple[str, ...]:
        return (self.label, *self.labels)


class Subject(Item):
    grades: tuple[int, ...] = ()
    optional: tuple[int, ...] = ()
    scored: tuple[int, ...] = ()


class Competency(Item):
    grades: tuple[int, ...] = ALL_GRADES


class Award(Item):
    needs: str


class Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    from_year: str
    district_line: bool


class Tables(BaseModel):
    """All of primary_year.toml, in printed order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forms: tuple[Form, ...]
    subjects: tuple[Subject, ...]
    qualities: tuple[Item, ...]
    general: tuple[Item, ...]
    specific: tuple[Competency, ...]
    results: tuple[Item, ...]
    awards: tuple[Award, ...]

    def subjects_of(self, grade: int) -> list[Subject]:
        """Required and optional subjects of a grade, in printed order."""
        return [s for s in self.subjects if grade in (*s.grades, *s.optional)]

    def specific_of(self, grade: int) -> list[Competency]:
        return [c for c in self.specific if grade in c.grades]

    def form_of(self, school_year: str) -> Form:
        """The newest form in force in that year ("2025-2026")."""
        return [f for f in self.forms if f.from_year <= school_year][-1]


@cache
def tables() -> Tables:
    path = Path(__file__).with_name("primary_year.toml")
    return Tables.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
