"""The interface as one object; cms/urls.py gives it its address."""

from __future__ import annotations

from ninja import NinjaAPI
from ninja.security import SessionAuth
from wagtail.api.v3.auth import BearerTokenAuth

from . import problems, records, verify

api = NinjaAPI(
    title="Hocba",
    version="1",
    urls_namespace="api-v1",
    description=(
        "Read access to school records with the rights of the key's owner. "
        "Errors are problem+json (RFC 9457) with a stable code."
    ),
    # Keys are Wagtail's API tokens: `manage.py api_tokens create --user … --name …`.
    auth=[BearerTokenAuth(), SessionAuth()],
)
api.add_router("", records.router)
api.add_router("", verify.router)
problems.install(api)
