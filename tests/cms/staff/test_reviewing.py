from __future__ import annotations

import pytest

from documents.models import LedgerEntry, ReadLog, Record, State
from workflow.models import Batch
from workflow.services import submit_record

from .conftest import MOST_QUERIES, fill, to


@pytest.fixture
def three_reviewed(school_class, teacher):
    records = fill(school_class, 3)
    for record in records:
        submit_record(record_id=record.pk, by=teacher)
    return [Record.objects.get(pk=record.pk) for record in records]


def state_of(record):
    return Record.objects.get(pk=record.pk).state


def test_the_review_opens_the_first_that_waits(sign_in, head, three_reviewed):
    class_id = three_reviewed[0].school_class_id

    response = sign_in(head).get(to("review-class", class_id))

    assert response.url == to("review", three_reviewed[0].uuid)


def test_the_page_stands_beside_the_data_with_the_way_on(sign_in, head, three_reviewed):
    page = sign_in(head).get(to("review", three_reviewed[1].uuid))

    assert (page.context["position"], page.context["total"]) == (2, 3)
    assert page.context["previous"].record == three_reviewed[0]
    assert page.context["following"].record == three_reviewed[2]
    text = page.content.decode()
    assert to("form", three_reviewed[1].uuid) in text
    assert "Hoạt động trải nghiệm" in text
    for key in ("j", "k", "r", "mod+enter"):
        assert f'data-w-kbd-key-value="{key}"' in text


def test_one_view_is_entered_once_with_its_frame(sign_in, head, reviewed_record):
    client = sign_in(head)
    page = client.get(to("review", reviewed_record.uuid))

    frame = client.get(page.context["frame"])

    assert frame.status_code == 200
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Nguyễn Thị Hoà" in frame.content.decode()
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-same-origin" in policy
    assert ReadLog.objects.filter(user=head).count() == 1


def test_a_frame_alone_is_a_view_too(sign_in, head, reviewed_record):
    client = sign_in(head)

    for url in (
        to("form", reviewed_record.uuid),
        to("form", reviewed_record.uuid, **{"pass": "made-up"}),
    ):
        assert client.get(url).status_code == 200

    assert ReadLog.objects.filter(user=head).count() == 2


def test_returning_needs_a_reason_and_goes_on_with_the_next(
    sign_in, head, three_reviewed
):
    client = sign_in(head)
    first, second, _third = three_reviewed
    url, following = to("return", first.uuid), {"next": str(second.uuid)}

    refused = client.post(url, following | {"reason": " "})

    assert (refused.url, state_of(first)) == (to("review", first.uuid), State.REVIEWED)

    response = client.post(url, following | {"reason": "Thiếu nhận xét"})

    assert (response.url, state_of(first)) == (to("review", second.uuid), State.DRAFT)
    entry = LedgerEntry.objects.get(record=first, action="return")
    assert entry.payload["reason"] == "Thiếu nhận xét"


@pytest.mark.parametrize("made_up", ["//evil.example/", "x", "../../"])
def test_a_made_up_next_record_leads_to_the_class(
    sign_in, head, reviewed_record, made_up
):
    data = {"reason": "Thiếu nhận xét", "next": made_up}

    response = sign_in(head).post(to("return", reviewed_record.uuid), data)

    assert response.url == to("review-class", reviewed_record.school_class_id)


@pytest.mark.parametrize(("number", "status"), [("²", 200), ("9" * 30, 404)])
def test_a_made_up_version_is_no_fault(sign_in, head, reviewed_record, number, status):
    url = to("form", reviewed_record.uuid, version=number)

    assert sign_in(head).get(url).status_code == status


def test_before_signing_everything_is_named(sign_in, head, seal, three_reviewed):
    page = sign_in(head).get(to("sign-class", three_reviewed[0].school_class_id))

    text = page.content.decode()
    for record in three_reviewed:
        assert record.book.pupil.name in text
    assert [k.certificate.name for k in page.context["readiness"].keys] == [
        "Lê Văn Bình",
        "Trường Tiểu học Mỹ Ngãi",
    ]


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


def test_an_empty_review_says_so(sign_in, head, draft_record, school_class):
    response = sign_in(head).get(to("review-class", school_class.pk), follow=True)

    assert response.redirect_chain[-1][0] == "/admin/"
    assert "nothing waits for your review" in response.content.decode()


@pytest.mark.parametrize(
    "role", ["teacher", "registrar", "officer", "inspector", "admin_user"]
)
def test_only_a_head_reviews_and_signs(request, sign_in, reviewed_record, role):
    client = sign_in(request.getfixturevalue(role))
    class_id = reviewed_record.school_class_id
    pages = [
        to("review", reviewed_record.uuid),
        to("review-class", class_id),
        to("sign", reviewed_record.uuid),
        to("sign-class", class_id),
    ]

    for url in pages:
        assert (client.get(url).status_code, client.get(url).url) == (302, "/admin/")
    client.post(to("return", reviewed_record.uuid), {"reason": "x"})
    client.post(
        to("sign", reviewed_record.uuid), {"version": reviewed_record.current_id}
    )

    assert not Batch.objects.exists()
    assert state_of(reviewed_record) == State.REVIEWED


def test_the_head_of_another_school_finds_nothing(
    sign_in, staff_of_elsewhere, reviewed_record
):
    client = sign_in(staff_of_elsewhere["head"])
    class_id = reviewed_record.school_class_id

    for url in (
        to("review", reviewed_record.uuid),
        to("review-class", class_id),
        to("sign", reviewed_record.uuid),
        to("sign-class", class_id),
    ):
        assert client.get(url).status_code == 404
    assert client.post(to("return", reviewed_record.uuid)).status_code == 404
    assert state_of(reviewed_record) == State.REVIEWED


def test_the_review_asks_as_much_in_a_class_of_40_as_of_3(
    sign_in, queries_of, head, school_class, reviewed_record
):
    client = sign_in(head)
    url = to("review", reviewed_record.uuid)
    fill(school_class, 2)
    client.get(url)
    few = queries_of(client, url)
    fill(school_class, 37)

    many = queries_of(client, url)

    assert many == few <= MOST_QUERIES
