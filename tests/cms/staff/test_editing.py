from __future__ import annotations

from typing import Any

import pytest

from documents.kinds.primary_year import SubjectMark
from documents.models import ReadLog, Record, Version
from tests import factories
from workflow.services import edit_record, return_record, submit_record

from .conftest import to


def typed(page: Any, **changes: str) -> dict[str, Any]:
    """What a browser sends back: every field as shown, some of them changed."""
    form = page.context["form"]
    shown = {
        name: form[name].value()
        for name in form.fields
        if form[name].value() is not None
    }
    dates = {
        k: v.strftime("%d/%m/%Y") for k, v in shown.items() if hasattr(v, "strftime")
    }
    answers = {True: "yes", False: "no"}
    plain = {
        name: answers.get(value, value) if isinstance(value, bool) else value
        for name, value in (shown | dates).items()
    }
    return plain | {name.replace("__", "."): value for name, value in changes.items()}


def newest(record: Record) -> Version:
    return record.versions.latest()


def content_of(record: Record) -> Any:
    return newest(record).content


def test_every_field_of_the_form_can_be_filled_in(sign_in, teacher, draft_record):
    page = sign_in(teacher).get(to("edit", draft_record.uuid))

    text = page.content.decode()
    for label in ("Tiếng Việt", "Hoạt động trải nghiệm", "Yêu nước", "Thẩm mĩ"):
        assert label in text
    assert 'name="subjects.math.score"' in text
    assert 'aria-label="Toán: Điểm KTĐK"' in text
    assert 'name="subjects.music.score"' not in text


@pytest.mark.parametrize("base", ["²", "", "-1", "0", "9" * 30])
def test_a_made_up_base_saves_nothing(sign_in, teacher, draft_record, base):
    client = sign_in(teacher)
    url = to("edit", draft_record.uuid)
    data = typed(client.get(url), subjects__math__score="10", base=base)

    response = client.post(url, data)

    assert response.status_code in (409, 422)
    assert newest(draft_record).number == 1


def test_saving_writes_a_new_version_of_what_was_typed(sign_in, teacher, draft_record):
    client = sign_in(teacher)
    url = to("edit", draft_record.uuid)
    data = typed(client.get(url), subjects__math__score="10", awards="Giải A\nGiải B")

    response = client.post(url, data)

    assert response.status_code == 302
    content = content_of(draft_record)
    assert content.subjects["math"].score == 10
    assert content.awards == ("Giải A", "Giải B")
    version = newest(draft_record)
    assert (version.number, version.author) == (2, teacher)


def test_saving_without_a_change_writes_nothing(sign_in, teacher, draft_record):
    client = sign_in(teacher)
    url = to("edit", draft_record.uuid)

    client.post(url, typed(client.get(url)))

    assert draft_record.versions.count() == 1


def test_findings_stand_beside_their_field(sign_in, teacher, school_class):
    record = factories.make_draft(
        school_class, subjects={"math": SubjectMark(level="T", score=6)}
    )

    page = sign_in(teacher).get(to("edit", record.uuid))

    cells = [
        cell
        for group in page.context["layout"]
        for _label, row in group.rows
        for cell in row
        if cell and cell.findings
    ]
    by_name = {cell.bound.name: [f.code for f in cell.findings] for cell in cells}
    assert by_name["subjects.math.score"] == ["score_low_for_t"]
    assert by_name["subjects.vietnamese.level"] == ["subject_level_missing"]


def test_what_cannot_be_read_is_shown_again_with_everything_else(
    sign_in, teacher, draft_record
):
    client = sign_in(teacher)
    url = to("edit", draft_record.uuid)
    comment = "Em học rất tốt."
    data = typed(client.get(url), height_cm="một mét", subjects__math__comment=comment)

    response = client.post(url, data)

    assert response.status_code == 422
    text = response.content.decode()
    assert "một mét" in text
    assert comment in text
    assert draft_record.versions.count() == 1


def test_of_two_who_edit_at_once_nothing_is_lost(
    sign_in, teacher, registrar, draft_record
):
    client = sign_in(teacher)
    url = to("edit", draft_record.uuid)
    data = typed(client.get(url), subjects__math__score="8", result="good")
    edit_record(
        record_id=draft_record.pk,
        by=registrar,
        base=1,
        changes={"subjects.math.score": 7, "subjects.vietnamese.score": 7},
    )

    conflict = client.post(url, data)

    assert conflict.status_code == 409
    form = conflict.context["form"]
    assert form["base"].value() == 2
    assert form["subjects.math.score"].value() == "8"
    assert form["subjects.vietnamese.score"].value() == "7"
    cells = [
        cell
        for group in conflict.context["layout"]
        for _label, row in group.rows
        for cell in row
        if cell and cell.theirs is not None
    ]
    assert [(cell.bound.name, cell.theirs) for cell in cells] == [
        ("subjects.math.score", "7")
    ]
    assert content_of(draft_record).subjects["math"].score == 7

    client.post(url, typed(conflict))

    content = content_of(draft_record)
    assert content.subjects["math"].score == 8
    assert content.subjects["vietnamese"].score == 7
    assert content.result == "good"


def test_the_registrar_may_correct_and_the_read_is_entered(
    sign_in, registrar, draft_record
):
    page = sign_in(registrar).get(to("edit", draft_record.uuid))

    assert page.status_code == 200
    assert ReadLog.objects.get().user == registrar


def test_only_a_draft_can_be_changed(sign_in, teacher, reviewed_record):
    client = sign_in(teacher)

    response = client.get(to("edit", reviewed_record.uuid))

    assert response.url == to("record", reviewed_record.uuid)


def test_a_returned_sheet_shows_who_sent_it_back_last_and_why(
    sign_in, teacher, head, reviewed_record
):
    client = sign_in(teacher)
    page = to("edit", reviewed_record.uuid)
    reason = "Nhận xét môn Toán quá ngắn."
    return_record(record_id=reviewed_record.pk, by=head, reason=reason)

    returned = client.get(page).content.decode()
    submit_record(record_id=reviewed_record.pk, by=teacher)
    return_record(record_id=reviewed_record.pk, by=head, reason="Thiếu chữ ký.")
    again = client.get(page).content.decode()

    assert "Lê Văn Bình returned it to the class teacher." in returned
    assert reason in returned
    assert "Thiếu chữ ký." in again
    assert reason not in again


@pytest.mark.parametrize("role", ["head", "officer", "inspector", "admin_user"])
def test_others_do_not_edit(request, sign_in, draft_record, role):
    client = sign_in(request.getfixturevalue(role))
    url = to("edit", draft_record.uuid)

    for response in (client.get(url), client.post(url, {"base": 1, "result": "good"})):
        assert (response.status_code, response.url) == (302, "/admin/")
    assert draft_record.versions.count() == 1


@pytest.mark.parametrize("role", ["class_teacher", "registrar"])
def test_a_draft_of_another_school_is_not_there(
    sign_in, staff_of_elsewhere, draft_record, role
):
    client = sign_in(staff_of_elsewhere[role])
    url = to("edit", draft_record.uuid)

    assert client.get(url).status_code == 404
    assert client.post(url, {"base": 1}).status_code == 404
    assert draft_record.versions.count() == 1
