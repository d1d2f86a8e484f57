"""How schools' files speak of the primary year sheet: headings, marks, labels.

The import knows pupils, classes and cells; what a heading of results means and which
values may stand below it is said here, from the data of primary_year.toml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, time
from functools import cache
from typing import Any

from pydantic import ValidationError

from ..text import fold, nfc
from .primary_year import PrimaryYear, ReassessedYear
from .primary_year_form import Item, tables
from .primary_year_summer import SECOND, second_values

MAX_COMMENT = 400
MAX_TEXT = 300

LEVEL, SCORE, COMMENT = "level", "score", "comment"
LEAVES = {
    "muc dat duoc": LEVEL,
    "muc dat": LEVEL,
    "muc danh gia": LEVEL,
    "muc": LEVEL,
    "diem ktdk": SCORE,
    "diem kiem tra dinh ki": SCORE,
    "diem kiem tra dinh ky": SCORE,
    "diem kt": SCORE,
    "diem": SCORE,
    "noi dung nhan xet": COMMENT,
    "nhan xet": COMMENT,
}
SINGLE = {
    "hoan thanh chuong trinh lop hoc": "completed",
    "hoan thanh chuong trinh tieu hoc": "completed",
    "hoan thanh chuong trinh lop hoc/chuong trinh tieu hoc": "completed",
    "hoan thanh chuong trinh": "completed",
    "htct lop hoc": "completed",
    "len lop": "promoted",
    "duoc len lop": "promoted",
    "xep loai": "result",
    "ket qua": "result",
    "danh gia ket qua giao duc": "result",
    "ket qua giao duc": "result",
    "khen thuong": "awards",
    "chieu cao": "height_cm",
    "chieu cao(cm)": "height_cm",
    "can nang": "weight_kg",
    "can nang(kg)": "weight_kg",
    "so ngay nghi co phep": "absent_with_leave",
    "nghi co phep": "absent_with_leave",
    "so ngay nghi khong phep": "absent_without_leave",
    "nghi khong phep": "absent_without_leave",
}
GROUPS = (
    ("pham chat", "qualities"),
    ("nang luc chung", "general"),
    ("nang luc dac thu", "specific"),
    ("mon hoc", "subjects"),
)
AREAS = ("subjects", "qualities", "general", "specific")
_FLAT = re.compile(rf"^(.+?)[-:(]({'|'.join(map(re.escape, LEAVES))})\)?$")

SUBJECT_WORDS = {"hoan thanh tot": "T", "hoan thanh": "H", "chua hoan thanh": "C"}
TRAIT_WORDS = {"tot": "T", "dat": "Đ", "can co gang": "C"}
NOT_ASSESSED = frozenset({"khong danh gia", "kdg", "mien danh gia"})
TICKS = frozenset({"x", "✓", "✔", "v", "co", "1", "true"})
NO_TICKS = frozenset({"khong", "0", "false", "-"})


class BadValue(ValueError):
    """A cell that does not fit its heading; ``args`` are the code and parameters."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code)


class NotAssessed(Exception):
    """The cell says that this pupil is not assessed (a disability, domain.md §3)."""


# -- Headings ------------------------------------------------------------------------


@cache
def _items(area: str) -> dict[str, str]:
    """Folded label → code of an area."""
    items: Iterable[Item] = getattr(tables(), area)
    return {fold(label): item.code for item in items for label in item.all_labels}


def path_of(heading: tuple[str, ...]) -> str | None:
    """The path in the content that a column fills, by its folded headings from top.

    ``("mon hoc …", "toan", "diem ktdk")`` is ``subjects.math.score``. None when the
    headings say nothing that is known.
    """
    *above, last = heading
    if last in SINGLE:
        return SINGLE[last]
    if last in LEAVES:
        return _mark_path(above, LEAVES[last])
    if flat := _FLAT.match(last):
        return _mark_path([*above, flat[1]], LEAVES[flat[2]])
    return _mark_path(list(heading), LEVEL)


def is_group(heading: str) -> bool:
    """Whether a folded heading names a group, subject or trait of this kind."""
    return any(word in heading for word, _ in GROUPS) or any(
        heading in _items(area) for area in AREAS
    )


def subject_of(name: str) -> str | None:
    """The path prefix that a sheet of comments fills, by its name ("Tiếng việt").

    Excel cuts the name of a sheet at 31 characters, so a cut name is completed.
    """
    folded = fold(name)
    for area in AREAS:
        if code := _items(area).get(folded):
            return f"{area}.{code}"
    if len(name) < 31:
        return None
    cut = {
        code
        for label, code in _items("subjects").items()
        if label[:20] == folded[:20] and label.startswith(folded)
    }
    return f"subjects.{cut.pop()}" if len(cut) == 1 else None


