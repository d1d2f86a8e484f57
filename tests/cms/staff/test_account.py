"""The page of one's own account asks for nothing that is not kept."""

from __future__ import annotations

import pytest
from django.test import Client
from wagtail.users.models import UserProfile

from tests import factories

ADDRESS = "/admin/account/"


def test_the_name_stands_there_and_is_not_asked_for_in_two_halves(sign_in, teacher):
    page = sign_in(teacher).get(ADDRESS)

    text = page.content.decode()
    assert str(teacher) in text
    assert "first_name" not in text
    assert "last_name" not in text


def test_who_has_no_first_and_last_name_changes_language_and_looks(sign_in, teacher):
    client = sign_in(teacher)

    answer = client.post(
        ADDRESS,
        {
            "locale-preferred_language": "zh-hans",
            "theme-theme": "dark",
            "theme-contrast": "system",
            "theme-density": "default",
        },
    )

    assert answer.status_code == 302
    profile = UserProfile.objects.get(user=teacher)
    assert (profile.preferred_language, profile.theme) == ("zh-hans", "dark")


@pytest.mark.parametrize("is_parent", [True, False])
def test_who_does_not_work_here_is_sent_to_sign_in(
    client: Client, draft_record, is_parent
):
    if is_parent:
        client.force_login(factories.make_guardian("parent", draft_record.book.pupil))

    answer = client.get(ADDRESS)

    assert answer.status_code == 302
    assert "/login/" in answer["location"]
