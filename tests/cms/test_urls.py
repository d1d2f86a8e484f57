"""Which addresses are public on purpose; who opens the others: tests/deny."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import get_converters

from tests import factories

# Patterns that anybody may open, and why.
PUBLIC = {
    # The portal
    "verify/": "the form of a check",
    "verify/report": "the report of a check, for whoever made it",
    "verify/<str:code>/report.<str:form>": "the report of a check of a code",
    "verify/<str:code>": "the address in the QR code",
    "verify/<str:code>/": "the same with a slash",
    "account/sign-in/": "the way in",
    "account/sign-out/": "the way out",
    "healthz": "asked by load balancers",
    "^((?:[\\w\\-]+/)*)$": "published pages of Wagtail",
    # The interface
    "api/v1/": "says where the documentation is",
    "api/v1/docs": "documentation",
    "api/v1/openapi.json": "documentation",
    "api/v1/verify/<code>": "the same as verify/<code>, as data",
    # Django and Wagtail
    "i18n/setlang/": "the language of the reader",
    "^media/(?P<path>.*)$": "pictures of published pages, development only",
    "admin/login/": "the way in",
    "admin/logout/": "the way out",
    "admin/jsi18n/": "words for scripts",
    "admin/sprite/": "icons",
    "admin/password_reset/": "a new password by mail",
    "admin/password_reset/done/": "a new password by mail",
    "admin/password_reset/confirm/<uidb64>/<token>/": "a new password by mail",
    "admin/password_reset/complete/": "a new password by mail",
    "_util/login/": "the way in",
    "_util/authenticate_with_password/<int:page_view_restriction_id>/<int:page_id>/": (
        "the password of a page, asked by Wagtail"
    ),
}
# Nothing on them is about anybody.
THE_SAME_FOR_ALL = {
    "/",
    "/1",
    "/api/v1/docs",
    "/api/v1/openapi.json",
    "/admin/sprite/",
}
SAMPLES = ("1", "00000000-0000-4000-8000-000000000000", "x")


def walk(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            yield route


def address_of(route: str) -> str:
    """Some address that the route matches."""
    plain = re.sub(r"<([^>]+)>", _sample, route)
    return "/" + re.sub(r"[\^$\\]", "", re.sub(r"\([^)]*\)", "1", plain))


def _sample(match: re.Match[str]) -> str:
    kind, colon, _name = match.group(1).rpartition(":")
    pattern = get_converters()[kind].regex if colon else "[^/]+"
    return next(one for one in SAMPLES if re.fullmatch(pattern, one))


ROUTES = set(walk(get_resolver().url_patterns))


def test_the_list_of_public_addresses_names_only_what_exists():
    optional = {"^media/(?P<path>.*)$"}

    gone = set(PUBLIC) - ROUTES - optional

    assert gone == set()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["registrar", "officer", "admin"])
def test_no_browser_keeps_what_it_showed_to_whoever_was_signed_in(role):
    """Whoever sits down at the same computer goes back, and sees nothing."""
    units = factories.make_tree()
    place = {"registrar": "school", "officer": "dong-thap", "admin": "ministry"}[role]
    client = Client(raise_request_exception=False)
    client.force_login(factories.make_user("somebody", role, units[place]))

    answers = {
        address: client.get(address)
        for address in (address_of(route) for route in sorted(ROUTES))
        if address not in THE_SAME_FOR_ALL
    }

    shown = {a: r for a, r in answers.items() if r.status_code == 200}
    assert len(shown) > 10
    kept = [a for a, r in shown.items() if "no-store" not in r.get("Cache-Control", "")]
    assert kept == []
