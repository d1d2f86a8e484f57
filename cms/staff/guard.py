"""Wagtail's own screens are an administrator's, whatever else they would ask.

They edit pages, pictures and settings of the site. Wagtail shows some of them, its
choosers and its lists of pictures, to everybody in the workspace, and others to the
members of a group; here all rights are assignments (docs/adr/0004).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import ResolverMatch
from wagtail.admin.auth import permission_denied

from cms.policy import OF_EVERYBODY, WORKSPACE
from documents.models import Role, User

from .roles import has_role

# What is about nobody, or about whoever asks.
OPEN = (
    *OF_EVERYBODY,
    "wagtailadmin_login",
    "wagtailadmin_logout",
    "wagtailadmin_password_reset",
    "wagtailadmin_dismissibles",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_sprite",
)


class EditorsGuardMiddleware:
    """Refuses as Wagtail does; who may not enter at all is its own to refuse."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        match = request.resolver_match
        assert match is not None  # a view was found
        if not edits_the_site(match):
            return None  # and nobody was asked who it is: most pages need no session
        user = request.user
        if not isinstance(user, User) or not user.standing:
            return None
        if has_role(user, [Role.ADMIN]):
            return None
        response: HttpResponse = permission_denied(request)
        return response


def edits_the_site(match: ResolverMatch) -> bool:
    inside = f"/{match.route}".startswith(WORKSPACE)
    return inside and "staff" not in match.namespaces and match.url_name not in OPEN
