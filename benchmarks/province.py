"""A province of primary schools in mid-season, from a seed: for measuring only.

No command and no address of the site leads here. Rows are written past the ORM, under
the same constraints and triggers; digests and chains are true, files are not there.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from documents.canonical import canonical_json
from documents.kinds import primary_year
from documents.models import (
    Assignment,
    Book,
    Enrolment,
    LedgerEntry,
    Pupil,
    Record,
    Role,
    SchoolClass,
    State,
    Unit,
    User,
)
from documents.samples import SchoolSpec
from documents.samples.people import Numbers, class_list
from documents.text import vietnamese_sort_key
from search.indexing import rebuild_index
from search.models import Index
from workflow.models import Deadline, Group

from .lives import BEGUN, PEM, STAGES, Place, Season, moment
from .measure import Figure, seconds
from .rows import Table, catch_up, flush
from .templates import SIZE, ClassOfSheets

YEAR = "2025-2026"
PASSWORD = "Hocba-2026"
CODE = "so-do"  # of the department; tells this province from real data
FIRST_SCHOOL = 1000
SUBJECTS = ("music", "art", "physical", "foreign_language")
GRADES = 5


@dataclass(frozen=True)
class Size:
    """How much to make. ``lines`` is the length of the whole ledger."""

    records: int
    schools: int
    communes: int
    lines: int


PROVINCE = Size(records=245_000, schools=390, communes=102, lines=2_000_000)
SMALL = Size(records=20_000, schools=32, communes=8, lines=160_000)


def default_size() -> Size:
    """All of it on PostgreSQL; on SQLite what one file should hold."""
    return PROVINCE if connection.vendor == "postgresql" else SMALL


def is_loaded() -> bool:
    return bool(Unit.objects.filter(code=CODE).exists())


def load_province(
    size: Size, seed: int = 27, stages: Sequence[State] = STAGES
) -> float:
    """Make it; return the seconds. Each school is one transaction.

    ``stages`` are what a class may have reached, each as likely as it is often.
    """
    begun = time.perf_counter()
    maker = _Maker(size, Random(seed), stages)
    maker.make()
    catch_up(maker.tables)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return time.perf_counter() - begun


class _Maker:
    def __init__(self, size: Size, chance: Random, stages: Sequence[State]) -> None:
        self.size, self.chance, self.stages = size, chance, stages
        self.season = Season(size.lines / size.records)
        self.password = make_password(PASSWORD)
        self.users = Table(
            User, "id", "username", "password", "full_name", "personal_number",
            "email", "is_superuser", "is_staff", "is_active", "date_joined",
        )  # fmt: skip
        self.assignments = Table(
            Assignment, "id", "user_id", "unit_id", "role", "school_class_id", "subject"
        )
        self.classes = Table(
            SchoolClass, "id", "school_id", "school_year", "name", "grade"
        )
        self.pupils = Table(
            Pupil, "id", "code", "name", "sort_key", "gender", "birth_date",
            "personal_number", "ethnicity", "nationality", "birth_place", "home_town",
            "address", "father", "mother",
        )  # fmt: skip
        self.books = Table(Book, "id", "pupil_id", "level", "code")
        self.enrolments = Table(Enrolment, "id", "pupil_id", "school_class_id")

    @property
    def tables(self) -> list[Table]:
        people = [self.users, self.classes, self.assignments, self.pupils]
        return [*people, self.books, self.enrolments, *self.season.tables]

    def make(self) -> None:
        with transaction.atomic():
            communes = self._above()
            flush(self.tables)
        pupils = _shares(self.size.records, self.size.schools, self.chance)
        for index, share in enumerate(pupils):
            with transaction.atomic():
                self._school(communes[index % len(communes)], index, share)
                flush(self.tables)

    # -- Units -----------------------------------------------------------------------

    def _above(self) -> list[Unit]:
        ministry = Unit.objects.filter(code="bo").first() or Unit.add_root(
            code="bo", kind="ministry", name="Bộ Giáo dục và Đào tạo"
        )
        department = ministry.add_child(
            code=CODE, kind="department", name="Sở đo", place="Tỉnh Đồng Tháp"
        )
        self.officer = self._person("officer", Role.OFFICER, department.pk)
        self._person("inspector", Role.INSPECTOR, department.pk)
        communes = []
        for number in range(self.size.communes):
            name = f"Phường {number + 1}"
            commune = department.add_child(
                code=f"xa-{number:03d}", kind="commune", name=f"UBND {name}", place=name
            )
            self._person(f"commune-{number}", Role.OFFICER, commune.pk)
            communes.append(commune)
        for group, ends, locks in (
            (Group.COMPLETED, date(2026, 12, 5), date(2026, 12, 20)),
            (Group.REASSESSED, date(2026, 12, 24), date(2026, 12, 31)),
        ):
            Deadline.objects.create(
                unit=department, school_year=YEAR, group=group,
                report_until=ends, lock_on=locks,
            )  # fmt: skip
        return communes

    def _school(self, commune: Unit, index: int, pupils: int) -> None:
        spec = _spec(FIRST_SCHOOL + index, pupils)
        school: Unit = commune.add_child(
            code=spec.code, kind="school", name=spec.name, place=spec.commune,
            tax_code=f"14{spec.number:08d}",
        )  # fmt: skip
        head = self._person(f"head-{index}", Role.HEAD, school.pk)
        registrar = self._person(f"registrar-{index}", Role.REGISTRAR, school.pk)
        others = [self._person(f"{subject}-{index}") for subject in SUBJECTS]
        numbers = Numbers.of(self.chance)
        pem = PEM.format(b64encode(self.chance.randbytes(700)).decode())
        part = canonical_json(
            primary_year.School(
                code=spec.code, name=spec.name, commune=spec.commune,
                province=spec.province,
            )
        ).decode()  # fmt: skip
        for number, room in enumerate(spec.classes):
            class_id = self.classes.key()
            self.classes.add(class_id, school.pk, YEAR, room.name, room.grade)
            teacher = self._person(f"teacher-{index}-{number}")
            self._assign(teacher.pk, school.pk, Role.CLASS_TEACHER, class_id)
            for subject, other in zip(SUBJECTS, others, strict=True):
                self._assign(
                    other.pk, school.pk, Role.SUBJECT_TEACHER, class_id, subject
                )
            place = Place(
                school.pk, school.name, class_id, YEAR, registrar.pk, teacher, head,
                self.officer.pk, pem,
            )  # fmt: skip
            people = [p for p, _ in class_list(spec, room, self.chance, numbers)]
            sheets = ClassOfSheets(part, room.name, teacher.full_name)
            self._class(place, sheets, people)

    def _class(
        self, place: Place, sheets: ClassOfSheets, people: list[primary_year.Pupil]
    ) -> None:
        stage = self.chance.choice(self.stages)
        contents = sheets.contents(people, self.chance)
        for pupil, content in zip(people, contents, strict=True):
            book_id = self._pupil(pupil, place.class_id)
            self.season.live(place, book_id, content, stage, self.chance)

    # -- People ----------------------------------------------------------------------

    def _person(
        self, username: str, role: Role | None = None, unit_id: int = 0
    ) -> User:
        user_id = self.users.key()
        name = f"Người {username}"
        number = f"089{user_id:09d}"
        self.users.add(
            user_id, f"do-{username}", self.password, name, number, "", False, False,
            True, moment(BEGUN),
        )  # fmt: skip
        if role:
            self._assign(user_id, unit_id, role)
        return User(pk=user_id, username=f"do-{username}", full_name=name)

    def _assign(
        self,
        user_id: int,
        unit_id: int,
        role: Role,
        class_id: int | None = None,
        subject: str = "",
    ) -> None:
        key = self.assignments.key()
        self.assignments.add(key, user_id, unit_id, role.value, class_id, subject)

    def _pupil(self, pupil: primary_year.Pupil, class_id: int) -> int:
        pupil_id, book_id = self.pupils.key(), self.books.key()
        self.pupils.add(
            pupil_id, pupil.code, pupil.name, vietnamese_sort_key(pupil.name),
            pupil.gender, str(pupil.birth_date), pupil.personal_number,
            pupil.ethnicity, pupil.nationality, pupil.birth_place, pupil.home_town,
            pupil.address, pupil.father, pupil.mother,
        )  # fmt: skip
        code = UUID(int=self.chance.getrandbits(128), version=4).hex
        self.books.add(book_id, pupil_id, "primary", code)
        self.enrolments.add(self.enrolments.key(), pupil_id, class_id)
        return book_id


def _shares(total: int, parts: int, chance: Random) -> list[int]:
    """``total`` split into so many schools, some three times as big as others."""
    weights = [chance.uniform(0.5, 1.5) for _ in range(parts)]
    shares = [int(total * weight / sum(weights)) for weight in weights]
    for index in range(total - sum(shares)):
        shares[index % parts] += 1
    return shares


def _spec(number: int, pupils: int) -> SchoolSpec:
    """A school with that many pupils in classes of at most 35, by grade."""
    rooms = max(GRADES, -(-pupils // 35))
    sizes = [pupils // rooms + (index < pupils % rooms) for index in range(rooms)]
    assert max(sizes) <= SIZE
    names = [
        f"{index % GRADES + 1}{_letter(index // GRADES)}" for index in range(rooms)
    ]
    return SchoolSpec.numbered(number, zip(names, sizes, strict=True), YEAR)


def _letter(index: int) -> str:
    return chr(ord("A") + index)


def person(name: str) -> User:
    """Such as "officer", "head-0", "registrar-0", "teacher-0-3", "commune-0"."""
    return User.objects.get(username=f"do-{name}")


def need_province(*, indexed: bool = False) -> list[Figure]:
    """Load it unless it is there; the figures of what had to be done."""
    size, done = default_size(), []
    if not is_loaded():
        if Record.objects.exists():
            raise RuntimeError("this database has records already: use an empty one")
        took = load_province(size)
        done.append(Figure(f"load {size.records:,} records", took, "s", 600))
    if indexed and (done or Index.objects.get().built_at is None):
        took = seconds(rebuild_index)
        done.append(Figure(f"index {size.records:,} records", took, "s"))
    return [*done, *_counts()]


def _counts() -> list[Figure]:
    counts = {
        "records": Record.objects.count(),
        "ledger lines": LedgerEntry.objects.count(),
        "people": User.objects.count(),
    }
    return [Figure(name, count, "") for name, count in counts.items()]


def figures() -> list[Figure]:
    """What it takes to load it, into an empty database."""
    return need_province(indexed=True)
