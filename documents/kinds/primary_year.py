"""The year sheet of primary school (Circular 27/2020/TT-BGDĐT)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from .base import Finding, Kind, Owner, Slot
from .fields import FieldGroup
from .primary_year_checks import ClassContext, check
from .primary_year_edit import fields_of
from .primary_year_form import tables
from .primary_year_packet import FORMAT_1, FORMAT_2
from .primary_year_print import printout
from .primary_year_summer import (
    SECOND_COMMENT_LENGTH,
    check_second,
    in_effect,
    second_comments,
)
from .printing import Printout

SubjectLevel = Literal["T", "H", "C"]
TraitLevel = Literal["T", "Đ", "C"]
Result = Literal["excellent", "good", "completed", "not_completed"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
# The printed page holds 14 comments of this length without a fourth page.
Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]

# Beside the longest comment in every row a longer one would find no room.
SecondComment = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=SECOND_COMMENT_LENGTH)
]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class School(Part):
    """The issuing school with the names of its time."""

    code: str
    name: Text
    commune: Text = ""
    district: Text = ""
    province: Text = ""


class Pupil(Part):
    """The personal page. ``gender`` is 0 unknown, 1 male, 2 female, as in exchange."""

    code: str
    name: Text
    gender: Literal[0, 1, 2] = 0
    birth_date: date | None = None
    ethnicity: Text = ""
    nationality: Text = ""
    birth_place: Text = ""
    home_town: Text = ""
    address: Text = ""
    father: Text = ""
    mother: Text = ""
    guardian: Text = ""
    personal_number: str = ""
    disability: Text = ""


class Stay(Part):
    """One line of QUÁ TRÌNH HỌC TẬP."""

    school_year: str
    class_name: str
    school: Text
    register_number: str = ""
    entered_on: date | None = None


class SubjectMark(Part):
    """``score`` (Điểm KTĐK) is a whole number 1–10; others are kept for the checks."""

    level: SubjectLevel | None = None
    score: int | float | None = None
    comment: Comment = ""


class TraitMark(Part):
    level: TraitLevel | None = None
    comment: Comment = ""


class PrimaryYear(Part):
    """Everything that the six pages print, keyed by the codes of primary_year.toml."""

    school: School
    school_year: str = Field(pattern=r"^\d{4}-\d{4}$")
    class_name: str
    grade: int = Field(ge=1, le=5)
    pupil: Pupil
    history: tuple[Stay, ...] = ()
    assessed: bool = True
    height_cm: int | None = Field(default=None, ge=40, le=230)
    weight_kg: float | None = Field(default=None, ge=5, le=200)
    absent_with_leave: int | None = Field(default=None, ge=0, le=366)
    absent_without_leave: int | None = Field(default=None, ge=0, le=366)
    subjects: dict[str, SubjectMark] = Field(default_factory=dict)
    qualities: dict[str, TraitMark] = Field(default_factory=dict)
    general: dict[str, TraitMark] = Field(default_factory=dict)
    specific: dict[str, TraitMark] = Field(default_factory=dict)
    result: Result | None = None
    result_reason: Text = ""
    awards: tuple[Text, ...] = ()
    completed: bool | None = None
    promoted: bool | None = None
    class_teacher: Text = ""

    def in_effect(self) -> PrimaryYear:
        """What counts in the end: with second results where there are some."""
        return self


class SubjectMarks(SubjectMark):
    """First and second marks of a subject; nothing where it was not assessed again."""

    second_level: SubjectLevel | None = None
    second_score: int | float | None = None
    second_comment: SecondComment = ""


class TraitMarks(TraitMark):
    second_level: TraitLevel | None = None
    second_comment: SecondComment = ""


class SecondConclusion(Part):
    result: Result | None = None
    result_reason: Text = ""
    completed: bool | None = None
    promoted: bool | None = None


class ReassessedYear(PrimaryYear):
    """Format 2: the same with the results of the re-assessment in summer beside it.

    Written for re-assessed pupils only, so that all others keep the bytes of format 1.
    """

    # A dictionary of more than PrimaryYear asks for: nobody adds a mark to a content.
    subjects: dict[str, SubjectMarks] = Field(default_factory=dict)  # type: ignore[assignment]
    qualities: dict[str, TraitMarks] = Field(default_factory=dict)  # type: ignore[assignment]
    general: dict[str, TraitMarks] = Field(default_factory=dict)  # type: ignore[assignment]
    specific: dict[str, TraitMarks] = Field(default_factory=dict)  # type: ignore[assignment]
    second: SecondConclusion

    def in_effect(self) -> PrimaryYear:
        return PrimaryYear.model_validate(in_effect(self.model_dump()))


# Either of them, whichever the members fit: neither allows those of the other.
EITHER: TypeAdapter[PrimaryYear] = TypeAdapter(ReassessedYear | PrimaryYear)


class PrimaryYearKind(Kind):
    code = "primary_year"
    label = _("primary school year sheet")
    format_version = 1
    schema = PrimaryYear
    opening_page = 4
    slots = (
        Slot("class_teacher", _("class teacher"), "class_teacher", in_pdf=False),
        Slot("head", _("head"), "head", in_pdf=True),
        Slot("seal", _("school seal"), "seal", in_pdf=True),
    )
    # RFC 8785 writes no spaces, and a quotation mark inside a comment with a backslash.
    not_completed_mark = '"completed":false'
    packets = {1: FORMAT_1, 2: FORMAT_2}

    def form_version(self, school_year: str) -> str:
        return tables().form_of(school_year).version

    def check(
        self, content: PrimaryYear, peers: Iterable[PrimaryYear] = ()
    ) -> list[Finding]:
        context = ClassContext.of(one.in_effect() for one in peers or [content])
        return self._check(content, context)

    def check_class(self, contents: Sequence[PrimaryYear]) -> list[list[Finding]]:
        """The findings of each content of one class, the class looked at once."""
        context = ClassContext.of([content.in_effect() for content in contents])
        return [self._check(content, context) for content in contents]

    def _check(self, content: PrimaryYear, context: ClassContext) -> list[Finding]:
        if isinstance(content, ReassessedYear):
            return list(check_second(content, context))
        return check(content, context)

    def fields(self, content: PrimaryYear) -> list[FieldGroup]:
        return fields_of(content)

    def printout(self, content: PrimaryYear, form_version: str) -> Printout:
        return printout(content, form_version)

    def is_completed(self, content: PrimaryYear) -> bool:
        return content.completed is not False

    def is_reassessed(self, content: PrimaryYear) -> bool:
        return isinstance(content, ReassessedYear)

    def reassess(self, content: PrimaryYear) -> ReassessedYear:
        if isinstance(content, ReassessedYear):
            return content
        first = content.model_dump()
        return ReassessedYear.model_validate(first | {"second": {}})

    def format_of(self, content: PrimaryYear) -> int:
        return 2 if isinstance(content, ReassessedYear) else 1

    def parse(self, canonical: str | bytes) -> PrimaryYear:
        text = canonical if isinstance(canonical, str) else canonical.decode()
        # Cheap for the many: a subject of that name would come here too.
        if '"second":' not in text:
            return PrimaryYear.model_validate_json(text)
        return EITHER.validate_json(text)

    def owner(self, content: PrimaryYear) -> Owner:
        return Owner(
            level="primary",
            school_code=content.school.code,
            school_year=content.school_year,
            class_name=content.class_name,
            grade=content.grade,
            pupil=content.pupil.model_dump(),
        )

    def search_text(self, content: PrimaryYear) -> dict[str, str]:
        traits = (content.qualities, content.general, content.specific)
        comments = [mark.comment for mark in content.subjects.values()]
        comments += [mark.comment for group in traits for mark in group.values()]
        comments += second_comments(content)
        return {
            "name": content.pupil.name,
            "codes": f"{content.pupil.code} {content.pupil.personal_number}",
            "unit": f"{content.school.name} {content.class_name}",
            "body": " ".join(filter(None, comments)),
        }
