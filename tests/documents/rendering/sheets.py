"""Contents to print, from the ordinary to the worst that the schema lets through."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random
from typing import Any

from documents.canonical import canonical_json, content_digest
from documents.kinds.primary_year import (
    PrimaryYear,
    PrimaryYearKind,
    Pupil,
    ReassessedYear,
    School,
    Stay,
    SubjectMark,
    TraitMark,
)
from documents.kinds.primary_year_form import Item, tables
from documents.rendering import FormInput

CODE = "5f0c9d3e7a1b4c2d8e6f0a1b2c3d4e5f"
URL = f"https://hocba.example/kiem-tra/{CODE}/"
LONG_NAME = "Công Tằng Tôn Nữ Huyền Trân Nguyễn Phúc"
LONG_SCHOOL = "Trường Phổ thông Dân tộc bán trú Tiểu học và Trung học cơ sở Y Ngông"
PROSE = (
    "Em đọc to, rõ ràng, lưu loát; hiểu nội dung bài và biết vận dụng kiến thức đã "
    "học vào cuộc sống hằng ngày; chữ viết đều, đẹp, trình bày sạch sẽ; tích cực "
    "phát biểu xây dựng bài; cần mạnh dạn hơn khi hợp tác nhóm."
)


def comment(length: int, seed: str) -> str:
    """Vietnamese prose of exactly that length, another for each seed."""
    words = Random(seed).choices(PROSE.split(), k=length)
    return " ".join(words)[:length].strip().ljust(length, ".")


def year_sheet(
    grade: int = 3, length: int = 90, optional: tuple[str, ...] = (), **changes: Any
) -> PrimaryYear:
    """A full sheet of that grade with comments of that length on every row."""
    form = tables()
    taught = [
        subject
        for subject in form.subjects_of(grade)
        if grade in subject.grades or subject.code in optional
    ]
    values: dict[str, Any] = {
        "school": School(
            code="my-ngai",
            name="Trường Tiểu học Mỹ Ngãi",
            commune="Phường Mỹ Ngãi",
            district="Thành phố Cao Lãnh",
            province="Tỉnh Đồng Tháp",
        ),
        "school_year": "2025-2026",
        "class_name": f"{grade}B",
        "grade": grade,
        "pupil": pupil(),
        "history": stays(3, "Trường Tiểu học Mỹ Ngãi"),
        "height_cm": 128,
        "weight_kg": 26.5,
        "absent_with_leave": 2,
        "absent_without_leave": 0,
        "subjects": {
            subject.code: SubjectMark(
                level="H",
                score=8 if grade in subject.scored else None,
                comment=comment(length, subject.code),
            )
            for subject in taught
        },
        "qualities": _traits(form.qualities, length),
        "general": _traits(form.general, length),
        "specific": _traits(form.specific_of(grade), length),
        "result": "completed",
        "awards": ("Giải Nhì hội giao lưu An toàn giao thông cấp trường",),
        "completed": True,
        "promoted": True,
        "class_teacher": "Trần Thị Mai",
    }
    return PrimaryYear(**(values | changes))


def _traits(items: Any, length: int) -> dict[str, TraitMark]:
    def mark(item: Item) -> TraitMark:
        return TraitMark(level="Đ", comment=comment(length, f"trait {item.label}"))

    return {item.code: mark(item) for item in items}


def pupil(**changes: Any) -> Pupil:
    values: dict[str, Any] = {
        "code": "8700000001",
        "name": "Nguyễn Thị Hoà",
        "gender": 2,
        "birth_date": date(2017, 1, 5),
        "ethnicity": "Kinh",
        "nationality": "Việt Nam",
        "birth_place": "Bệnh viện Đa khoa Đồng Tháp",
        "home_town": "Phường Mỹ Ngãi, Tỉnh Đồng Tháp",
        "address": "Số 12, Tổ 3, Khóm Mỹ Phú, Phường Mỹ Ngãi, Tỉnh Đồng Tháp",
        "father": "Nguyễn Văn Hùng",
        "mother": "Trần Thị Mai",
        "personal_number": "087317001234",
    }
    return Pupil(**(values | changes))


def stays(count: int, school: str) -> tuple[Stay, ...]:
    return tuple(
        Stay(
            school_year=f"{2014 + n}-{2015 + n}",
            class_name="5A1",
            school=school,
            register_number=f"{n:04d}/2020",
            entered_on=date(2014 + n, 9, 5),
        )
        for n in range(count)
    )


def form_input(content: PrimaryYear, **changes: Any) -> FormInput:
    canonical = canonical_json(content)
    values: dict[str, Any] = {
        "kind": "primary_year",
        "form_version": "2025",
        "canonical": canonical,
        "sha256": content_digest("primary_year", 1, canonical),
        "lookup_code": CODE,
        "verify_url": URL,
        "created_at": datetime(2026, 6, 27, 8, tzinfo=UTC),
        "place": "Mỹ Ngãi",
        "signed_on": date(2026, 6, 28),
        "head_name": "Lê Văn Bình",
    }
    return FormInput(**(values | changes))


ADDRESS = ("Số 12/5, Hẻm 3, Thôn Buôn Krông Ana, " * 8)[:200]


def second_sheet(grade: int = 3, **second: Any) -> ReassessedYear:
    """A pupil who did not complete, and did after the summer: better in Toán."""
    failed = year_sheet(grade, completed=False, promoted=False, result="not_completed")
    plain = PrimaryYearKind().reassess(failed).model_dump()
    plain["subjects"]["math"] |= {
        "level": "C",
        "score": 3,
        "second_level": "H",
        "second_score": 6,
        "second_comment": "Đã ôn tập trong hè.",
    }
    plain["second"] = {"result": "completed", "completed": True, "promoted": True}
    plain["second"] |= second
    return ReassessedYear.model_validate(plain)


def everything_again(grade: int) -> ReassessedYear:
    """Second results in every row, each with the longest comment."""
    plain = PrimaryYearKind().reassess(year_sheet(grade, 400)).model_dump()
    for area in ("subjects", "qualities", "general", "specific"):
        for code, marks in plain[area].items():
            marks |= {"second_level": "T", "second_comment": comment(200, code)}
    return ReassessedYear.model_validate(plain)


NASTY: dict[str, PrimaryYear] = {
    "fourteen subjects with 400 characters each": year_sheet(
        5,
        400,
        ("ethnic_language",),
        history=stays(12, LONG_SCHOOL),
        pupil=pupil(
            name=LONG_NAME,
            birth_place=ADDRESS,
            home_town=ADDRESS,
            address=ADDRESS,
            father=LONG_NAME,
            mother=LONG_NAME,
            guardian=LONG_NAME,
        ),
        class_teacher=LONG_NAME,
        awards=tuple(comment(150, f"award {n}") for n in range(8)),
    ),
    "capitals without end": year_sheet(
        4, 0, subjects={"math": SubjectMark(level="C", score=1, comment="W" * 400)}
    ),
    "a name with apostrophe": year_sheet(1, 60, pupil=pupil(name="H'Hen Niê")),
    "one word": year_sheet(2, 300, ("foreign_language",), pupil=pupil(name="Y")),
    "not assessed": year_sheet(
        4,
        0,
        assessed=False,
        subjects={},
        qualities={},
        general={},
        specific={},
        result=None,
        awards=(),
        completed=None,
        height_cm=None,
        history=(),
    ),
    "everything assessed again": everything_again(5),
}
