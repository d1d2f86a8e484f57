"""What a page may load, run and ask: said to the browser with every answer.

Names and comments are escaped wherever they are shown; should one place ever forget
it, what somebody typed as a name still does not run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

HEADER = "Content-Security-Policy"
Policy = Mapping[str, str]

# Who may frame a page is not said here: X-Frame-Options does, view by view.
PORTAL: Policy = {
    "default-src": "'none'",
    "script-src": "'self'",  # of the interface's documentation; the portal has none
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
}
# Wagtail's frame and htmx write styles into their elements. The agent is the signing
# program on the signer's own machine.
STAFF: Policy = {
    **PORTAL,
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self' http://127.0.0.1:{agent}",
}
# Where pages and pictures are edited Wagtail's widgets start themselves in the page.
# Only an administrator works there, and no pupil's name is shown.
EDITOR: Policy = {**STAFF, "script-src": "'self' 'unsafe-inline'"}

# Django's own pages about a fault bring their script along; developers see them only.
OF_DEVELOPERS = (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR)
# Screens of Wagtail that are not an administrator's alone, and run no script of their
# own: all people of the workspace see them.
OF_EVERYBODY = (
    None,  # those that cms/urls.py puts in front of Wagtail's: sign-in, account
    "wagtailadmin_home",
    "wagtailadmin_password_reset_done",
    "wagtailadmin_password_reset_confirm",
    "wagtailadmin_password_reset_complete",
)
# Wagtail's frame is in the first two; below them everything that edits the site.
WORKSPACE = "/admin/"


class ContentPolicyMiddleware:
    """Sets the header unless the view has said something stricter itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code in OF_DEVELOPERS:
            return response
        response.headers.setdefault(HEADER, written(policy_of(request)))
        return response


def policy_of(request: HttpRequest) -> Policy:
    """Which of the three the page needs."""
    if not request.path.startswith(WORKSPACE):
        return PORTAL
    match = request.resolver_match
    if match is None or "staff" in match.namespaces or match.url_name in OF_EVERYBODY:
        return STAFF
    return EDITOR


def written(policy: Policy) -> str:
    text = "; ".join(f"{name} {sources}" for name, sources in policy.items())
    return text.format(agent=settings.AGENT_PORT)
