"""Who and what the demo is about: units, classes, people, keys, dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from documents.models import Assignment, Guardianship, Pupil, SchoolClass, Unit, User
from workflow.models import Credential, Deadline, Group
from workflow.services.keys.credentials import development_ca

YEAR = "2025-2026"
# Printed on the first screen; the demo is refused where DEBUG is off.
PASSWORD = "Hocba-2026"
CLASSES = ("1A", "3B", "4B")


@dataclass(frozen=True)
class Person:
    """A demo account: what it is for, where, and the personal number of its key.

    ``classes`` are those of a teacher; a subject teacher has the ``subject`` there.
    """

    username: str
    full_name: str
    role: str
    unit: str
    number: int
    task: Promise
    classes: tuple[str, ...] = ()
    subject: str = ""


PEOPLE = (
    Person(
        "registrar",
        "Phạm Thị Ngọc",
        "registrar",
        "my-ngai",
        11,
        _("import workbooks, hand a pupil over"),
    ),
    Person(
        "teacher1a",
        "Võ Thị Kim Chi",
        "class_teacher",
        "my-ngai",
        12,
        _("correct and submit class 1A"),
        ("1A",),
    ),
    Person(
        "teacher3b",
        "Trần Thị Mai",
        "class_teacher",
        "my-ngai",
        13,
        _("look at class 3B"),
        ("3B",),
    ),
    Person(
        "teacher4b",
        "Nguyễn Văn Tâm",
        "class_teacher",
        "my-ngai",
        14,
        _("mend what the checks found in class 4B"),
        ("4B",),
    ),
    Person(
        "english",
        "Lý Thị Thanh Trúc",
        "subject_teacher",
        "my-ngai",
        22,
        _("confirm and sign Ngoại ngữ 1 in 3B and 4B"),
        ("3B", "4B"),
        "foreign_language",
    ),
    Person("head", "Lê Văn Bình", "head", "my-ngai", 15, _("review, return, sign")),
    Person(
        "officer",
        "Đặng Quốc Hùng",
        "officer",
        "so-gddt-dong-thap",
        16,
        _("watch the schools, lock"),
    ),
    Person(
        "inspector",
        "Huỳnh Thị Thu",
        "inspector",
        "so-gddt-dong-thap",
        17,
        _("search: nguyen thi hoa"),
    ),
    Person(
        "registrar2",
        "Bùi Thanh Hà",
        "registrar",
        "hoa-thuan",
        18,
        _("receive a pupil at the second school"),
    ),
    Person(
        "head2",
        "Phan Hữu Đức",
        "head",
        "hoa-thuan",
        19,
        _("the head of the second school"),
    ),
    Person(
        "admin",
        "Quản trị hệ thống",
        "admin",
        "bo-gddt",
        20,
        _("the site's pages; sees no pupil's record"),
    ),
)
PARENT = Person(
    "parent", "Nguyễn Văn Thành", "", "", 21, _("own children only: read, download")
)


def make_units() -> dict[str, Unit]:
    """ministry → department → commune → school, with a second school."""
    ministry = _unit(None, "bo-gddt", "ministry", "Bộ Giáo dục và Đào tạo", "")
    department = _unit(
        ministry,
        "so-gddt-dong-thap",
        "department",
        "Sở Giáo dục và Đào tạo Đồng Tháp",
        "Tỉnh Đồng Tháp",
        tax_code="1400100000",
    )
    my_ngai = _unit(
        department,
        "phuong-my-ngai",
        "commune",
        "Uỷ ban nhân dân phường Mỹ Ngãi",
        "Phường Mỹ Ngãi",
    )
    hoa_thuan = _unit(
        department,
        "phuong-hoa-thuan",
        "commune",
        "Uỷ ban nhân dân phường Hoà Thuận",
        "Phường Hoà Thuận",
    )
    _unit(
        my_ngai,
        "my-ngai",
        "school",
        "Trường Tiểu học Mỹ Ngãi",
        "Mỹ Ngãi",
        tax_code="1400100001",
    )
    _unit(
        hoa_thuan,
        "hoa-thuan",
        "school",
        "Trường Tiểu học Hoà Thuận",
        "Hoà Thuận",
        tax_code="1400100002",
    )
    return {unit.code: unit for unit in Unit.objects.all()}


def make_people(units: dict[str, Unit]) -> dict[str, User]:
    """The accounts with their assignments; classes for the class teachers."""
    users = {}
    for person in (*PEOPLE, PARENT):
        user = users[person.username] = _user(person)
        for name in person.classes or ("",) * bool(person.role):
            Assignment.objects.get_or_create(
                user=user,
                unit=units[person.unit],
                role=person.role,
                school_class=_class(units[person.unit], name),
                subject=person.subject,
            )
    return users


# Schools seal records, the department its packages for the ministry.
SEALED = ("my-ngai", "hoa-thuan", "so-gddt-dong-thap")
OFFICES = {
    "head": "Hiệu trưởng",
    "class_teacher": "Giáo viên chủ nhiệm",
    "subject_teacher": "Giáo viên bộ môn",
}


def make_keys(users: dict[str, User], units: dict[str, Unit], at: datetime) -> None:
    """Signing keys of the development CA for heads and teachers, and for the seals."""
    for person in PEOPLE:
        if person.role in OFFICES:
            _make_key(users[person.username], units[person.unit], person.role, at)
    ca = development_ca()
    for code in SEALED:
        unit = units[code]
        if not unit.credentials.exists():
            seal = ca.issue_seal(school=unit.name, tax_code=unit.tax_code, at=at)
            Credential.objects.create(
                unit=unit, provider="pkcs12", reference=_reference(seal.path)
            )


def _make_key(user: User, school: Unit, role: str, at: datetime) -> None:
    if user.credentials.exists():
        return
    issued = development_ca().issue_person(
        name=str(user),
        personal_number=user.personal_number,
        office=OFFICES[role],
        school=school.name,
        tax_code=school.tax_code,
        at=at,
    )
    Credential.objects.create(
        user=user, provider="pkcs12", reference=_reference(issued.path)
    )


def make_deadlines(department: Unit, today: date) -> None:
    """The plan's two rounds (domain.md §2), moved so that the first is ahead."""
    for group, report, lock in (
        (Group.COMPLETED, 12, 22),
        (Group.REASSESSED, 58, 68),
    ):
        Deadline.objects.get_or_create(
            unit=department,
            school_year=YEAR,
            group=group,
            defaults={
                "report_until": today + timedelta(days=report),
                "lock_on": today + timedelta(days=lock),
            },
        )


