"""A subject teacher sees the own rows, and signs a class in one act."""

from __future__ import annotations

import pytest
from django.urls import reverse

from documents.models import Record, SchoolClass, Signature, User
from tests.factories import make_class, make_draft, make_pupil, make_user
from workflow.models import Batch
from workflow.services import confirm_rows
from workflow.services.grid import CellEdit, save_cells

ENGLISH = "foreign_language"


@pytest.fixture
def linguist(school_class: SchoolClass) -> User:
    return make_user(
        "english", "subject_teacher", school_class.school, school_class, subject=ENGLISH
    )


@pytest.fixture
def drafts(school_class: SchoolClass) -> list[Record]:
    return [make_draft(school_class, make_pupil(f"Lê Văn {n}")) for n in "ABC"]


def confirm_url(school_class: SchoolClass) -> str:
    return reverse("staff:confirm-class", args=[school_class.pk])


def test_the_classes_say_how_many_rows_are_signed(
    sign_in, linguist: User, drafts: list[Record], school_class: SchoolClass
):
    confirm_rows(record_id=drafts[0].pk, by=linguist)

    page = sign_in(linguist).get(reverse("staff:subjects")).content.decode()

    assert "1/3" in page
    assert "Confirm and sign class 3B – Ngoại ngữ 1 (2)" in page


def test_the_page_shows_the_own_rows_and_nothing_else(
    sign_in, linguist: User, drafts: list[Record], school_class: SchoolClass
):
    page = sign_in(linguist).get(confirm_url(school_class)).content.decode()

    subjects = drafts[0].current.content.subjects
    assert subjects[ENGLISH].comment in page
    others = [mark.comment for key, mark in subjects.items() if key != ENGLISH]
    assert others and not any(comment in page for comment in others)
    assert all(draft.book.pupil.name in page for draft in drafts)


def test_one_click_signs_the_class_record_by_record(
    sign_in, linguist: User, drafts: list[Record], school_class: SchoolClass
):
    versions = [draft.current_id for draft in drafts]

    done = sign_in(linguist).post(
        confirm_url(school_class), {"version": versions}, follow=True
    )

    batch = Batch.objects.get()
    assert (batch.step, batch.by, batch.items.count()) == ("confirm", linguist, 3)
    assert done.redirect_chain[-1][0] == reverse("staff:batch", args=[batch.uuid])
    assert done.status_code == 200


def test_what_changed_after_the_page_was_made_is_left_out(
    sign_in, linguist: User, drafts: list[Record], school_class: SchoolClass
):
    shown = [drafts[0].current_id, 0]

    sign_in(linguist).post(confirm_url(school_class), {"version": shown})

    assert [item.record for item in Batch.objects.get().items.all()] == [drafts[0]]


def typed(record: Record, by: User, comment: str) -> None:
    """What the grid saves, a moment ago."""
    path = f"subjects.{ENGLISH}.comment"
    was = record.current.content.subjects[ENGLISH].comment
    outcome = save_cells(edits={record.pk: [CellEdit(path, was, comment)]}, by=by)
    assert outcome[record.pk].saved == {path: comment}


def test_scores_just_typed_wait_to_be_signed(
    sign_in, linguist: User, draft_record: Record, school_class: SchoolClass
):
    confirm_rows(record_id=draft_record.pk, by=linguist)
    typed(draft_record, linguist, "Phát âm rõ.")
    client = sign_in(linguist)

    classes = client.get(reverse("staff:subjects")).content.decode()
    rows = client.get(confirm_url(school_class)).content.decode()

    assert "0/1" in classes
    assert "Phát âm rõ." in rows


def test_what_somebody_types_under_an_open_page_is_not_signed(
    sign_in, linguist: User, teacher: User, draft_record: Record, school_class
):
    client = sign_in(linguist)
    client.get(confirm_url(school_class))
    typed(draft_record, teacher, "Em học tốt.")

    done = client.post(confirm_url(school_class), {"version": draft_record.current_id})

    assert done.url == reverse("staff:subjects")
    assert not Batch.objects.exists()


def test_the_queue_leads_to_what_waits(
    sign_in, linguist: User, drafts: list[Record], school_class: SchoolClass
):
    page = sign_in(linguist).get(reverse("wagtailadmin_home")).content.decode()

    assert confirm_url(school_class) in page


def test_a_class_of_others_is_not_there(
    sign_in, linguist: User, school_class: SchoolClass
):
    next_door = make_class(school_class.school, "3A")
    draft = make_draft(next_door)
    client = sign_in(linguist)

    asked = client.get(confirm_url(next_door))
    posted = client.post(confirm_url(next_door), {"version": [draft.current_id]})

    assert (asked.status_code, posted.status_code) == (404, 404)
    assert not Batch.objects.exists() and not Signature.objects.exists()


@pytest.mark.parametrize("who", ["head", "registrar", "teacher", "officer"])
def test_other_roles_have_no_such_page(sign_in, request, who, school_class):
    client = sign_in(request.getfixturevalue(who))

    for url in (reverse("staff:subjects"), confirm_url(school_class)):
        assert client.get(url).status_code in (302, 403)


def test_the_pages_ask_as_much_for_many_as_for_one(
    sign_in, queries_of, linguist: User, school_class: SchoolClass
):
    client = sign_in(linguist)
    make_draft(school_class)
    urls = (reverse("staff:subjects"), confirm_url(school_class))
    before = [queries_of(client, url) for url in urls]
    for _ in range(3):
        make_draft(school_class)

    after = [queries_of(client, url) for url in urls]

    assert after == before and max(after) <= 12