def leaf_of(heading: str) -> str | None:
    """What a column of a comments sheet holds: level, score or comment."""
    return LEAVES.get(heading)


def _mark_path(heading: list[str], leaf: str) -> str | None:
    if not heading:
        return None
    *above, label = heading
    named = [area for word, area in GROUPS if any(word in text for text in above)]
    # Without a group a name of both, like "Khoa học", is the subject.
    for area in named or AREAS:
        if code := _items(area).get(label):
            if leaf == SCORE and area != "subjects":
                return None
            return f"{area}.{code}.{leaf}"
    return None


# -- Values --------------------------------------------------------------------------


def read_value(path: str, cell: Any) -> tuple[Any, list[str]]:
    """The value of a cell that is not blank, and a code for each repair.

    Raises BadValue, or NotAssessed when the cell says so.
    """
    if isinstance(cell, date | datetime | time):
        raise BadValue("value_bad", value=cell)
    if isinstance(cell, str) and fold(cell) in NOT_ASSESSED:
        raise NotAssessed
    leaf = path.rpartition(".")[2]
    return _READERS[leaf](path, cell)


def clean_text(raw: str) -> tuple[str, list[str]]:
    """Text as it is stored: NFC, Đ for U+00D0, single spaces, nothing invisible."""
    composed = nfc(raw)
    stroked = composed.translate(_D_STROKE)
    seen = "".join(char for char in stroked if char.isprintable() or char.isspace())
    spaced = " ".join(seen.split())
    steps = (
        ("nfc", composed != raw),
        ("d_stroke", stroked != composed),
        ("invisible", seen != stroked),
        ("spaces", spaced != seen),
    )
    return spaced, [code for code, done in steps if done]


_D_STROKE = str.maketrans("\u00d0\u00f0\u0189\u0256", "\u0110\u0111\u0110\u0111")


def _level(path: str, cell: Any) -> tuple[str, list[str]]:
    is_subject = path.startswith("subjects.")
    allowed, words = ("THC", SUBJECT_WORDS) if is_subject else ("TĐC", TRAIT_WORDS)
    text, codes = clean_text(str(cell))
    if text in allowed:
        return text, codes
    if text.upper() in allowed:
        return text.upper(), [*codes, "letter_case"]
    if level := words.get(fold(text)):
        return level, [*codes, "word"]
    raise BadValue("level_bad", value=text, allowed=", ".join(allowed))


def _score(path: str, cell: Any) -> tuple[int, list[str]]:
    """Điểm KTĐK: a whole number from 1 to 10, never 0, never a decimal (§3)."""
    text, codes = clean_text(str(cell))
    number = _number(cell, "score_bad")
    if number != int(number):
        raise BadValue("score_not_whole", value=text)
    if not 1 <= number <= 10:
        raise BadValue("score_out_of_range", value=text)
    if isinstance(cell, str) and text != str(int(number)):
        codes = [*codes, "number"]
    return int(number), codes


def _number(cell: Any, code: str) -> float:
    if isinstance(cell, bool):
        raise BadValue(code, value=cell)
    text = str(cell).strip().replace(",", ".")
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text):
        raise BadValue(code, value=cell)
    return float(text)


def _comment(path: str, cell: Any) -> tuple[str, list[str]]:
    return _text(cell, MAX_COMMENT)


def _text(cell: Any, limit: int) -> tuple[str, list[str]]:
    text, codes = clean_text(str(cell))
    if len(text) > limit:
        raise BadValue("text_too_long", count=len(text), limit=limit)
    return text, codes


def _tick(path: str, cell: Any) -> tuple[bool, list[str]]:
    text = fold(str(cell))
    if text in TICKS | NO_TICKS:
        return text in TICKS, []
    if path == "promoted" and text in ("duoc len lop", "chua duoc len lop"):
        return text == "duoc len lop", ["word"]
    raise BadValue("tick_bad", value=cell)


def _result(path: str, cell: Any) -> tuple[str, list[str]]:
    if code := _items("results").get(fold(str(cell))):
        return code, []
    raise BadValue("result_bad", value=cell)


def _awards(path: str, cell: Any) -> tuple[list[str], list[str]]:
    text, codes = _text(cell, MAX_TEXT)
    labels = {fold(award.label): award.label for award in tables().awards}
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return [labels.get(fold(part), part) for part in parts], codes


