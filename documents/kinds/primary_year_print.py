"""The primary year sheet as it is printed: six sheets (domain.md §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from .primary_year_form import Form, Item, tables
from .primary_year_summer import SECOND
from .printing import Printout, Rows, Sheet, number, short_date

if TYPE_CHECKING:
    from .primary_year import PrimaryYear, Stay, SubjectMark, TraitMark

AGAIN = "Đánh giá lại:"
NOT_ASSESSED = "Không đánh giá"
GENDERS = {0: "", 1: "Nam", 2: "Nữ"}
LAST_GRADE = 5
Pair = tuple[float, float]


class Widths(NamedTuple):
    """Label and comment as parts of the text's width, then the same of small type.

    They are those of templates/documents/primary_year/style.css.
    """

    subjects: tuple[Pair, Pair]
    traits: tuple[Pair, Pair]


WIDTHS = Widths(((0.28, 0.40), (0.20, 0.60)), ((0.28, 0.56), (0.20, 0.70)))
# With second results there are two columns more, and one; so much higher is a head.
AGAIN_HEAD = 2.4
AGAIN_WIDTHS = Widths(((0.22, 0.34), (0.18, 0.54)), ((0.22, 0.56), (0.18, 0.68)))


@dataclass(frozen=True)
class Row:
    """One line of a table. ``span`` rows share the comment; 0 means it is above.

    ``again`` are level, score and comment of the re-assessment in summer.
    """

    label: str
    level: str
    score: str
    comment: str
    span: int = 1
    again: tuple[str, str, str] = ("", "", "")

    @property
    def comments(self) -> str:
        """Both comments as they fill the cell."""
        second = f"{AGAIN} {self.again[2]}" if self.again[2] else ""
        return f"{self.comment} {second}".strip()


def printout(content: PrimaryYear, form_version: str) -> Printout:
    """Lay out ``content`` on the form it was issued with. Raises KeyError."""
    second = getattr(content, SECOND, None)
    widths, head = (AGAIN_WIDTHS, AGAIN_HEAD) if second else (WIDTHS, 0)
    rows = _subject_rows(content)
    tables_of_traits = _trait_tables(content)
    traits = [row for table in tables_of_traits.values() for row in table]
    return Printout(
        title=f"Học bạ tiểu học – {content.pupil.name} – {_year(content.school_year)}",
        author=content.school.name,
        sheets=(
            Sheet("cover.html", 14),
            Sheet("guide.html", 11.5),
            Sheet("personal.html", 13, qr=True),
            Sheet("subjects.html", 13, rows=_fit(rows, widths.subjects, 10 + head)),
            Sheet("traits.html", 13, rows=_fit(traits, widths.traits, 19 + 3 * head)),
            Sheet("conclusion.html", 13, qr=True),
        ),
        context={
            "form": _form(form_version),
            "content": content,
            "year": _year(content.school_year),
            "subjects": rows,
            "again": second is not None,
            "stays": [_stay(stay) for stay in content.history],
            **tables_of_traits,
            **_personal(content),
            **_conclusion(content),
            **_second_conclusion(content.in_effect() if second else None),
        },
    )


def _form(version: str) -> Form:
    return {form.version: form for form in tables().forms}[version]


def _year(school_year: str) -> str:
    return school_year.replace("-", " – ")


def _level(level: str | None, content: PrimaryYear) -> str:
    return level or ("" if content.assessed else NOT_ASSESSED)


def _subject_rows(content: PrimaryYear) -> list[Row]:
    """The subjects of the grade; an optional one only if it was taught."""
    rows = []
    for subject in tables().subjects_of(content.grade):
        mark = content.subjects.get(subject.code)
        if mark or content.grade in subject.grades:
            rows.append(_subject_row(subject, mark, content))
    return rows


def _subject_row(item: Item, mark: SubjectMark | None, content: PrimaryYear) -> Row:
    if mark is None:
        return Row(item.label, _level(None, content), "", "")
    level = _level(mark.level, content)
    return Row(item.label, level, number(mark.score), mark.comment, again=_again(mark))


def _again(mark: SubjectMark | TraitMark | None) -> tuple[str, str, str]:
    score = number(getattr(mark, f"{SECOND}_score", None))
    level = getattr(mark, f"{SECOND}_level", None) or ""
    return level, score, getattr(mark, f"{SECOND}_comment", "")


def _trait_tables(content: PrimaryYear) -> dict[str, list[Row]]:
    form = tables()
    return {
        "qualities": _trait_rows(form.qualities, content.qualities, content),
        "general": _trait_rows(form.general, content.general, content),
        "specific": _trait_rows(
            form.specific_of(content.grade), content.specific, content
        ),
    }


def _trait_rows(
    items: Sequence[Item], marks: Mapping[str, TraitMark], content: PrimaryYear
) -> list[Row]:
    """One row each; the same comment on every row is printed once for them all."""
    marks_of = [marks.get(item.code) for item in items]
    rows = [
        Row(
            item.label,
            _level(mark.level if mark else None, content),
            "",
            mark.comment if mark else "",
            again=_again(mark),
        )
        for item, mark in zip(items, marks_of, strict=True)
    ]
    if len({row.comments for row in rows}) > 1:
        return rows
    spans = [len(rows)] + [0] * (len(rows) - 1)
    return [replace(row, span=span) for row, span in zip(rows, spans, strict=True)]


def _fit(rows: Sequence[Row], widths: tuple[Pair, Pair], others: float) -> Rows:
    cells = tuple((row.label, row.comments if row.span else "") for row in rows)
    return Rows(cells, *widths, others)


def _stay(stay: Stay) -> Mapping[str, str]:
    return {
        "year": _year(stay.school_year),
        "class_name": stay.class_name,
        "school": stay.school,
        "register_number": stay.register_number,
        "entered_on": short_date(stay.entered_on),
    }


def _personal(content: PrimaryYear) -> dict[str, str]:
    return {
        "gender": GENDERS[content.pupil.gender],
        "birth_date": short_date(content.pupil.birth_date),
        "height": _measure(content.height_cm, "cm"),
        "weight": _measure(content.weight_kg, "kg"),
        "with_leave": number(content.absent_with_leave),
        "without_leave": number(content.absent_without_leave),
    }


def _measure(value: float | None, unit: str) -> str:
    return f"{number(value)} {unit}" if value is not None else ""


def _conclusion(content: PrimaryYear) -> dict[str, str]:
    labels = {item.code: item.label for item in tables().results}
    result = labels[content.result] if content.result else _level(None, content)
    return {"result": result, "completion": _completion(content)}


def _second_conclusion(content: PrimaryYear | None) -> dict[str, str]:
    """The same after the summer; nothing for a pupil who was not assessed again."""
    if content is None:
        return {}
    return {f"{SECOND}_{key}": text for key, text in _conclusion(content).items()}


def _completion(content: PrimaryYear) -> str:
    """``Hoàn thành chương trình lớp 3; Được lên lớp 4``, as far as it is known."""
    last = content.grade == LAST_GRADE
    programme = "tiểu học" if last else f"lớp {content.grade}"
    parts = []
    if content.completed is not None:
        done = "Hoàn thành" if content.completed else "Chưa hoàn thành"
        parts.append(f"{done} chương trình {programme}")
    if content.promoted is not None and not (last and content.promoted):
        up = f"Được lên lớp {content.grade + 1}"
        parts.append(up if content.promoted else "Chưa được lên lớp")
    return "; ".join(parts)
