"""The year sheet of primary school (Circular 27/2020/TT-BGDĐT)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .base import Finding, Kind, Owner, Slot
from .fields import FieldGroup
from .primary_year_checks import ClassContext, check
from .primary_year_edit import fields_of
from .primary_year_form import tables
from .primary_year_packet import FORMAT_1
from .primary_year_print import printout
from .printing import Printout

SubjectLevel = Literal["T", "H", "C"]
TraitLevel = Literal["T", "Đ", "C"]
Result = Literal["excellent", "good", "completed", "not_completed"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
# The printed page holds 14 comments of this length without a fourth page.
Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]


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
    packets = {1: FORMAT_1}

    def form_version(self, school_year: str) -> str:
        return tables().form_of(school_year).version

    def check(
        self, content: PrimaryYear, peers: Iterable[PrimaryYear] = ()
    ) -> list[Finding]:
        return check(content, ClassContext.of(peers or [content]))

    def check_class(self, contents: Sequence[PrimaryYear]) -> list[list[Finding]]:
        """The findings of each content of one class, the class looked at once."""
        context = ClassContext.of(contents)
        return [check(content, context) for content in contents]

    def fields(self, content: PrimaryYear) -> list[FieldGroup]:
        return fields_of(content)

    def printout(self, content: PrimaryYear, form_version: str) -> Printout:
        return printout(content, form_version)

    def is_completed(self, content: PrimaryYear) -> bool:
        return content.completed is not False

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
        return {
            "name": content.pupil.name,
            "codes": f"{content.pupil.code} {content.pupil.personal_number}",
            "unit": f"{content.school.name} {content.class_name}",
            "body": " ".join(filter(None, comments)),
        }
