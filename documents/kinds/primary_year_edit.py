"""The fields of a primary year sheet, named as on the form (domain.md §3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from .fields import Field, FieldGroup, FieldType
from .primary_year_form import Item, Subject, tables
from .primary_year_print import GENDERS
from .primary_year_summer import SECOND, SECOND_COMMENT_LENGTH, second_path

if TYPE_CHECKING:
    from .primary_year import PrimaryYear

LEVEL, SCORE, COMMENT = "Mức đạt được", "Điểm KTĐK", "Nhận xét"
AGAIN = "Đánh giá lại"
COMMENT_LENGTH = 400
SUBJECT_LEVELS = (
    ("T", "T – Hoàn thành tốt"),
    ("H", "H – Hoàn thành"),
    ("C", "C – Chưa hoàn thành"),
)
TRAIT_LEVELS = (("T", "T – Tốt"), ("Đ", "Đ – Đạt"), ("C", "C – Cần cố gắng"))
_PERSONAL = (
    ("name", "Họ và tên học sinh"),
    ("ethnicity", "Dân tộc"),
    ("nationality", "Quốc tịch"),
    ("birth_place", "Nơi sinh"),
    ("home_town", "Quê quán"),
    ("address", "Nơi ở hiện nay"),
    ("father", "Họ và tên cha"),
    ("mother", "Họ và tên mẹ"),
    ("guardian", "Người giám hộ (nếu có)"),
    ("disability", "Loại khuyết tật"),
)


def fields_of(content: PrimaryYear) -> list[FieldGroup]:
    """Every field that the sheet of this grade has, in printed order.

    Of a re-assessed pupil the first results are signed and stay as they are; beside
    each stands the second one.
    """
    groups = _first_results(content)
    return list(map(_with_second, groups)) if hasattr(content, SECOND) else groups


def _with_second(group: FieldGroup) -> FieldGroup:
    """The same group with a second field beside each result."""
    fields: list[Field] = []
    for first in group.fields:
        path = second_path(first.path)
        if path == first.path:
            fields.append(first)
            continue
        fields.append(replace(first, editable=False))
        fields.append(_again(first, path))
    columns = (*group.columns, *map(_column_again, group.columns))
    return replace(group, fields=tuple(fields), columns=columns)


def _again(first: Field, path: str) -> Field:
    longest = first.max_length
    if first.type is FieldType.LONG_TEXT:
        longest = SECOND_COMMENT_LENGTH
    second = replace(first, path=path, beside=first.path, max_length=longest)
    if first.column:
        return replace(second, column=_column_again(first.column))
    return replace(second, label=f"{first.label} – {AGAIN.lower()}")


def _column_again(column: str) -> str:
    return f"{AGAIN}: {column}"


def _first_results(content: PrimaryYear) -> list[FieldGroup]:
    form, grade = tables(), content.grade
    traits = (LEVEL, COMMENT)
    return [
        FieldGroup("identity", "Trường, lớp", tuple(_identity()), in_background=True),
        FieldGroup("personal", "Học sinh", tuple(_personal()), in_background=True),
        FieldGroup("year", "Năm học", tuple(_year()), heading="Năm học"),
        FieldGroup(
            "subjects",
            "1. Các môn học và hoạt động giáo dục",
            tuple(_subjects(form.subjects_of(grade), grade)),
            (LEVEL, SCORE, COMMENT),
            heading="Môn học",
        ),
        FieldGroup(
            "qualities",
            "2. Những phẩm chất chủ yếu",
            tuple(_traits("qualities", form.qualities)),
            traits,
            heading="Phẩm chất",
        ),
        FieldGroup(
            "general",
            "3.1. Những năng lực chung",
            tuple(_traits("general", form.general)),
            traits,
            heading="Năng lực",
        ),
        FieldGroup(
            "specific",
            "3.2. Những năng lực đặc thù",
            tuple(_traits("specific", form.specific_of(grade))),
            traits,
            heading="Năng lực",
        ),
        FieldGroup(
            "conclusion",
            "4–6. Đánh giá kết quả",
            tuple(_conclusion()),
            heading="Đánh giá",
        ),
    ]


def _identity() -> Iterator[Field]:
    for path, label in (
        ("school.name", "Trường"),
        ("school.commune", "Xã (Phường, Thị trấn)"),
        ("school.province", "Tỉnh (Thành phố)"),
        ("school_year", "Năm học"),
        ("class_name", "Lớp"),
        ("pupil.code", "Mã học sinh"),
    ):
        yield Field(path, label, FieldType.TEXT, editable=False)


def _personal() -> Iterator[Field]:
    first, *others = _PERSONAL
    yield Field(f"pupil.{first[0]}", first[1], FieldType.TEXT, max_length=120)
    genders = tuple((code, label or "–") for code, label in GENDERS.items())
    yield Field("pupil.gender", "Giới tính", FieldType.CHOICE, choices=genders)
    yield Field("pupil.birth_date", "Ngày, tháng, năm sinh", FieldType.DATE)
    for name, label in others:
        yield Field(f"pupil.{name}", label, FieldType.TEXT, max_length=300)
    number = Field(
        "pupil.personal_number", "Số định danh cá nhân", FieldType.TEXT, max_length=12
    )
    yield number


def _year() -> Iterator[Field]:
    yield Field("assessed", _("The pupil is assessed"), FieldType.YES_NO)
    yield Field("height_cm", "Chiều cao (cm)", FieldType.INTEGER, low=40, high=230)
    yield Field("weight_kg", "Cân nặng (kg)", FieldType.DECIMAL, low=5, high=200)
    for path, label in (
        ("absent_with_leave", "Số ngày nghỉ có phép"),
        ("absent_without_leave", "Số ngày nghỉ không phép"),
    ):
        yield Field(path, label, FieldType.INTEGER, low=0, high=366)
    yield Field("class_teacher", "Giáo viên chủ nhiệm", FieldType.TEXT, max_length=300)


def _subjects(subjects: Iterable[Subject], grade: int) -> Iterator[Field]:
    for subject in subjects:
        yield _level("subjects", subject, SUBJECT_LEVELS)
        if grade in subject.scored:
            path = f"subjects.{subject.code}.score"
            yield Field(path, subject.label, FieldType.DECIMAL, SCORE)
        yield _comment("subjects", subject)


def _traits(group: str, items: Iterable[Item]) -> Iterator[Field]:
    for item in items:
        yield _level(group, item, TRAIT_LEVELS)
        yield _comment(group, item)


def _level(group: str, item: Item, levels: tuple[tuple[str, str], ...]) -> Field:
    path = f"{group}.{item.code}.level"
    return Field(path, item.label, FieldType.CHOICE, LEVEL, choices=levels)


def _comment(group: str, item: Item) -> Field:
    path = f"{group}.{item.code}.comment"
    return Field(
        path, item.label, FieldType.LONG_TEXT, COMMENT, max_length=COMMENT_LENGTH
    )


def _conclusion() -> Iterator[Field]:
    results = tuple((item.code, item.label) for item in tables().results)
    yield Field(
        "result", "4. Đánh giá kết quả giáo dục", FieldType.CHOICE, choices=results
    )
    yield Field(
        "result_reason",
        _("Reason, if the result does not follow from the rules"),
        FieldType.TEXT,
        max_length=300,
    )
    yield Field("awards", "5. Khen thưởng", FieldType.LINES, max_length=300)
    yield Field("completed", "6. Hoàn thành chương trình", FieldType.YES_NO)
    yield Field("promoted", "Được lên lớp", FieldType.YES_NO)
