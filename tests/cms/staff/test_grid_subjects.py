"""What a subject teacher sees of the grid, and may type in it."""

from __future__ import annotations

import json

from documents.kinds.primary_year import SubjectMark
from tests import factories

from .conftest import to
from .grids import MATH, add_phrase, data_of, send


def test_a_subject_teacher_sees_the_own_columns_only(
    sign_in, math_teacher, school_class
):
    factories.make_draft(
        school_class, subjects={"vietnamese": SubjectMark(comment="Đọc to.")}
    )

    page = sign_in(math_teacher).get(to("class", school_class.pk))

    data = data_of(page)
    assert {c["path"].rpartition(".")[0] for c in data["columns"]} == {"subjects.math"}
    [row] = data["rows"]
    assert {path for path, _severity, _text in row["findings"]} == {
        "subjects.math.level"
    }
    assert row["submit"] == ""
    assert "Đọc to." not in page.content.decode()
    assert "Đọc to." not in json.dumps(data)


def test_a_subject_teacher_s_form_is_the_own_subject(
    sign_in, math_teacher, draft_record
):
    client = sign_in(math_teacher)

    page = client.get(to("edit", draft_record.uuid))

    fields = set(page.context["form"].fields) - {"base"}
    assert {path.rpartition(".")[0] for path in fields} == {"subjects.math"}
    assert client.get(to("record", draft_record.uuid)).status_code == 404


def test_a_subject_teacher_saves_the_own_subject_only(
    sign_in, math_teacher, draft_record
):
    other = "subjects.vietnamese.score"

    answer = send(
        sign_in(math_teacher), draft_record, (MATH, "9", "8"), (other, "9", "8")
    )

    outcome = answer.json()["rows"][str(draft_record.uuid)]
    assert outcome["saved"] == {MATH: "8"}
    assert list(outcome["errors"]) == [other]


def test_a_subject_teacher_sees_the_own_classes(
    sign_in, math_teacher, school, draft_record
):
    other = factories.make_draft(factories.make_class(school, "4B"))
    client = sign_in(math_teacher)

    rows = client.get(to("classes")).context["rows"]

    assert [row.school_class.name for row in rows] == ["3B"]
    assert client.get(to("class", other.school_class_id)).status_code == 404


def test_a_subject_teacher_is_offered_the_own_subject(
    sign_in, teacher, math_teacher, draft_record
):
    client = sign_in(teacher)
    add_phrase(client, draft_record)
    add_phrase(client, draft_record, path="subjects.vietnamese.comment")

    url = to("phrases", draft_record.school_class_id)
    found = sign_in(math_teacher).get(url).json()["phrases"]

    assert [phrase["part"] for phrase in found] == ["subjects.math"]
