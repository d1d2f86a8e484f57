"""The primary year sheet as it is printed: six sheets (domain.md §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .primary_year_form import Form, Item, tables
from .printing import Printout, Rows, Sheet, number, short_date

if TYPE_CHECKING:
    from .primary_year import PrimaryYear, Stay, SubjectMark, TraitMark

NOT_ASSESSED = "Không đánh giá"
GENDERS = {0: "", 1: "Nam", 2: "Nữ"}
LAST_GRADE = 5


@dataclass(frozen=True)
class Row:
    """One line of a table. ``span`` rows share the comment; 0 means it is above."""

    label: str
    level: str
    score: str
    comment: str
    span: int = 1


def printout(content: PrimaryYear, form_version: str) -> Printout:
    """Lay out ``content`` on the form it was issued with. Raises KeyError."""
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
            Sheet("subjects.html", 13, rows=_fit(rows, (0.28, 0.40), (0.20, 0.60), 10)),
            Sheet("traits.html", 13, rows=_fit(traits, (0.28, 0.56), (0.20, 0.70), 19)),
            Sheet("conclusion.html", 13, qr=True),
        ),
        context={
            "form": _form(form_version),
            "content": content,
            "year": _year(content.school_year),
            "subjects": rows,
            "stays": [_stay(stay) for stay in content.history],
            **tables_of_traits,
            **_personal(content),
            **_conclusion(content),
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
    return Row(item.label, level, number(mark.score), mark.comment)


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
    pairs = [(item, marks.get(item.code)) for item in items]
    comments = [mark.comment if mark else "" for _, mark in pairs]
    shared = len(set(comments)) == 1
    spans = [len(items)] + [0] * (len(items) - 1) if shared else [1] * len(items)
    return [
        Row(
            item.label, _level(mark.level if mark else None, content), "", comment, span
        )
        for (item, mark), comment, span in zip(pairs, comments, spans, strict=True)
    ]


def _fit(
    rows: Sequence[Row],
    widths: tuple[float, float],
    dense_widths: tuple[float, float],
    others: float,
) -> Rows:
    """The widths are those of templates/documents/primary_year/style.css."""
    cells = tuple((row.label, row.comment if row.span else "") for row in rows)
    return Rows(cells, widths, dense_widths, others)


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
