"""A small archive: two schools below one department, and who looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from documents.kinds.primary_year import PrimaryYear, Pupil, School, SubjectMark
from documents.models import (
    Assignment,
    Book,
    Record,
    SchoolClass,
    State,
    Unit,
    User,
)
from documents.models import Pupil as PupilRow
from documents.versions import Draft, add_version

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
YEAR = "2025-2026"


@dataclass
class Archive:
    """Makes records of the two schools, one call for each."""

    department: Unit
    schools: dict[str, Unit]
    numbers: Any = field(default_factory=lambda: count(1))

    def add(
        self,
        name: str,
        *,
        comment: str = "",
        school: str = "my-ngai",
        class_name: str = "3B",
        year: str = YEAR,
        state: str = State.SIGNED,
        personal_number: str = "",
    ) -> Record:
        """One record with a version, in ``state``, not announced to the index."""
        record = self.bare(name, school=school, class_name=class_name, year=year)
        pupil = record.book.pupil
        content = PrimaryYear(
            school=School(code=school, name=record.issuer.name),
            school_year=year,
            class_name=class_name,
            grade=record.school_class.grade,
            pupil=Pupil(code=pupil.code, name=name, personal_number=personal_number),
            subjects={"vietnamese": SubjectMark(level="T", comment=comment)},
        )
        add_version(Draft(record, content), by=None, at=NOON)
        locked_at = NOON if state in (State.LOCKED, State.TRANSFERRED) else None
        Record.objects.filter(pk=record.pk).update(state=state, locked_at=locked_at)
        return Record.objects.get(pk=record.pk)

    def bare(
        self,
        name: str,
        *,
        school: str = "my-ngai",
        class_name: str = "3B",
        year: str = YEAR,
    ) -> Record:
        """One draft without any version."""
        unit = self.schools[school]
        school_class, _ = SchoolClass.objects.get_or_create(
            school=unit,
            school_year=year,
            name=class_name,
            defaults={"grade": int(class_name[0])},
        )
        code = f"79{next(self.numbers):08}"
        book = Book.objects.create(
            pupil=PupilRow.objects.create(code=code, name=name), level="primary"
        )
        return Record.objects.create(
            kind="primary_year",
            book=book,
            school_year=year,
            school_class=school_class,
            issuer=unit,
            custodian=unit,
        )


@pytest.fixture
def archive(db: None) -> Archive:
    department = Unit.add_root(
        code="so-dong-thap", kind="department", name="Sở GDĐT Đồng Tháp"
    )
    schools = {
        code: department.add_child(code=code, kind="school", name=name)
        for code, name in (
            ("my-ngai", "Trường Tiểu học Mỹ Ngãi"),
            ("hoa-thuan", "Trường Tiểu học Hoà Thuận"),
        )
    }
    return Archive(department, schools)


@pytest.fixture
def make_user(archive: Archive) -> Callable[..., User]:
    def make(username: str, role: str, unit: Unit, **extra: Any) -> User:
        user = User.objects.create_user(username=username, password="x")
        Assignment.objects.create(user=user, role=role, unit=unit, **extra)
        return user

    return make


@pytest.fixture
def inspector(archive: Archive, make_user: Callable[..., User]) -> User:
    return make_user("inspector", "inspector", archive.department)
