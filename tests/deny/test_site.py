"""Wagtail's own screens × everybody, and what is public: no pupil is named there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from documents.models import Role
from tests.cms.test_urls import PUBLIC, ROUTES
from tests.cms.test_urls import address_of as some_address

from .cast import people
from .doors import NO_PAGE, SITE
from .knocking import ask
from .knowing import assert_tells_nothing
from .scene import Scene

pytestmark = pytest.mark.django_db

OF_WAGTAIL = sorted(route for route in ROUTES if route.startswith((*SITE, NO_PAGE)))
# Who must not edit the site, one of a kind; the same guard stands before each method.
NOT_EDITORS = {
    "get": people(
        "",
        *(str(role) for role in Role if role != Role.ADMIN),
        "officer of the commune",
        "parent",
        "superuser",
    ),
    "post": people("", "head", "parent", "superuser"),
}


@pytest.mark.parametrize("method", NOT_EDITORS)
@pytest.mark.parametrize("route", OF_WAGTAIL)
def test_the_site_is_edited_by_administrators_alone(
    clients: dict[str, Client], route: str, method: str
):
    address = some_address(route)

    answers = {
        name: ask(clients[name], method, address)
        for name in sorted(NOT_EDITORS[method])
    }

    let_in = {n for n, one in answers.items() if one.written or not one.is_refusal}
    assert let_in == set()


@pytest.mark.parametrize("route", sorted(set(PUBLIC) & ROUTES))
def test_what_is_public_names_nobody(
    subtests: Any, clients: dict[str, Client], secrets: Any, scene: Scene, route: str
):
    address = "/" + route
    for name in ("<code>", "<str:code>"):
        code = scene.records["locked"].book.lookup_code
        address = address.replace(name, code)
    address = some_address(address[1:].replace("<str:form>", "json"))
    for method in ("get", "post"):
        with subtests.test(method=method):
            answer = ask(clients[""], method, address)

            assert_tells_nothing(answer, "", secrets, address)
            assert answer.written == ()
