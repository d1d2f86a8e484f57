"""What to invent: a school, its classes, and the pupils with something to see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Ability(StrEnum):
    """How a pupil's marks are drawn, by the overall result that they lead to."""

    EXCELLENT = "excellent"
    GOOD = "good"
    SOLID = "completed"
    WEAK = "not_completed"


class Slip(StrEnum):
    """A mistake that people make in these files, and that a check then names."""

    LEVEL_MISSING = "subject_level_missing"
    WRONG_RESULT = "result_not_by_rule"
    LOW_SCORE = "score_low_for_t"
    CONTRADICTION = "comment_contradicts_level"
    OTHER_NAME = "comment_names_other"
    NO_NUMBER = "personal_number_missing"
    WRONG_NUMBER = "personal_number_gender"


@dataclass(frozen=True)
class Special:
    """One pupil by name. ``gender`` is 1 male, 2 female."""

    name: str
    gender: int
    ethnicity: str = "Kinh"
    ability: Ability = Ability.SOLID
    disability: str = ""
    assessed: bool = True
    guardian: str = ""
    ethnic_language: bool = False
    slip: Slip | None = None


@dataclass(frozen=True)
class ClassSpec:
    """A class of ``size`` pupils, the specials among them; the grade is in its name.

    ``pasted`` pupils have one and the same comment in Hoạt động trải nghiệm.
    """

    name: str
    size: int
    specials: tuple[Special, ...] = ()
    pasted: int = 0

    @property
    def grade(self) -> int:
        return int(self.name[0])


@dataclass(frozen=True)
class SchoolSpec:
    """``number`` keeps the codes of the pupils of two schools apart."""

    code: str
    number: int
    name: str
    commune: str
    classes: tuple[ClassSpec, ...]
    province: str = "Tỉnh Đồng Tháp"
    province_number: str = "087"
    school_year: str = field(default="2025-2026")

    @classmethod
    def numbered(
        cls,
        number: int,
        classes: Iterable[tuple[str, int]],
        school_year: str = "2025-2026",
    ) -> SchoolSpec:
        """An ordinary school for measurements: ``[("1A", 35), …]``, nothing special."""
        return cls(
            code=f"th-{number:05d}",
            number=number,
            name=f"Trường Tiểu học Số {number}",
            commune=f"Phường {number % 100 + 1}",
            classes=tuple(ClassSpec(name, size) for name, size in classes),
            school_year=school_year,
        )


MY_NGAI = SchoolSpec(
    code="my-ngai",
    number=37242,
    name="Trường Tiểu học Mỹ Ngãi",
    commune="Phường Mỹ Ngãi",
    classes=(
        ClassSpec(
            "1A",
            35,
            (
                Special("Y", 1, ethnicity="Ê-đê"),
                Special("Công Tằng Tôn Nữ Hoàng Ngọc Phương Khánh", 2),
                Special("Thạch Thị Sô Phia", 2, ethnicity="Khmer"),
                Special(
                    "Lê Minh Nhật",
                    1,
                    disability="Khuyết tật trí tuệ",
                    assessed=False,
                ),
                Special("Phan Hữu Toàn", 1, guardian="Phan Văn Út"),
                Special("Ngô Mỹ Xuyên", 2, slip=Slip.NO_NUMBER),
                Special("Trương Gia Bảo", 1, slip=Slip.LOW_SCORE),
                Special("Huỳnh Cẩm Tú", 2, ability=Ability.EXCELLENT),
            ),
        ),
        ClassSpec(
            "3B",
            38,
            (
                Special("Nguyễn Thị Hoà", 2, ability=Ability.GOOD),
                Special("H'Hen Niê", 2, ethnicity="Ê-đê"),
                Special("Sơn Thanh Sang", 1, ethnicity="Khmer", ethnic_language=True),
                Special("Danh Thị Chanh Thu", 2, ethnicity="Khmer"),
                Special("Nguyễn Thanh Hòa", 1),
                Special("Bùi Văn Tèo", 1, ability=Ability.WEAK),
                Special("Đỗ Quốc Việt", 1, ability=Ability.EXCELLENT),
                Special("Mai Hồng Đào", 2, slip=Slip.NO_NUMBER),
                Special("Cao Trọng Nghĩa", 1, slip=Slip.OTHER_NAME),
            ),
        ),
        ClassSpec(
            "4B",
            33,
            (
                Special("Lý A Páo", 1, ethnicity="Hmông"),
                Special("Kim Thị Ngọc Hiếu", 2, ethnicity="Khmer"),
                Special("Võ Thành Đạt", 1, ability=Ability.WEAK),
                Special("Trần Bảo Trâm", 2, ability=Ability.EXCELLENT),
                Special("Đoàn Chí Công", 1, slip=Slip.LEVEL_MISSING),
                Special("Tô Ngọc Ánh", 2, slip=Slip.WRONG_RESULT),
                Special("Hồ Tấn Lộc", 1, slip=Slip.CONTRADICTION),
                Special("Dương Bích Loan", 2, slip=Slip.WRONG_NUMBER),
            ),
            pasted=6,
        ),
    ),
)

# The school that a pupil of Mỹ Ngãi moves to.
HOA_THUAN = SchoolSpec(
    code="hoa-thuan",
    number=37243,
    name="Trường Tiểu học Hoà Thuận",
    commune="Phường Mỹ Ngãi",
    classes=(ClassSpec("1C", 12), ClassSpec("3C", 14)),
)
