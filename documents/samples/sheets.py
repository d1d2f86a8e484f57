"""The year sheets of an invented school, as the files would be read."""

from __future__ import annotations

from collections import Counter
from random import Random

from ..kinds.primary_year import (
    PrimaryYear,
    Pupil,
    School,
    SubjectLevel,
    SubjectMark,
    TraitLevel,
    TraitMark,
)
from ..kinds.primary_year_form import Subject, tables
from ..kinds.primary_year_marks import expected_result
from .people import Numbers, class_list, words
from .specs import MY_NGAI, Ability, ClassSpec, SchoolSpec, Slip, Special

SEED = 27  # the circular
SCORES: dict[tuple[Ability, SubjectLevel], tuple[int, ...]] = {
    (Ability.EXCELLENT, "T"): (9, 9, 10),
    (Ability.GOOD, "T"): (7, 8, 8, 9),
    (Ability.SOLID, "T"): (7, 8, 9),
    (Ability.SOLID, "H"): (5, 6, 6, 7, 8),
    (Ability.WEAK, "H"): (5, 5, 6),
    (Ability.WEAK, "C"): (2, 3, 4),
}
PASTED = "Tham gia các hoạt động của lớp đầy đủ, vui vẻ."
# As often as a teacher may write the same words in one subject unnoticed.
SAME_COMMENT = 3
TRIES = 30


def school_sheets(
    school: SchoolSpec = MY_NGAI, seed: int = SEED
) -> dict[str, list[PrimaryYear]]:
    """Class name → year sheets in the order of the class list.

    The same school and seed give the same sheets. Every pupil of an ordinary class
    passes the checks without a block; the slips of the specials are in.
    """
    chance = Random(f"{seed}/{school.code}/{school.school_year}")
    numbers = Numbers.of(chance)
    return {
        room.name: _Teacher(school, room, chance).sheets(numbers)
        for room in school.classes
    }


class _Teacher:
    """Writes the marks and comments of one class."""

    def __init__(self, school: SchoolSpec, room: ClassSpec, chance: Random) -> None:
        self.school, self.room, self.chance = school, room, chance
        self.written: Counter[tuple[str, str]] = Counter()
        self.pasted = 0

    def sheets(self, numbers: Numbers) -> list[PrimaryYear]:
        pupils = class_list(self.school, self.room, self.chance, numbers)
        sheets = []
        for index, (pupil, special) in enumerate(pupils):
            neighbour = pupils[index - 1][0]
            sheets.append(_slip(self._sheet(pupil, special), special, neighbour))
        return sheets

    def _sheet(self, pupil: Pupil, special: Special) -> PrimaryYear:
        traits = tables()
        sheet = PrimaryYear(
            school=School(
                code=self.school.code,
                name=self.school.name,
                commune=self.school.commune,
                province=self.school.province,
            ),
            school_year=self.school.school_year,
            class_name=self.room.name,
            grade=self.room.grade,
            pupil=pupil,
            assessed=special.assessed,
            subjects=self._subjects(special),
            qualities={i.code: self._trait(special) for i in traits.qualities},
            general={i.code: self._trait(special) for i in traits.general},
            specific={
                i.code: self._trait(special)
                for i in traits.specific_of(self.room.grade)
            },
        )
        result = expected_result(sheet)
        done = result != "not_completed"
        changes = {"result": result, "completed": done, "promoted": done}
        return sheet.model_copy(update=changes)

    def _subjects(self, special: Special) -> dict[str, SubjectMark]:
        grade = self.room.grade
        taught = [s for s in tables().subjects_of(grade) if grade in s.grades]
        if not special.assessed:
            return {subject.code: SubjectMark() for subject in taught}
        failed = {"math"} if special.ability is Ability.WEAK else set()
        marks = {
            s.code: self._mark(s, special.ability, s.code in failed) for s in taught
        }
        if special.ethnic_language:
            comment = self._comment("ethnic_language", "T")
            marks["ethnic_language"] = SubjectMark(level="T", comment=comment)
        return marks

    def _mark(self, subject: Subject, ability: Ability, failed: bool) -> SubjectMark:
        level: SubjectLevel = "C" if failed else self._level(ability)
        score = None
        if self.room.grade in subject.scored:
            score = self.chance.choice(SCORES[ability, level])
        comment = self._comment(subject.code, level)
        return SubjectMark(level=level, score=score, comment=comment)

    def _level(self, ability: Ability) -> SubjectLevel:
        if ability in (Ability.EXCELLENT, Ability.GOOD):
            return "T"
        if ability is Ability.WEAK:
            return "H"
        return self.chance.choice(("T", "H", "H"))

    def _trait(self, special: Special) -> TraitMark:
        levels: tuple[TraitLevel, ...] = ("T", "T", "Đ")
        if not special.assessed:
            return TraitMark()
        if special.ability in (Ability.EXCELLENT, Ability.GOOD):
            levels = ("T",)
        return TraitMark(level=self.chance.choice(levels))

    def _comment(self, subject: str, level: SubjectLevel) -> str:
        """What the pupil does, and what comes next; seldom the same words twice."""
        if subject == "experience" and self.pasted < self.room.pasted:
            self.pasted += 1
            return PASTED
        for _ in range(TRIES):
            does = self.chance.choice(words()["comments"][subject][level])
            comment = f"{does} {self.chance.choice(words()['next'][level])}"
            if self.written[subject, comment] < SAME_COMMENT:
                break
        self.written[subject, comment] += 1
        return comment


# -- Slips -----------------------------------------------------------------------


def _slip(sheet: PrimaryYear, special: Special, neighbour: Pupil) -> PrimaryYear:
    """The sheet with the mistake that the spec asks for."""
    math, vietnamese = sheet.subjects["math"], sheet.subjects["vietnamese"]
    match special.slip:
        case Slip.LEVEL_MISSING:
            return _with(sheet, "music", SubjectMark())
        case Slip.WRONG_RESULT:
            return sheet.model_copy(update={"result": "good"})
        case Slip.LOW_SCORE:
            return _with(sheet, "math", math.model_copy(update=_mark("T", 6)))
        case Slip.CONTRADICTION:
            comment = "Chưa hoàn thành bài viết cuối năm, cần cố gắng hơn."
            mark = SubjectMark(level="T", score=7, comment=comment)
            return _with(sheet, "vietnamese", mark)
        case Slip.OTHER_NAME:
            comment = f"Em {neighbour.name} đọc bài to, rõ ràng."
            mark = vietnamese.model_copy(update={"comment": comment})
            return _with(sheet, "vietnamese", mark)
    return sheet


def _mark(level: SubjectLevel, score: int) -> dict[str, SubjectLevel | int]:
    return {"level": level, "score": score}


def _with(sheet: PrimaryYear, subject: str, mark: SubjectMark) -> PrimaryYear:
    """Another mark in one subject, and the result that follows, if one does."""
    changed = sheet.model_copy(update={"subjects": {**sheet.subjects, subject: mark}})
    result = expected_result(changed) or sheet.result
    return changed.model_copy(update={"result": result})