def make_guardian(parent: User, pupils: list[Pupil]) -> None:
    for pupil in pupils:
        Guardianship.objects.get_or_create(
            user=parent, pupil=pupil, defaults={"relation": "Cha"}
        )


def _unit(
    parent: Unit | None, code: str, kind: str, name: str, place: str, tax_code: str = ""
) -> Unit:
    found: Unit | None = Unit.objects.filter(code=code).first()
    if found:
        return found
    fields = {
        "code": code,
        "kind": kind,
        "name": name,
        "place": place,
        "tax_code": tax_code,
    }
    # treebeard keeps counters on the parent's instance: read it afresh.
    parent = parent and Unit.objects.get(pk=parent.pk)
    made: Unit = parent.add_child(**fields) if parent else Unit.add_root(**fields)
    return made


def _user(person: Person) -> User:
    found = User.objects.filter(username=person.username).first()
    return found or User.objects.create_user(
        person.username,
        password=PASSWORD,
        full_name=person.full_name,
        personal_number=f"0870000000{person.number}",
    )


def _class(school: Unit, name: str) -> SchoolClass | None:
    if not name:
        return None
    found, _created = SchoolClass.objects.get_or_create(
        school=school, school_year=YEAR, name=name, defaults={"grade": int(name[0])}
    )
    return found


def _reference(path: Path) -> str:
    return str(path.relative_to(Path(settings.DATA_DIR)))


def today() -> date:
    return timezone.localdate()
