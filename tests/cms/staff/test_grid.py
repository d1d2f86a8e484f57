"""The grid of a class: what it shows, what it saves, and who may not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents.kinds.primary_year import SubjectMark
from documents.models import Record, State
from tests import factories
from workflow.models import Batch, CommentPhrase, WorkingCopy
from workflow.services.grid import CellEdit, save_cells

from .conftest import MOST_QUERIES, fill, to
from .grids import MATH, add_phrase, data_of, send


def test_the_page_has_a_row_a_pupil_and_the_kind_s_columns(
    sign_in, teacher, school_class, draft_record
):
    data = data_of(sign_in(teacher).get(to("class", school_class.pk)))

    headings = list(dict.fromkeys(column["heading"] for column in data["columns"]))
    assert headings == ["Môn học", "Phẩm chất", "Năng lực", "Năm học", "Đánh giá"]
    [row] = data["rows"]
    assert row["name"] == draft_record.book.pupil.name
    assert row["values"][MATH] == "9"
    assert (row["editable"], row["ready"], row["lacks"]) == (True, True, "")
    math = next(c for c in data["columns"] if c["path"] == "subjects.math.level")
    assert [short for _value, _label, short in math["choices"]] == ["T", "H", "C"]


def test_the_last_column_says_what_is_missing_and_the_foot_who(
    sign_in, teacher, school_class
):
    fill(school_class, 2)
    one = factories.make_draft(
        school_class,
        factories.make_pupil("Lê Văn Bảo"),
        subjects={"math": SubjectMark(level="T", score=9, comment="Tốt.")},
    )

    page = sign_in(teacher).get(to("class", school_class.pk))

    row = next(r for r in data_of(page)["rows"] if r["id"] == str(one.uuid))
    assert row["lacks"].startswith("Mức đạt được (10), Nhận xét (10)")
    summary = page.context["summary"]
    assert summary["text"] == "2 of 3 are ready to be submitted."
    assert summary["left"] == [[str(one.uuid), "Lê Văn Bảo"]]


def test_a_cell_is_saved_and_the_checks_come_back(sign_in, teacher, draft_record):
    answer = send(sign_in(teacher), draft_record, (MATH, "9", " 6 ")).json()

    key = str(draft_record.uuid)
    assert answer["rows"][key] == {"saved": {MATH: "6"}, "theirs": {}, "errors": {}}
    paths = [path for path, _severity, _text in answer["checks"][key]["findings"]]
    assert MATH in paths
    assert WorkingCopy.objects.get().changes == {MATH: [9, 6]}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (MATH, "nine"),
        ("subjects.math.level", "X"),
        ("height_cm", "900"),
        ("subjects.math.comment", "a" * 401),
        ("pupil.birth_date", "31/02/2017"),
        ("pupil.code", "1"),
        ("grade", "1"),
        ("unknown", "1"),
    ],
)
def test_a_cell_that_does_not_fit_says_why(sign_in, teacher, draft_record, path, value):
    answer = send(sign_in(teacher), draft_record, (path, "", value)).json()

    outcome = answer["rows"][str(draft_record.uuid)]
    assert list(outcome["errors"]) == [path]
    assert outcome["saved"] == {}
    assert not WorkingCopy.objects.exists()


def test_values_go_and_come_as_people_write_them(sign_in, teacher, draft_record):
    typed = [
        ("weight_kg", "", "30,5"),
        ("pupil.birth_date", "01/05/2017", "02/05/2017"),
        ("awards", "", "Giải A\nGiải B"),
        ("promoted", "yes", "no"),
        ("subjects.math.comment", _comment(draft_record), "Tốt."),
    ]

    answer = send(sign_in(teacher), draft_record, *typed).json()

    saved = answer["rows"][str(draft_record.uuid)]["saved"]
    assert saved == {path: value for path, _was, value in typed}


def _comment(record: Record) -> Any:
    return record.current.content.subjects["math"].comment


def test_of_two_windows_the_second_is_told(sign_in, teacher, draft_record):
    client = sign_in(teacher)
    send(client, draft_record, (MATH, "9", "8"))

    second = send(client, draft_record, (MATH, "9", "7"), ("height_cm", "", "130"))

    outcome = second.json()["rows"][str(draft_record.uuid)]
    assert outcome["theirs"] == {MATH: "8"}
    assert outcome["saved"] == {"height_cm": "130"}


def test_what_one_person_typed_is_not_saved_as_another(
    sign_in, teacher, registrar, draft_record
):
    response = send(sign_in(registrar), draft_record, (MATH, "9", "8"), user=teacher.pk)

    assert (response.status_code, response.json()) == (409, {"code": "other_user"})
    assert not WorkingCopy.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        "{}",
        '{"rows": []}',
        '{"rows": {"x": [1]}}',
        '{"rows": {"x": [{"path": "result", "was": null, "value": ""}]}}',
    ],
)
def test_what_no_grid_sends_is_refused(sign_in, teacher, school_class, body):
    url = to("cells", school_class.pk)

    response = sign_in(teacher).post(url, body, content_type="application/json")

    assert response.status_code == 400


def test_a_record_of_another_class_is_not_among_the_rows(
    sign_in, teacher, school, school_class, draft_record
):
    other = factories.make_draft(factories.make_class(school, "4B"))
    body = {
        "user": teacher.pk,
        "rows": {str(other.uuid): [{"path": MATH, "was": "9", "value": "8"}]},
    }

    answer = sign_in(teacher).post(
        to("cells", school_class.pk), body, content_type="application/json"
    )

    assert answer.json()["rows"] == {str(other.uuid): {"gone": True}}
    assert not WorkingCopy.objects.exists()


def test_the_form_begins_with_what_was_typed_in_the_grid(
    sign_in, teacher, draft_record
):
    client = sign_in(teacher)
    send(client, draft_record, (MATH, "9", "8"))

    page = client.get(to("edit", draft_record.uuid))

    assert page.context["form"]["base"].value() == 2
    assert page.context["form"][MATH].value() == "8"
    assert page.context["grid"]["values"]["pupil.birth_date"] == "01/05/2017"


def test_the_class_is_submitted_as_it_is_typed(
    sign_in, teacher, draft_record, school_class, django_capture_on_commit_callbacks
):
    client = sign_in(teacher)
    send(client, draft_record, ("height_cm", "", "130"))

    with django_capture_on_commit_callbacks(execute=True):
        client.post(to("submit-class", school_class.pk))

    item = Batch.objects.get().items.get()
    record = Record.objects.get(pk=draft_record.pk)
    assert item.version == record.current
    assert record.current.content.height_cm == 130


# -- Who may not -----------------------------------------------------------------


@pytest.mark.parametrize(
    "role", ["class_teacher", "head", "registrar", "officer", "inspector"]
)
def test_nobody_from_elsewhere_reaches_the_cells_or_the_bank(
    sign_in, staff_of_elsewhere, teacher, draft_record, role
):
    phrase = add_phrase(sign_in(teacher), draft_record).json()["id"]
    client = sign_in(staff_of_elsewhere[role])

    answers = [
        send(client, draft_record, (MATH, "9", "8")),
        client.get(to("phrases", draft_record.school_class_id)),
        add_phrase(client, draft_record),
        client.delete(to("phrase", phrase)),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert not WorkingCopy.objects.exists()
    assert CommentPhrase.objects.count() == 1


def test_the_head_reads_and_saves_nothing(sign_in, head, school_class, draft_record):
    client = sign_in(head)

    [row] = data_of(client.get(to("class", school_class.pk)))["rows"]
    answer = send(client, draft_record, (MATH, "9", "8")).json()

    assert row["editable"] is False
    assert list(answer["rows"][str(draft_record.uuid)]["errors"]) == [MATH]
    assert not WorkingCopy.objects.exists()


def test_what_is_submitted_is_no_longer_typed_into(
    sign_in, teacher, school_class, draft_record
):
    Record.objects.filter(pk=draft_record.pk).update(state=State.REVIEWED)
    client = sign_in(teacher)

    [row] = data_of(client.get(to("class", school_class.pk)))["rows"]
    answer = send(client, draft_record, (MATH, "9", "8")).json()

    assert row["editable"] is False
    assert list(answer["rows"][str(draft_record.uuid)]["errors"]) == [MATH]


# -- The comment bank ------------------------------------------------------------


def test_a_sentence_is_added_used_and_deleted(sign_in, teacher, draft_record):
    client = sign_in(teacher)
    url = to("phrases", draft_record.school_class_id)

    made = add_phrase(client, draft_record).json()
    found = client.get(url).json()["phrases"]
    client.delete(to("phrase", made["id"]))

    assert found == [made]
    assert (made["part"], made["level"]) == ("subjects.math", "T")
    assert client.get(url).json()["phrases"] == []


# -- Cost ------------------------------------------------------------------------


def test_the_grid_of_45_asks_as_much_as_that_of_3(
    sign_in, queries_of, teacher, school_class
):
    client = sign_in(teacher)
    url = to("class", school_class.pk)
    records = fill(school_class, 3)
    client.get(url)
    few = queries_of(client, url)
    records += fill(school_class, 42)
    edits = {record.pk: [CellEdit("height_cm", None, 130)] for record in records}
    save_cells(edits=edits, by=teacher)

    many = queries_of(client, url)

    assert many == few <= MOST_QUERIES


def test_saving_asks_as_much_in_a_class_of_45_as_of_3(
    sign_in, teacher, school_class, draft_record
):
    client = sign_in(teacher)

    def cost(value: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            send(client, draft_record, ("height_cm", "", value))
        WorkingCopy.objects.all().delete()
        return len(asked)

    fill(school_class, 2)
    cost("129")
    few = cost("130")
    fill(school_class, 42)

    many = cost("131")

    assert many == few
