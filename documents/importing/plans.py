"""The plan of an import: one row for each pupil, and what is wrong."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ..canonical import digest_of
from ..kinds import primary_year_import as kind
from ..kinds.primary_year import PrimaryYear
from ..models import Enrolment, Pupil, Record, Unit
from ..models.imports import Outcome
from .facts import Facts
from .messages import Note, Repair
from .proposals import Proposal


@dataclass
class Planned:
    """One pupil of the plan. ``content`` is set when a version is to be written."""

    outcome: Outcome
    class_name: str
    code: str
    name: str
    proposal: Proposal | None = None
    pupil: Pupil | None = None
    enrolment: Enrolment | None = None
    record: Record | None = None
    content: PrimaryYear | None = None
    lineage: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    from_class: str = ""
    notes: list[Note] = field(default_factory=list)

    def detail(self) -> dict[str, Any]:
        """What the screens show of this pupil."""
        detail: dict[str, Any] = {
            "changes": [
                {"path": path, "label": kind.label_of(path), "old": old, "new": new}
                for path, (old, new) in self.changes.items()
            ],
            "notes": [note.as_json() for note in self.notes],
        }
        if self.from_class:
            detail["from_class"] = self.from_class
        return detail


@dataclass
class Plan:
    unit: Unit
    school_year: str
    facts: Facts | None = None
    rows: list[Planned] = field(default_factory=list)
    errors: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)

    @property
    def is_blocked(self) -> bool:
        """Whether an error speaks of a whole file, so that no row can be skipped."""
        return any(note.is_fatal for note in self.errors)

    def class_names(self) -> set[str]:
        """Every class that the plan writes to or takes a pupil from."""
        names = {row.class_name for row in self.rows}
        return (names | {row.from_class for row in self.rows}) - {""}

    def report(self) -> dict[str, Any]:
        """The contract of `import_records`, with what was added to it."""
        counts = Counter(row.outcome for row in self.rows)
        return {
            "committed": False,
            **{outcome.value: counts[outcome] for outcome in Outcome},
            "errors": [note.as_json() for note in self.errors],
            "warnings": [note.as_json() for note in self.warnings],
            "repairs": [repair.as_json() for repair in self.repairs],
            "fingerprint": self.fingerprint(),
        }

    def fingerprint(self) -> str:
        """Differs whenever the same files would do anything else."""
        rows = [
            {
                "code": row.code,
                "outcome": row.outcome.value,
                "class": [row.from_class, row.class_name],
                "version": row.record.current_id if row.record else None,
                "changes": [[path, *pair] for path, pair in row.changes.items()],
            }
            for row in self.rows
        ]
        errors = [[note.code, str(note.place)] for note in self.errors]
        return digest_of(json.loads(json.dumps({"rows": rows, "errors": errors})))
