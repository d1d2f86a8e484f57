"""Guessing a password at a site of several processes."""

from __future__ import annotations

import time

import pytest
import requests

from cms.portal.limits import SIGN_INS
from tests.installation import Site

pytestmark = pytest.mark.journey

PASSWORDS_TRIED = 14


def window() -> int:
    return int(time.time()) // SIGN_INS.seconds


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
    for name in ("parent", "head", "officer"):
        begun = window()
        answers = [guess(site, name, f"wrong {n}") for n in range(PASSWORDS_TRIED)]
        if window() == begun:  # else the later ones were counted anew
            break

    refused = PASSWORDS_TRIED - SIGN_INS.count
    assert answers == [200] * SIGN_INS.count + [429] * refused