def _measure(low: float, high: float, whole: bool) -> Callable[[str, Any], Any]:
    def read(path: str, cell: Any) -> tuple[float, list[str]]:
        number = _number(cell, "number_bad")
        if not low <= number <= high or (whole and number != int(number)):
            raise BadValue("number_bad", value=cell)
        return (int(number) if whole else number), []

    return read


_READERS: dict[str, Callable[[str, Any], tuple[Any, list[str]]]] = {
    LEVEL: _level,
    SCORE: _score,
    COMMENT: _comment,
    "completed": _tick,
    "promoted": _tick,
    "result": _result,
    "awards": _awards,
    "height_cm": _measure(40, 230, whole=True),
    "weight_kg": _measure(5, 200, whole=False),
    "absent_with_leave": _measure(0, 366, whole=True),
    "absent_without_leave": _measure(0, 366, whole=True),
}


# -- The content ---------------------------------------------------------------------


def overlay(base: Mapping[str, Any], values: Mapping[str, Any]) -> PrimaryYear:
    """The content ``base`` (as plain JSON) with the values put at their paths.

    Raises BadValue with the path of the first value that the schema refuses.
    """
    plain: dict[str, Any] = dict(base)
    for area in AREAS:
        plain[area] = {code: dict(mark) for code, mark in plain.get(area, {}).items()}
    plain["pupil"] = dict(plain.get("pupil", {}))
    for path, value in values.items():
        *parents, leaf = path.split(".")
        target = plain
        for parent in parents:
            target = target.setdefault(parent, {})
        target[leaf] = value
    schema = ReassessedYear if SECOND in plain else PrimaryYear
    try:
        return schema.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(map(str, first["loc"]))
        raise BadValue("value_bad", value=first["input"], path=path) from error


def placed(base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values at the paths where they belong in the content ``base``."""
    return second_values(_flat(base), values) if SECOND in base else dict(values)


def implied(values: Mapping[str, Any], blanks: Collection[str]) -> dict[str, Any]:
    """What empty cells say: of a class not completed, the tick that is not there."""
    if values.get("result") != "not_completed":
        return {}
    return {path: False for path in ("completed", "promoted") if path in blanks}


def changes(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Path → (old, new) for each value that differs, in the order of the content."""
    before, after = _flat(old), _flat(new)
    paths = dict.fromkeys([*after, *before])
    return {
        path: (before.get(path), after.get(path))
        for path in paths
        if before.get(path) != after.get(path)
    }


def _flat(plain: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in plain.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


_FIELD_LABELS = {
    "school_year": "Năm học",
    "class_name": "Lớp",
    "grade": "Khối lớp",
    "history": "Quá trình học tập",
    "assessed": "Đánh giá",
    "height_cm": "Chiều cao",
    "weight_kg": "Cân nặng",
    "absent_with_leave": "Số ngày nghỉ có phép",
    "absent_without_leave": "Số ngày nghỉ không phép",
    "result": "Đánh giá kết quả giáo dục",
    "awards": "Khen thưởng",
    "completed": "Hoàn thành chương trình",
    "promoted": "Lên lớp",
    "class_teacher": "Giáo viên chủ nhiệm",
    "enrolment.status": "Trạng thái HS",
    "pupil.code": "Mã học sinh",
    "pupil.name": "Họ và tên",
    "pupil.gender": "Giới tính",
    "pupil.birth_date": "Ngày sinh",
    "pupil.ethnicity": "Dân tộc",
    "pupil.nationality": "Quốc tịch",
    "pupil.birth_place": "Nơi sinh",
    "pupil.home_town": "Quê quán",
    "pupil.address": "Nơi ở hiện nay",
    "pupil.father": "Họ và tên cha",
    "pupil.mother": "Họ và tên mẹ",
    "pupil.guardian": "Người giám hộ",
    "pupil.personal_number": "Số định danh cá nhân",
    "pupil.disability": "Loại khuyết tật",
}
_LEAF_LABELS = {LEVEL: "Mức đạt được", SCORE: "Điểm KTĐK", COMMENT: "Nhận xét"}


def label_of(path: str) -> str:
    """A path of the content as the form names it: "Toán · Điểm KTĐK"."""
    area, _, rest = path.partition(".")
    code, _, leaf = rest.partition(".")
    if leaf.startswith(f"{SECOND}_") or area == SECOND:
        first = f"{area}.{code}.{leaf.removeprefix(f'{SECOND}_')}" if leaf else code
        return f"{label_of(first)} · Đánh giá lại"
    if area in AREAS and leaf in _LEAF_LABELS:
        items: Iterable[Item] = getattr(tables(), area)
        label = next((item.label for item in items if item.code == code), code)
        return f"{label} · {_LEAF_LABELS[leaf]}"
    return _FIELD_LABELS.get(path, path)
