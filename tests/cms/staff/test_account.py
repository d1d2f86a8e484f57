"""The page of one's own account asks for nothing that is not kept."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from wagtail.users.models import UserProfile

from cms.portal.limits import SIGN_INS
from tests import factories

ADDRESS = "/admin/account/"


def test_the_name_stands_there_and_is_not_asked_for_in_two_halves(sign_in, teacher):
    page = sign_in(teacher).get(ADDRESS)

    text = page.content.decode()
    assert str(teacher) in text
    assert "first_name" not in text
    assert "last_name" not in text


def test_the_sidebar_says_who_works_here_by_the_whole_name(sign_in, teacher):
    text = sign_in(teacher).get("/admin/").content.decode()

    props = re.findall(r'id="wagtail-sidebar-props"[^>]*>(.*?)</script>', text)
    assert [f'"name": {json.dumps(str(teacher))}' in one for one in props] == [True]


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


def test_the_old_password_cannot_be_guessed_at_a_screen_that_was_left_open(
    sign_in, teacher
):
    client = sign_in(teacher)
    new = {"password-new_password1": "a new one 17", "password-new_password2": ""}
    for number in range(SIGN_INS.count):
        guess = new | {"password-old_password": f"wrong {number}"}
        assert client.post(ADDRESS, guess).status_code == 200

    answer = client.post(ADDRESS, new | {"password-old_password": factories.PASSWORD})

    assert answer.status_code == 429
    teacher.refresh_from_db()
    assert teacher.check_password(factories.PASSWORD)


def test_looks_are_changed_as_often_as_one_likes(sign_in, teacher):
    client = sign_in(teacher)
    looks = {
        "locale-preferred_language": "vi",
        "theme-theme": "dark",
        "theme-contrast": "system",
        "theme-density": "default",
    }

    answers = {
        client.post(ADDRESS, looks).status_code for _n in range(SIGN_INS.count + 2)
    }

    assert answers == {302}


@pytest.mark.parametrize("is_parent", [True, False])
def test_who_does_not_work_here_is_sent_to_sign_in(
    client: Client, draft_record, is_parent
):
    if is_parent:
        client.force_login(factories.make_guardian("parent", draft_record.book.pupil))

    answer = client.get(ADDRESS)

    assert answer.status_code == 302
    assert "/login/" in answer["location"]
