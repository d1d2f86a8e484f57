"""What stands in the scene and nowhere else, and who may come to read it."""

from __future__ import annotations

from .cast import (
    CLASS_TEACHER,
    DEPARTMENT,
    GRID,
    HEAD,
    INSPECTOR,
    OFFICE,
    PARENT,
    RECEIVING,
    REGISTRAR,
    SCHOOL,
    WATCHERS,
    People,
    people,
)
from .knocking import Answer
from .scene import IMPORTED, MAIL, PHRASE, PUPILS, Scene

# Teachers of a subject know the names of the class, and the marks of the own subject.
NAMES = people(GRID, WATCHERS)
ISSUED_NAMES = people(NAMES, INSPECTOR)
NAMES_KNOWN: dict[str, People] = {
    "draft": people(NAMES, PARENT),
    "confirmed": NAMES,
    "reviewed": NAMES,
    "seen": NAMES,
    "asked": NAMES,
    "summer": ISSUED_NAMES,
    "signed": people(ISSUED_NAMES, PARENT),
    "locked": people(ISSUED_NAMES, PARENT),
    "sent": people(ISSUED_NAMES, PARENT, RECEIVING),
}


def secrets_of(scene: Scene) -> list[tuple[str, People]]:
    """Each text with those on whose pages it may stand."""
    draft = scene.records["draft"]
    comment = draft.current.content.subjects["vietnamese"].comment
    return [
        *((PUPILS[where], known) for where, known in NAMES_KNOWN.items()),
        (comment, people(SCHOOL, WATCHERS)),
        (str(draft.uuid), NAMES),
        (str(scene.batch.uuid), people(OFFICE, WATCHERS)),
        (str(scene.batch.consents.get().uuid), HEAD),
        *((str(run.uuid), REGISTRAR) for run in scene.imports.values()),
        (str(scene.run.uuid), REGISTRAR),
        (str(scene.failed_run.uuid), REGISTRAR),
        (scene.package.uuid.hex[:8], people(REGISTRAR, DEPARTMENT)),
        (str(scene.late.uuid), people(OFFICE, WATCHERS)),
        (PHRASE, people(OFFICE, CLASS_TEACHER)),
        (IMPORTED, REGISTRAR),
        (MAIL, HEAD),
    ]


def assert_tells_nothing(
    answer: Answer, name: str, secrets: list[tuple[str, People]], address: str
) -> None:
    """No fault, and no word of the school on a page for those who must not read it."""
    assert answer.status < 500
    told = [
        text
        for text, known in secrets
        if name not in known and text in answer.body and text not in address
    ]
    assert told == []
