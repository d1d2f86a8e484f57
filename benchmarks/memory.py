"""Resident memory of one process over 500 renders of different records."""

from __future__ import annotations

from documents.printing import form_input
from documents.rendering import render_pdf

from .measure import Figure, resident_mb
from .world import make_staff

EARLY, LATE = 50, 500


def figures() -> list[Figure]:
    staff = make_staff()
    staff.import_files(staff.files())
    versions = [record.current for record in staff.records()]
    early = 0.0
    for number in range(1, LATE + 1):
        version = versions[number % len(versions)]
        assert version is not None
        render_pdf(form_input(version))
        if number == EARLY:
            early = resident_mb()
    late = resident_mb()
    return [
        Figure(f"resident memory after {EARLY} renders", early, "MB"),
        Figure(f"resident memory after {LATE} renders", late, "MB", early * 1.2),
    ]
