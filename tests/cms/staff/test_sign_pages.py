"""The pages where a head signs: one record, a class, all classes."""

from __future__ import annotations

import pytest

from documents.models import Record, State
from tests import factories
from workflow.models import Batch
from workflow.services import return_record, submit_record

from .conftest import MOST_QUERIES, approve, fill, state_of, to


def test_before_signing_everything_is_named(sign_in, head, seal, three_reviewed):
    page = sign_in(head).get(to("sign-class", three_reviewed[0].school_class_id))

    text = page.content.decode()
    for record in three_reviewed:
        assert record.book.pupil.name in text
    assert [k.certificate.name for k in page.context["readiness"].keys] == [
        "Lê Văn Bình",
        "Trường Tiểu học Mỹ Ngãi",
    ]


def two_classes(three_reviewed, school, teacher):
    """3B as it is, and one reviewed record of 4B."""
    other = factories.make_class(school, "4B")
    teacher4b = factories.make_user("teacher4b", "class_teacher", school, other)
    (record,) = fill(other, 1)
    submit_record(record_id=record.pk, by=teacher4b)
    return Record.objects.get(pk=record.pk)


def test_all_classes_are_signed_in_one_act(
    sign_in, head, seal, school, teacher, three_reviewed
):
    other = two_classes(three_reviewed, school, teacher)
    client = sign_in(head)
    approve(client, three_reviewed[0])

    page = client.get(to("sign-all"))

    assert [(p.school_class.name, p.is_chosen) for p in page.context["parts"]] == [
        ("3B", True),
        ("4B", True),
    ]
    assert (page.context["count"], page.context["looked"]) == (4, 1)
    assert page.context["first_new"].record == three_reviewed[1]
    text = page.content.decode()
    for record in (*three_reviewed, other):
        assert record.book.pupil.name in text
    assert "1 of 4 records have been looked at" in text
    assert to("review", other.uuid) in text
    versions = {
        f"version-{p.school_class.pk}": p.versions for p in page.context["parts"]
    }

    client.post(to("sign-all"), versions | {"class": [other.school_class_id]})

    assert [item.record for item in Batch.objects.get().items.all()] == [other]


def test_two_classes_of_one_name_are_two_parts(
    sign_in, head, seal, school, teacher, three_reviewed
):
    before = factories.make_class(school, "3B", "2024-2025")
    there = factories.make_user("t-before", "class_teacher", school, before)
    for record in fill(before, 3):
        submit_record(record_id=record.pk, by=there)

    parts = sign_in(head).get(to("sign-all")).context["parts"]

    assert [len(part.stops) for part in parts] == [3, 3]
    assert {part.school_class for part in parts} == {
        three_reviewed[0].school_class,
        before,
    }


def test_without_a_class_nothing_is_signed(sign_in, head, seal, three_reviewed):
    response = sign_in(head).post(to("sign-all"), {}, follow=True)

    assert "Choose at least one class." in response.content.decode()
    assert not Batch.objects.exists()


def test_on_the_page_of_one_class_the_others_are_not_chosen(
    sign_in, head, seal, school, teacher, three_reviewed
):
    two_classes(three_reviewed, school, teacher)

    page = sign_in(head).get(to("sign-class", three_reviewed[0].school_class_id))

    assert [p.is_chosen for p in page.context["parts"]] == [True, False]
    assert page.context["count"] == 3


def test_what_changed_since_the_list_was_shown_is_left_out_of_it(
    sign_in, head, seal, three_reviewed
):
    class_id = three_reviewed[0].school_class_id
    versions = ",".join(str(record.current_id) for record in three_reviewed)
    return_record(record_id=three_reviewed[0].pk, by=head, reason="Sai điểm")

    client = sign_in(head)
    client.post(to("sign-all"), {"class": [class_id], f"version-{class_id}": versions})

    batch = Batch.objects.get()
    assert [i.record for i in batch.items.order_by("record")] == three_reviewed[1:]


def test_without_a_seal_nothing_can_be_signed(sign_in, head, reviewed_record):
    page = sign_in(head).get(to("sign", reviewed_record.uuid))

    assert page.context["readiness"] is None
    assert "Mỹ Ngãi" in page.context["problem"]
    assert 'name="version"' in page.content.decode()


def test_signing_a_class_is_a_batch_with_a_page(
    sign_in, head, seal, three_reviewed, django_capture_on_commit_callbacks
):
    client = sign_in(head)
    agreed = {"version": [str(record.current_id) for record in three_reviewed[:2]]}

    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(
            to("sign-class", three_reviewed[0].school_class_id), agreed
        )

    batch = Batch.objects.get()
    assert response.url == to("batch", batch.uuid)
    assert (batch.step, batch.by, batch.items.count()) == ("sign", head, 2)
    assert [state_of(r) for r in three_reviewed] == ["signed", "signed", "reviewed"]


@pytest.mark.parametrize("whole_class", [True, False])
def test_a_dead_time_stamper_is_found_before_anything_is_begun(
    sign_in, head, seal, reviewed_record, settings, whole_class
):
    settings.TSA_URL = "http://127.0.0.1:9/tsa"
    url = to("sign", reviewed_record.uuid)
    if whole_class:
        url = to("sign-class", reviewed_record.school_class_id)

    response = sign_in(head).post(
        url, {"version": reviewed_record.current_id}, follow=True
    )

    assert response.redirect_chain == [(url, 302)]
    assert "time-stamping service does not answer" in response.content.decode()
    assert not Batch.objects.exists()
    assert state_of(reviewed_record) == State.REVIEWED


def test_what_changed_since_the_question_is_left_out(
    sign_in, head, seal, reviewed_record
):
    response = sign_in(head).post(to("sign", reviewed_record.uuid), {"version": "0"})

    assert response.status_code == 302
    assert not Batch.objects.exists()
    assert state_of(reviewed_record) == State.REVIEWED


def test_one_is_signed_and_the_review_goes_on(
    sign_in, head, seal, three_reviewed, django_capture_on_commit_callbacks
):
    first, second, _third = three_reviewed
    data = {"version": first.current_id, "next": str(second.uuid)}

    with django_capture_on_commit_callbacks(execute=True):
        response = sign_in(head).post(to("sign", first.uuid), data)

    assert response.url == to("review", second.uuid)
    assert state_of(first) == State.SIGNED


def test_what_is_being_signed_does_not_come_up_again(
    sign_in, head, seal, three_reviewed
):
    client = sign_in(head)
    first, second, _third = three_reviewed
    client.post(to("sign", first.uuid), {"version": first.current_id})  # not run yet

    response = client.get(to("review-class", first.school_class_id))

    assert response.url == to("review", second.uuid)


def test_the_page_before_the_signature_asks_as_much_for_3_classes_as_for_1(
    sign_in, queries_of, head, seal, school, teacher, three_reviewed
):
    client = sign_in(head)
    client.get(to("sign-all"))
    few = queries_of(client, to("sign-all"))
    for name in ("4B", "5C"):
        there = factories.make_class(school, name)
        person = factories.make_user(f"t{name}", "class_teacher", school, there)
        for record in fill(there, 3):
            submit_record(record_id=record.pk, by=person)

    assert queries_of(client, to("sign-all")) == few
    assert few <= MOST_QUERIES + 3  # what the check of both keys reads
