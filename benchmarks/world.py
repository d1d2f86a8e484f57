"""An empty installation, and schools with people and records in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.utils import timezone

from documents.importing.cells import Upload
from documents.importing.runs import commit_import, plan_import
from documents.models import Assignment, Record, Role, SchoolClass, Unit, User
from documents.rendering import FormInput, render_pdf
from documents.samples import SchoolSpec, school_workbooks
from workflow.models import Credential
from workflow.services.bulk import journal, rounds
from workflow.services.keys.credentials import development_ca

from .measure import cpu_ms

YEAR = "2025-2026"


@dataclass(frozen=True)
class Staff:
    """A school with everybody who moves its records."""

    spec: SchoolSpec
    school: Unit
    registrar: User
    teacher: User
    head: User
    officer: User

    def files(self) -> list[Upload]:
        books = school_workbooks(self.spec)
        return [Upload(name, data) for name, data in books.items()]

    def import_files(self, files: list[Upload]) -> None:
        """Dry run and confirmation, as the screens do it."""
        at = timezone.now()
        run = plan_import(
            files=files,
            unit=self.school,
            school_year=YEAR,
            by=self.registrar,
            at=at,
        )
        commit_import(run_id=run.pk, by=self.registrar, at=at)

    def records(self) -> list[Record]:
        return list(Record.objects.filter(issuer=self.school).order_by("pk"))


_numbers = count(1)


def make_staff(classes: Sequence[tuple[str, int]] = (("3B", 40),)) -> Staff:
    """A school below a department, with people, keys and classes of given sizes.

    The class teacher has the first class. Each call makes another school: several
    measurements share a database.
    """
    number = next(_numbers)
    spec = SchoolSpec.numbered(number, classes)
    class_name = classes[0][0]
    department = _department()
    school: Unit = department.add_child(
        code=spec.code,
        kind="school",
        name=spec.name,
        place=spec.commune,
        tax_code=f"14{number:08d}",
    )
    school_class = SchoolClass.objects.create(
        school=school, school_year=YEAR, name=class_name, grade=int(class_name[0])
    )
    people = {
        role: _person(role, number, school, school_class)
        for role in (Role.REGISTRAR, Role.CLASS_TEACHER, Role.HEAD)
    }
    _give_key(people[Role.HEAD], "Hiệu trưởng", school)
    _give_key(people[Role.CLASS_TEACHER], "Giáo viên chủ nhiệm", school)
    _give_seal(school)
    return Staff(
        spec,
        school,
        people[Role.REGISTRAR],
        people[Role.CLASS_TEACHER],
        people[Role.HEAD],
        _officer(department),
    )


def _department() -> Unit:
    found: Unit | None = Unit.objects.filter(code="so").first()
    if found is None:
        found = Unit.add_root(code="so", kind="department", name="Sở", place="Tỉnh")
    return found


def _person(role: Role, number: int, school: Unit, school_class: SchoolClass) -> User:
    order = list(Role).index(role)
    user = User.objects.create(
        username=f"{role}-{number}",
        full_name=f"Người {number}",
        personal_number=f"{order}{number:011d}",
    )
    in_class = school_class if role is Role.CLASS_TEACHER else None
    Assignment.objects.create(user=user, unit=school, role=role, school_class=in_class)
    return user


def _officer(department: Unit) -> User:
    user, created = User.objects.get_or_create(username="officer")
    if created:
        Assignment.objects.create(user=user, unit=department, role=Role.OFFICER)
    return user


def _give_key(person: User, office: str, school: Unit) -> None:
    issued = development_ca().issue_person(
        name=person.full_name,
        personal_number=person.personal_number,
        office=office,
        school=school.name,
        at=timezone.now(),
    )
    _enter(issued.path, user=person)


def _give_seal(school: Unit) -> None:
    issued = development_ca().issue_seal(
        school=school.name, tax_code=school.tax_code, at=timezone.now()
    )
    _enter(issued.path, unit=school)


def _enter(path: Path, **owner: Any) -> None:
    reference = str(path.relative_to(Path(settings.DATA_DIR)))
    Credential.objects.create(provider="pkcs12", reference=reference, **owner)


@contextmanager
def rendering() -> Iterator[list[float]]:
    """The milliseconds of each record's pages, as a batch lays them out.

    Taken there: alone, again and again, the same pages come a tenth sooner.
    """
    spent: list[float] = []

    def timed(form: FormInput) -> bytes:
        pages: list[bytes] = []
        spent.append(cpu_ms(lambda: pages.append(render_pdf(form))))
        return pages[0]

    with (
        patch.object(rounds, "render_pdf", timed),
        patch.object(journal, "render_pdf", timed),
    ):
        yield spent
