from __future__ import annotations

import pytest

from documents.kinds.primary_year import SubjectMark
from documents.models import ReadLog, Record, State
from tests import factories
from workflow.models import Batch
from workflow.services.grid import CellEdit, save_cells

from .conftest import MOST_QUERIES, fill, to

READ_LOG = 3  # what entering reads costs


def states_of(records):
    return set(
        Record.objects.filter(pk__in=[r.pk for r in records]).values_list(
            "state", flat=True
        )
    )


def test_the_class_teacher_sees_the_class_in_vietnamese_order(
    sign_in, teacher, school_class
):
    for name in ("Trần Văn Đức", "Lê Thị Ánh", "Lê Thị Anh"):
        factories.make_draft(school_class, factories.make_pupil(name))

    page = sign_in(teacher).get(to("class", school_class.pk))

    names = [sheet.record.book.pupil.name for sheet in page.context["sheets"]]
    assert names == ["Lê Thị Anh", "Lê Thị Ánh", "Trần Văn Đức"]
    text = page.content.decode()
    assert text.index("Lê Thị Ánh") < text.index("Trần Văn Đức")
    assert "○" in text


def test_what_the_checks_say_stands_beside_the_pupil(sign_in, teacher, school_class):
    factories.make_draft(school_class, result=None)

    page = sign_in(teacher).get(to("class", school_class.pk))

    [sheet] = page.context["sheets"]
    assert [finding.code for finding in sheet.blocking] == ["result_missing"]
    assert "There is no overall result." in page.content.decode()
    assert page.context["ready"] == []


def test_only_what_is_ready_is_submitted(
    sign_in, teacher, school_class, django_capture_on_commit_callbacks
):
    ready = fill(school_class, 2)
    [unready] = fill(school_class, 1, result=None)

    with django_capture_on_commit_callbacks(execute=True):
        response = sign_in(teacher).post(to("submit-class", school_class.pk))

    batch = Batch.objects.get()
    assert response.url == to("batch", batch.uuid)
    assert batch.items.count() == 2
    assert states_of(ready) == {State.REVIEWED}
    assert states_of([unready]) == {State.DRAFT}


def test_one_record_is_submitted_alone(sign_in, teacher, draft_record, school_class):
    response = sign_in(teacher).post(to("submit", draft_record.uuid))

    assert response.url == to("class", school_class.pk)
    assert states_of([draft_record]) == {State.REVIEWED}


def test_a_record_that_is_not_ready_leads_to_its_form(sign_in, teacher, school_class):
    record = factories.make_draft(
        school_class, subjects={"math": SubjectMark(level="T", score=11)}
    )

    response = sign_in(teacher).post(to("submit", record.uuid))

    assert response.url == to("edit", record.uuid)
    assert states_of([record]) == {State.DRAFT}


@pytest.mark.parametrize("role", ["head", "registrar"])
def test_head_and_registrar_read_and_it_is_entered(
    request, sign_in, school_class, draft_record, role
):
    user = request.getfixturevalue(role)

    page = sign_in(user).get(to("class", school_class.pk))

    assert page.status_code == 200
    assert page.context["teaches"] is False
    assert ReadLog.objects.get().user == user


def test_the_own_teacher_s_reading_is_not_entered(
    sign_in, teacher, school_class, draft_record
):
    sign_in(teacher).get(to("class", school_class.pk))

    assert not ReadLog.objects.exists()


def test_a_count_leads_to_exactly_its_rows(
    sign_in, teacher, school_class, reviewed_record
):
    fill(school_class, 2)

    page = sign_in(teacher).get(to("class", school_class.pk, state="reviewed"))

    assert [s.record for s in page.context["sheets"]] == [reviewed_record]


@pytest.mark.parametrize("role", ["class_teacher", "head", "registrar"])
def test_a_class_of_another_school_is_not_there(
    sign_in, staff_of_elsewhere, school_class, draft_record, role
):
    client = sign_in(staff_of_elsewhere[role])

    assert client.get(to("class", school_class.pk)).status_code == 404
    assert client.post(to("submit-class", school_class.pk)).status_code == 404
    assert client.post(to("submit", draft_record.uuid)).status_code == 404
    assert states_of([draft_record]) == {State.DRAFT}


@pytest.mark.parametrize("role", ["head", "registrar"])
def test_nobody_submits_a_class_for_its_teacher(
    request, sign_in, school_class, draft_record, teacher, role
):
    edit = CellEdit("height_cm", 125, 130)
    save_cells(edits={draft_record.pk: [edit]}, by=teacher)
    client = sign_in(request.getfixturevalue(role))

    response = client.post(to("submit-class", school_class.pk))

    assert (response.status_code, response.url) == (302, "/admin/")
    assert not Batch.objects.exists()
    assert draft_record.versions.count() == 1


@pytest.mark.parametrize("role", ["officer", "inspector", "admin_user"])
def test_classes_are_for_the_school(request, sign_in, school_class, role):
    client = sign_in(request.getfixturevalue(role))

    for url in (to("classes"), to("class", school_class.pk)):
        response = client.get(url)
        assert (response.status_code, response.url) == (302, "/admin/")


def test_another_teacher_of_the_school_does_not_see_the_class(
    sign_in, school, school_class, draft_record
):
    other = factories.make_class(school, "4B")
    teacher4b = factories.make_user("teacher4b", "class_teacher", school, other)

    response = sign_in(teacher4b).get(to("class", school_class.pk))

    assert response.status_code == 404


@pytest.mark.parametrize("name", ["class", "classes"])
def test_the_lists_ask_as_much_for_40_pupils_as_for_3(
    sign_in, queries_of, head, school_class, name
):
    client = sign_in(head)
    url = to(name, *([school_class.pk] if name == "class" else []))
    fill(school_class, 3)
    client.get(url)
    few = queries_of(client, url)
    fill(school_class, 37)

    many = queries_of(client, url)

    # A read by somebody else is entered in a chain, and the class has such reads.
    assert many == few <= MOST_QUERIES + (READ_LOG if name == "class" else 0)
