from __future__ import annotations

import pytest
from django.test import Client
from wagtail.models import APIToken

LIST = "/api/v1/records"


@pytest.fixture
def key(registrar):
    token, text = APIToken.create_token(user=registrar, name="sync")
    return token, text


def ask(text: str):
    return Client(headers={"authorization": f"Bearer {text}"}).get(LIST)


def test_a_key_acts_for_its_user_and_is_kept_as_a_digest_only(key, draft_record):
    token, text = key

    response = ask(text)

    token.refresh_from_db()
    assert response.status_code == 200
    assert len(response.json()["items"]) == 1
    assert token.last_used_at is not None
    assert text not in str(vars(token))


def test_a_revoked_key_opens_nothing(key):
    token, text = key
    token.revoke()

    assert ask(text).status_code == 401


def test_the_key_of_somebody_who_has_left_opens_nothing(key):
    token, text = key
    token.user.is_active = False
    token.user.save()

    assert ask(text).status_code == 401


def test_a_key_is_not_found_by_what_the_database_holds(key):
    token, _text = key

    assert ask(token.key_hash).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("path", [LIST, f"{LIST}/00000000-0000-4000-8000-000000000000"])
def test_without_a_key_the_answer_is_a_problem_that_says_what_to_send(path):
    response = Client(headers={"accept-language": "en"}).get(path)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_authenticated"


def test_a_signed_in_browser_may_ask_as_well(client, registrar, draft_record):
    client.force_login(registrar)

    response = client.get(LIST)

    assert len(response.json()["items"]) == 1


def test_a_bad_key_is_not_saved_by_a_session(client, registrar):
    client.force_login(registrar)

    response = client.get(LIST, headers={"authorization": "Bearer wrong"})

    assert response.status_code == 401


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_interface_only_reads(key, method):
    _token, text = key
    client = Client(headers={"authorization": f"Bearer {text}"})

    response = getattr(client, method)(LIST)

    assert response.status_code == 405
