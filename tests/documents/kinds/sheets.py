"""Year sheets with which nothing is wrong but for the changes, and their findings."""

from __future__ import annotations

from datetime import date
from typing import Any

from documents.kinds.primary_year import (
    PrimaryYear,
    Pupil,
    School,
    SubjectMark,
    TraitMark,
)
from documents.kinds.primary_year_checks import ClassContext, check
from documents.kinds.primary_year_form import tables


def sheet(
    *,
    grade: int = 3,
    level: str = "H",
    score: float = 7,
    trait: str = "Đ",
    pupil: dict[str, Any] | None = None,
    **changes: Any,
) -> PrimaryYear:
    """A sheet with which nothing is wrong, but for the changes."""
    subjects = {
        subject.code: SubjectMark(
            level=level, score=score if grade in subject.scored else None
        )
        for subject in tables().subjects_of(grade)
        if grade in subject.grades
    }
    content = {
        "school": School(code="my-ngai", name="Trường Tiểu học Mỹ Ngãi"),
        "school_year": "2025-2026",
        "class_name": f"{grade}B",
        "grade": grade,
        "pupil": child(**(pupil or {})),
        "subjects": subjects | changes.pop("subjects", {}),
        "qualities": {i.code: TraitMark(level=trait) for i in tables().qualities},
        "general": {i.code: TraitMark(level=trait) for i in tables().general},
        "specific": {
            i.code: TraitMark(level=trait) for i in tables().specific_of(grade)
        },
        "result": "completed",
    }
    return PrimaryYear.model_validate(content | changes)


def sheet_with(content: PrimaryYear, **changes: Any) -> PrimaryYear:
    return PrimaryYear.model_validate({**dict(content), **changes})


def child(**changes: Any) -> Pupil:
    pupil = {
        "code": "7000000001",
        "name": "Nguyễn Thị Hoà",
        "gender": 2,
        "birth_date": date(2017, 4, 7),
        "personal_number": "087317000001",
    }
    return Pupil.model_validate(pupil | changes)


def classmate(number: int, **pupil: Any) -> PrimaryYear:
    return sheet(
        pupil={
            "code": f"800000000{number}",
            "name": f"Trần Văn {'ABCDEGHIK'[number]}",
            "personal_number": f"08721700000{number}",
            "gender": 1,
            **pupil,
        }
    )


def codes(content: PrimaryYear, *others: PrimaryYear) -> list[str]:
    return [
        finding.code for finding in check(content, ClassContext.of([content, *others]))
    ]
