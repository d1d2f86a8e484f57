"""What tests are made of: units, people, classes, records, each in one call."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from documents.kinds.primary_year import (
    PrimaryYear,
    SubjectMark,
    TraitMark,
)
from documents.kinds.primary_year import Pupil as PupilPart
from documents.kinds.primary_year import School as SchoolPart
from documents.kinds.primary_year_form import tables
from documents.models import (
    Assignment,
    Book,
    Enrolment,
    Guardianship,
    Pupil,
    Record,
    Role,
    SchoolClass,
    Unit,
    User,
)
from documents.versions import Draft, add_version
from workflow.models import Credential
from workflow.services.keys.credentials import development_ca

YEAR = "2025-2026"
# Certificates and time-stamps are real, so the time of the tests is the real one.
# It begins with a window in which the site counts tries: none ends within a test.
WINDOW = 300
NOW = datetime.fromtimestamp(time.time() // WINDOW * WINDOW, UTC)
# The day in Vietnam, as the program counts; from 17:00 on it is not the day of NOW.
TODAY = timezone.localdate(NOW)
PASSWORD = "Hocba-2026"
numbers = itertools.count(1)
TEACHERS = {
    "class_teacher": "Giáo viên chủ nhiệm",
    "subject_teacher": "Giáo viên bộ môn",
}


def make_tree() -> dict[str, Unit]:
    """ministry → department → commune → two schools, and a foreign department."""
    ministry = Unit.add_root(code="bo", kind="ministry", name="Bộ Giáo dục và Đào tạo")
    units = {"ministry": ministry}
    for code, place in (("dong-thap", "Tỉnh Đồng Tháp"), ("an-giang", "Tỉnh An Giang")):
        units[code] = _child(ministry, code, "department", f"Sở GDĐT {code}", place)
    units["commune"] = _child(
        units["dong-thap"], "my-ngai-xa", "commune", "UBND phường Mỹ Ngãi", "Mỹ Ngãi"
    )
    units["school"] = _child(
        units["commune"],
        "my-ngai",
        "school",
        "Trường Tiểu học Mỹ Ngãi",
        "Mỹ Ngãi",
        tax_code="1400123456",
    )
    units["other"] = _child(
        units["commune"],
        "hoa-thuan",
        "school",
        "Trường Tiểu học Hoà Thuận",
        "Hoà Thuận",
        tax_code="1400654321",
    )
    units["far"] = _child(
        units["an-giang"], "chau-doc", "school", "Trường Tiểu học Châu Đốc", "Châu Đốc"
    )
    return units


def _child(
    parent: Unit, code: str, kind: str, name: str, place: str, **more: Any
) -> Unit:
    fresh = Unit.objects.get(pk=parent.pk)
    child: Unit = fresh.add_child(code=code, kind=kind, name=name, place=place, **more)
    return child


def make_user(
    username: str,
    role: str | None = None,
    unit: Unit | None = None,
    school_class: SchoolClass | None = None,
    *,
    subject: str = "",
    full_name: str = "",
) -> User:
    """A person who can sign in with PASSWORD, and holds ``role`` if one is given.

    A teacher has a signing key, as teachers sign what they enter; others get theirs
    by ``give_key``.
    """
    user = User.objects.create_user(
        username,
        password=PASSWORD,
        full_name=full_name or f"Người {username}",
        personal_number=f"0870{next(numbers):08d}",
    )
    if role is not None:
        assert unit is not None
        Assignment.objects.create(
            user=user, unit=unit, role=role, school_class=school_class, subject=subject
        )
        if role in TEACHERS:
            give_key(user, office=TEACHERS[role])
    return user


def make_class(school: Unit, name: str = "3B", year: str = YEAR) -> SchoolClass:
    return SchoolClass.objects.create(
        school=school, school_year=year, name=name, grade=int(name[0])
    )


def make_pupil(name: str = "Nguyễn Thị Hoà", **more: Any) -> Pupil:
    return Pupil.objects.create(
        code=more.pop("code", f"74{next(numbers):08d}"),
        name=name,
        gender=more.pop("gender", 2),
        birth_date=more.pop("birth_date", "2017-05-01"),
        **more,
    )


def make_guardian(username: str, pupil: Pupil) -> User:
    user = make_user(username)
    Guardianship.objects.create(user=user, pupil=pupil, relation="Mẹ")
    return user


def make_content(pupil: Pupil, school_class: SchoolClass, **more: Any) -> PrimaryYear:
    """A complete sheet without findings; ``more`` replaces parts of it."""
    grade, form = school_class.grade, tables()
    subjects = {
        s.code: SubjectMark(
            level="T",
            score=9 if grade in s.scored else None,
            comment=f"{pupil.name.split()[-1]} học tốt môn {s.label} {pupil.pk}.",
        )
        for s in form.subjects
        if grade in s.grades
    }
    fields: dict[str, Any] = {
        "school": SchoolPart(
            code=school_class.school.code,
            name=school_class.school.name,
            commune="Phường Mỹ Ngãi",
            province="Tỉnh Đồng Tháp",
        ),
        "school_year": school_class.school_year,
        "class_name": school_class.name,
        "grade": grade,
        "pupil": PupilPart(
            code=pupil.code,
            name=pupil.name,
            gender=pupil.gender,
            birth_date=pupil.birth_date,
            personal_number=f"0873{str(pupil.birth_date)[2:4]}{pupil.pk:06d}",
            ethnicity="Kinh",
            nationality="Việt Nam",
        ),
        "subjects": subjects,
        "qualities": {q.code: TraitMark(level="T") for q in form.qualities},
        "general": {c.code: TraitMark(level="T") for c in form.general},
        "specific": {c.code: TraitMark(level="T") for c in form.specific_of(grade)},
        "result": "excellent",
        "completed": True,
        "promoted": True,
        "class_teacher": "Trần Thị Mai",
    }
    return PrimaryYear(**(fields | more))


def make_draft(
    school_class: SchoolClass,
    pupil: Pupil | None = None,
    *,
    by: User | None = None,
    at: datetime = NOW,
    **content: Any,
) -> Record:
    """A draft with one version, as an import leaves it."""
    pupil = pupil or make_pupil()
    Enrolment.objects.get_or_create(pupil=pupil, school_class=school_class)
    book, _created = Book.objects.get_or_create(pupil=pupil, level="primary")
    record = Record.objects.create(
        kind="primary_year",
        book=book,
        school_year=school_class.school_year,
        school_class=school_class,
        issuer=school_class.school,
        custodian=school_class.school,
    )
    sheet = make_content(pupil, school_class, **content)
    add_version(Draft(record, sheet, lineage={"pupil.name": {"row": 2}}), by=by, at=at)
    return Record.objects.get(pk=record.pk)


def give_key(
    owner: User | Unit,
    at: datetime = NOW,
    *,
    office: str = "Hiệu trưởng",
    **profile: Any,
) -> Credential:
    """A signing key of the development CA, registered for a person or a school."""
    ca = development_ca()
    if isinstance(owner, User):
        issued = ca.issue_person(
            name=owner.full_name,
            personal_number=owner.personal_number,
            office=office,
            school="Trường Tiểu học Mỹ Ngãi",
            at=at,
            **profile,
        )
    else:
        issued = ca.issue_seal(
            school=owner.name, tax_code=owner.tax_code, at=at, **profile
        )
    whose = {"user": owner} if isinstance(owner, User) else {"unit": owner}
    reference = issued.path.relative_to(Path(settings.DATA_DIR))
    return Credential.objects.create(
        provider="pkcs12", reference=str(reference), **whose
    )


ALL_ROLES = tuple(Role)
