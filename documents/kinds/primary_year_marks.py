"""The marks of a primary year sheet in printed order, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from .primary_year_form import Item, Subject, tables

if TYPE_CHECKING:
    from .primary_year import PrimaryYear, Result, SubjectMark, TraitMark


def expected_result(content: PrimaryYear) -> Result | None:
    """The overall result by Điều 9 of Circular 27/2020/TT-BGDĐT.

    None for a pupil who is not assessed and while a required level is missing.
    Optional subjects count where they have a level; a missing score does not count.
    """
    if not content.assessed or any(missing_levels(content)):
        return None
    levels = [mark.level for _subject, mark in subject_marks(content) if mark.level]
    traits = [mark.level for _path, _item, mark in trait_marks(content) if mark]
    lowest = min(scores(content), default=10)
    if {*levels, *traits} <= {"T"} and lowest >= 7:
        return "excellent" if lowest >= 9 else "good"
    if "C" not in levels and "C" not in traits and lowest >= 5:
        return "completed"
    return "not_completed"


def subject_marks(
    content: PrimaryYear,
) -> Iterator[tuple[Subject, SubjectMark]]:
    """The marks of the grade's subjects that the sheet has, in printed order."""
    for subject in tables().subjects_of(content.grade):
        if mark := content.subjects.get(subject.code):
            yield subject, mark


def trait_marks(
    content: PrimaryYear,
) -> Iterator[tuple[str, Item, TraitMark | None]]:
    """Every quality and competency of the grade with its path and mark."""
    groups: tuple[tuple[str, Iterable[Item], Mapping[str, TraitMark]], ...] = (
        ("qualities", tables().qualities, content.qualities),
        ("general", tables().general, content.general),
        ("specific", tables().specific_of(content.grade), content.specific),
    )
    for group, items, marks in groups:
        for item in items:
            yield f"{group}.{item.code}", item, marks.get(item.code)


def missing_levels(content: PrimaryYear) -> Iterator[tuple[str, Item]]:
    for subject in tables().subjects_of(content.grade):
        mark = content.subjects.get(subject.code)
        if content.grade in subject.grades and not (mark and mark.level):
            yield f"subjects.{subject.code}", subject
    for path, item, trait in trait_marks(content):
        if not (trait and trait.level):
            yield path, item


def scores(content: PrimaryYear) -> Iterator[float]:
    """The scores that count: those of subjects with a test in this grade."""
    for subject, mark in subject_marks(content):
        if content.grade in subject.scored and mark.score is not None:
            yield mark.score


def commented(
    content: PrimaryYear,
) -> Iterator[tuple[str, str, SubjectMark | TraitMark]]:
    for subject, mark in subject_marks(content):
        if mark.comment:
            yield f"subjects.{subject.code}", subject.label, mark
    for path, item, trait in trait_marks(content):
        if trait and trait.comment:
            yield path, item.label, trait
