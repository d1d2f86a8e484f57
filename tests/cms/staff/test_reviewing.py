"""A head looks at what waits, and says that it is fine or returns it."""

from __future__ import annotations

import pytest

from documents.models import LedgerEntry, ReadLog, Record, Signature, State
from workflow.models import Batch, Look
from workflow.services import return_record, submit_record
from workflow.services.editing import edit_record

from .conftest import MOST_QUERIES, approve, fill, state_of, to


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
    assert "data-approve" in text
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


def test_what_is_found_fine_is_marked_and_the_next_one_comes(
    sign_in, head, three_reviewed
):
    client = sign_in(head)
    first, second, _third = three_reviewed

    response = approve(client, first)

    assert response.url == to("review", second.uuid)
    look = Look.objects.get()
    assert (look.version_id, look.person) == (first.current_id, head)
    assert state_of(first) == State.REVIEWED
    assert not Signature.objects.filter(slot="head").exists()
    page = client.get(to("review", first.uuid))
    assert (page.context["looked"], page.context["waiting"]) == (1, 3)
    assert f"Looked at and fine: {head.full_name}" in page.content.decode()
    # Come back later: on with the first that nobody has looked at.
    assert client.get(to("review-class", first.school_class_id)).url == response.url


def test_after_the_last_look_stands_the_signature(sign_in, head, three_reviewed):
    client = sign_in(head)
    first, second, third = three_reviewed
    class_id = first.school_class_id

    assert approve(client, third).url == to("review", first.uuid)
    assert approve(client, first).url == to("review", second.uuid)
    assert approve(client, second).url == to("sign-class", class_id)

    assert client.get(to("review-class", class_id)).url == to("sign-class", class_id)


def test_a_look_is_taken_back_on_the_page(sign_in, head, three_reviewed):
    client = sign_in(head)
    approve(client, three_reviewed[0])

    response = client.post(to("take-look-back", three_reviewed[0].uuid))

    assert response.url == to("review", three_reviewed[0].uuid)
    assert not Look.objects.exists()


@pytest.mark.parametrize("version", ["0", "x", "²", "9" * 5000])
def test_another_version_than_the_one_shown_is_not_approved(
    sign_in, head, reviewed_record, version
):
    response = approve(sign_in(head), reviewed_record, version=version)

    assert response.url == to("review", reviewed_record.uuid)
    assert not Look.objects.exists()


def test_only_those_with_findings_are_gone_through(
    sign_in, head, teacher, school_class, reviewed_record
):
    (marked,) = fill(school_class, 1)  # its name has a digit
    submit_record(record_id=marked.pk, by=teacher)
    client = sign_in(head)
    everything = client.get(to("review", reviewed_record.uuid))

    page = client.get(to("review", marked.uuid, only="findings"))

    assert (page.context["position"], page.context["total"]) == (1, 1)
    assert page.context["with_findings"] == 1
    context = everything.context
    assert (context["total"], context["with_findings"]) == (2, 1)
    marked.refresh_from_db()
    response = approve(client, marked, query="?only=findings")
    assert response.url == to("review-class", school_class.pk)


def mended(record, head, teacher, **changes):
    """Returned, changed cell by cell in versions of their own, and submitted again."""
    return_record(record_id=record.pk, by=head, reason="Xem lại chiều cao")
    for path, value in changes.items():
        now = Record.objects.get(pk=record.pk).current
        path = path.replace("__", ".")
        edit_record(
            record_id=record.pk, by=teacher, base=now.number, changes={path: value}
        )
    submit_record(record_id=record.pk, by=teacher)


