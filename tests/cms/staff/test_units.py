from __future__ import annotations

import pytest

from documents.models import Record, State
from tests import factories
from workflow.models import Batch

from .conftest import MOST_QUERIES, fill, to


def test_the_officer_begins_at_the_own_unit(sign_in, officer):
    assert sign_in(officer).get(to("units")).url == to("unit", "dong-thap")


def test_a_unit_counts_everything_below_it(
    sign_in, officer, school_class, reviewed_record, other_school
):
    fill(factories.make_class(other_school, "1A"), 2)

    page = sign_in(officer).get(to("unit", "dong-thap"))

    [row] = page.context["units"]
    assert row.unit.code == "my-ngai-xa"
    assert dict(row.states) == {State.DRAFT: 2, State.REVIEWED: 1}
    assert dict(page.context["sums"]) == dict(row.states)


def test_the_tree_leads_down_to_the_classes_of_a_school(
    sign_in, officer, school_class, draft_record
):
    client = sign_in(officer)

    commune = client.get(to("unit", "my-ngai-xa"))
    school = client.get(to("unit", "my-ngai"))

    assert to("unit", "my-ngai") in commune.content.decode()
    [row] = school.context["classes"]
    assert (row.school_class.name, row.states[State.DRAFT]) == ("3B", 1)


@pytest.mark.parametrize("code", ["dong-thap", "my-ngai-xa", "my-ngai"])
def test_no_pupil_and_no_result_stands_in_the_tree(
    sign_in, officer, signed_record, code
):
    text = sign_in(officer).get(to("unit", code)).content.decode()

    assert signed_record.book.pupil.name not in text
    assert "Hoàn thành xuất sắc" not in text


def test_a_count_leads_to_the_units_that_have_such_records(
    sign_in, officer, draft_record, other_school
):
    page = sign_in(officer).get(to("unit", "my-ngai-xa", state="draft"))

    assert [row.unit.code for row in page.context["units"]] == ["my-ngai"]


def test_before_the_lock_what_stays_out_is_named_with_its_reason(
    sign_in, officer, signed_record, school_class
):
    fill(school_class, 2)

    page = sign_in(officer).get(to("lock", "my-ngai", year=factories.YEAR))

    assert page.context["ready"] == [signed_record]
    assert page.context["by_class"] == [("3B", 1)]
    [row] = page.context["left_out"]
    assert (row.class_name, row.state, row.count) == ("3B", State.DRAFT, 2)
    assert row.reason in page.content.decode()


def test_the_lock_runs_as_a_batch(
    sign_in, officer, signed_record, django_capture_on_commit_callbacks
):
    data = {"version": signed_record.current_id}

    with django_capture_on_commit_callbacks(execute=True):
        response = sign_in(officer).post(to("lock", "my-ngai"), data)

    batch = Batch.objects.get()
    assert (batch.step, response.url) == ("lock", to("batch", batch.uuid))
    assert Record.objects.get(pk=signed_record.pk).state == State.LOCKED


def test_what_was_not_on_the_page_is_not_locked(sign_in, officer, signed_record):
    response = sign_in(officer).post(to("lock", "my-ngai"), {"version": "0"})

    assert response.url == to("unit", "my-ngai")
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    "role", ["teacher", "head", "registrar", "inspector", "admin_user"]
)
def test_the_tree_is_the_officer_s(request, sign_in, signed_record, role):
    client = sign_in(request.getfixturevalue(role))

    for url in (to("units"), to("unit", "my-ngai"), to("lock", "my-ngai")):
        assert client.get(url).url == "/admin/"
    data = {"version": signed_record.current_id}
    assert client.post(to("lock", "my-ngai"), data).url == "/admin/"
    assert Record.objects.get(pk=signed_record.pk).state == State.SIGNED


def test_another_province_is_not_there(sign_in, staff_of_elsewhere, signed_record):
    client = sign_in(staff_of_elsewhere["officer"])

    for code in ("dong-thap", "my-ngai", "bo"):
        assert client.get(to("unit", code)).status_code == 404
        assert client.get(to("lock", code)).status_code == 404
    data = {"version": signed_record.current_id}
    assert client.post(to("lock", "my-ngai"), data).status_code == 404
    assert Record.objects.get(pk=signed_record.pk).state == State.SIGNED


def test_an_officer_of_the_commune_watches_and_does_not_lock(
    sign_in, units, signed_record
):
    officer = factories.make_user("commune", "officer", units["commune"])
    client = sign_in(officer)
    data = {"version": signed_record.current_id}

    page = client.get(to("unit", "my-ngai"))

    assert page.status_code == 200
    assert to("lock", "my-ngai") not in page.content.decode()
    assert client.get(to("lock", "my-ngai")).status_code == 404
    assert client.post(to("lock", "my-ngai"), data).status_code == 404
    assert not Batch.objects.exists()
    queue = client.get("/admin/").content.decode()
    assert "waiting for the department" in queue
    assert "ready to be locked" not in queue


def test_only_a_school_is_locked(sign_in, officer):
    assert sign_in(officer).get(to("lock", "dong-thap")).status_code == 404


def test_the_tree_asks_as_much_for_many_schools_as_for_few(
    sign_in, queries_of, officer, units, school_class
):
    client = sign_in(officer)
    url = to("unit", "my-ngai-xa")
    fill(school_class, 3)
    client.get(url)
    few = queries_of(client, url)
    for number in range(12):
        school = factories._child(
            units["commune"], f"s-{number}", "school", f"Trường {number}", "Xã"
        )
        fill(factories.make_class(school), 3)

    many = queries_of(client, url)

    assert many == few <= MOST_QUERIES


def test_the_question_before_the_lock_asks_a_fixed_number_of_queries(
    sign_in, queries_of, officer, signed_record, school_class
):
    client = sign_in(officer)
    url = to("lock", "my-ngai")
    client.get(url)
    few = queries_of(client, url)
    fill(school_class, 37)

    assert queries_of(client, url) == few <= MOST_QUERIES
