"""Guessing a password at a site of several processes."""

from __future__ import annotations

import time

import pytest
import requests

from cms.portal.limits import SIGN_INS
from tests.installation import Site

pytestmark = pytest.mark.journey

PASSWORDS_TRIED = 14


LASTS = 60  # seconds, on a busy machine


def guess(site: Site, name: str, password: str) -> int:
    """One try on a connection of its own, which any process may take."""
    with requests.Session() as session:
        session.get(f"{site.url}/account/sign-in/")
        typed = {
            "username": name,
            "password": password,
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
        }
        answer = session.post(f"{site.url}/account/sign-in/", typed)
    return answer.status_code


def test_two_processes_count_the_tries_on_a_name_together(site: Site) -> None:
    left = SIGN_INS.seconds - time.time() % SIGN_INS.seconds
    if left < LASTS:  # in the next window all would count anew
        time.sleep(left)

    answers = [guess(site, "parent", f"wrong {n}") for n in range(PASSWORDS_TRIED)]

    refused = PASSWORDS_TRIED - SIGN_INS.count
    assert answers == [200] * SIGN_INS.count + [429] * refused
