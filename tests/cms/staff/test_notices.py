from __future__ import annotations

import pytest

from documents.models import User
from tests import factories
from workflow.models import Notice, NoticePreference
from workflow.services.notices import notify, unseen

from .conftest import to

HOME = "/admin/"
DATA = {"owner": "Lê Văn Bình", "code": "token_absent"}


@pytest.fixture
def told(head: User) -> Notice:
    notify([head], "canary_failed", subject="1", data=DATA, url="/admin/search/")
    return Notice.objects.get(person=head)


def test_the_first_page_shows_what_is_new_and_the_bell_counts_it(sign_in, head, told):
    page = sign_in(head).get(HOME).text

    assert "The nightly trial of signing failed for Lê Văn Bình" in page
    assert "Notices (1)" in page


def test_opening_a_notice_leads_to_its_subject_and_marks_it(sign_in, head, told):
    response = sign_in(head).get(to("notice", told.pk))

    assert response.url == "/admin/search/"
    assert not unseen(head).exists()


def test_a_notice_without_an_address_leads_to_the_list(sign_in, head):
    notify([head], "canary_failed", subject="2", data=DATA)

    response = sign_in(head).get(to("notice", Notice.objects.get().pk))

    assert response.url == to("notices")


def test_nobody_sees_or_opens_what_another_was_told(sign_in, registrar, told):
    client = sign_in(registrar)

    assert client.get(to("notice", told.pk)).status_code == 404
    client.post(to("notices-seen"))

    assert "Lê Văn Bình" not in client.get(to("notices")).text
    told.refresh_from_db()
    assert told.seen_at is None


def test_all_can_be_marked_as_read_by_post_only(sign_in, head, told):
    client = sign_in(head)
    assert client.get(to("notices-seen")).status_code == 405

    client.post(to("notices-seen"))

    assert not unseen(head).exists()
    assert client.get(to("notices", show="new")).context["rows"] == []
    assert len(client.get(to("notices")).context["rows"]) == 1


def test_the_choice_of_mails_is_kept(sign_in, head):
    client = sign_in(head)

    client.post(to("notice-choices"), {"mail": "at_once", "language": "zh-hans"})

    choice = NoticePreference.objects.get(person=head)
    assert (choice.mail, choice.language) == ("at_once", "zh-hans")
    assert 'value="at_once"' in client.get(to("notice-choices")).text


@pytest.mark.parametrize(
    "form", [{}, {"mail": "hourly", "language": "vi"}, {"mail": "never"}]
)
def test_a_choice_that_does_not_exist_is_refused(sign_in, head, form):
    response = sign_in(head).post(to("notice-choices"), form)

    assert response.status_code == 400
    assert not NoticePreference.objects.exists()


def test_without_an_address_the_page_says_whom_to_ask(sign_in, head):
    page = sign_in(head).get(to("notice-choices")).text

    assert "Ask the administrator to enter one." in page


def test_a_parent_is_not_staff_and_is_sent_away(sign_in, draft_record):
    parent = factories.make_guardian("parent", draft_record.book.pupil)

    response = sign_in(parent).get(to("notices"))

    assert response.url.startswith("/admin/login/")


def test_the_list_asks_as_much_for_60_as_for_3(sign_in, queries_of, head):
    client = sign_in(head)
    for number in range(3):
        notify([head], "canary_failed", subject=f"{number}", data=DATA)
    client.get(to("notices"))
    few = queries_of(client, to("notices"))
    for number in range(3, 60):
        notify([head], "canary_failed", subject=f"{number}", data=DATA)

    assert queries_of(client, to("notices")) == few