def test_what_changed_since_the_return_stands_cell_by_cell(
    sign_in, head, teacher, reviewed_record
):
    content = reviewed_record.current.content
    old = content.subjects["math"].comment
    mended(
        reviewed_record,
        head,
        teacher,
        height_cm=133,
        weight_kg=40,
        subjects__math__comment="Tính nhanh.",
    )
    now = Record.objects.get(pk=reviewed_record.pk).current
    assert now.content.height_cm != content.height_cm

    page = sign_in(head).get(to("review", reviewed_record.uuid))

    since = page.context["since"]
    assert "Xem lại chiều cao" in since.line.reason
    assert set(since.changes) == {"height_cm", "weight_kg", "subjects.math.comment"}
    change = since.changes["subjects.math.comment"]
    assert (change.difference.old, change.difference.new) == (old, "Tính nhanh.")
    assert (change.who, change.version.number) == (str(teacher), 4)
    assert since.changes["height_cm"].version.number == 2
    text = page.content.decode()
    assert f"<del>{old}</del>" in text
    assert "<ins>Tính nhanh.</ins>" in text


def test_what_came_back_as_it_was_says_so(sign_in, head, teacher, reviewed_record):
    mended(reviewed_record, head, teacher)

    page = sign_in(head).get(to("review", reviewed_record.uuid))

    assert page.context["since"].changes == {}
    assert "Nothing was changed since then" in page.content.decode()


def test_the_reasons_of_the_school_can_be_picked(
    sign_in, head, teacher, reviewed_record
):
    mended(reviewed_record, head, teacher)

    page = sign_in(head).get(to("return-reasons", reviewed_record.uuid))

    assert 'data-reason="Xem lại chiều cao"' in page.content.decode()


@pytest.mark.parametrize("name", ["return", "take-look-back"])
def test_whoever_had_to_sign_in_again_is_back_at_the_record(
    sign_in, client, head, reviewed_record, name
):
    url = to(name, reviewed_record.uuid)
    signed_out = client.post(url, {"reason": "Thiếu nhận xét"})
    assert signed_out.url == f"/admin/login/?next={url}"

    response = sign_in(head).get(url)

    assert response.url == to("review", reviewed_record.uuid)
    assert state_of(reviewed_record) == State.REVIEWED


@pytest.mark.parametrize("act", ["look", "approve", "return", "take-look-back"])
def test_what_another_window_returned_is_said_and_shown(
    sign_in, head, three_reviewed, act
):
    client = sign_in(head)
    record = three_reviewed[0]
    return_record(record_id=record.pk, by=head, reason="Thiếu nhận xét")

    if act == "look":
        response = client.get(to("review", record.uuid), follow=True)
    elif act == "approve":
        data = {"version": record.current_id}
        response = client.post(to("review", record.uuid), data, follow=True)
    else:
        url = to(act, record.uuid)
        response = client.post(url, {"reason": "Sai điểm"}, follow=True)

    assert response.redirect_chain[-1][0] == to("record", record.uuid)
    text = response.content.decode()
    assert f"{record.book.pupil.name} does not wait for you any more." in text
    assert "returned it to the class teacher" in text
    assert to("review-class", record.school_class_id) in text
    assert not Look.objects.exists()
    assert LedgerEntry.objects.filter(record=record, action="return").count() == 1


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
        to("sign-all"),
        to("return-reasons", reviewed_record.uuid),
    ]

    for url in pages:
        assert (client.get(url).status_code, client.get(url).url) == (302, "/admin/")
    client.post(to("return", reviewed_record.uuid), {"reason": "x"})
    approve(client, reviewed_record)
    client.post(to("take-look-back", reviewed_record.uuid))
    client.post(
        to("sign", reviewed_record.uuid), {"version": reviewed_record.current_id}
    )

    assert not Batch.objects.exists()
    assert not Look.objects.exists()
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
        to("return-reasons", reviewed_record.uuid),
        to("take-look-back", reviewed_record.uuid),
    ):
        assert client.get(url).status_code == 404
    assert approve(client, reviewed_record).status_code == 404
    assert client.get(to("sign-all")).url == "/admin/"
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


def test_what_was_returned_costs_two_queries_more(
    sign_in, queries_of, head, teacher, reviewed_record
):
    client = sign_in(head)
    url = to("review", reviewed_record.uuid)
    client.get(url)
    plain = queries_of(client, url)
    mended(reviewed_record, head, teacher, height_cm=133)

    # Who returned it, and the versions since then.
    assert queries_of(client, url) == plain + 2
