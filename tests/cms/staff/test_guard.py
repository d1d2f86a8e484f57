"""Who may see Wagtail's own screens: tests/deny. Here, what the guard costs others."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_page_for_everybody_is_answered_without_a_session():
    """Else each answer varied by cookie, and each check of a code read a session."""
    answer = Client().get("/healthz")

    assert answer.status_code == 200
    assert not answer.wsgi_request.session.accessed
    assert "Cookie" not in answer.headers.get("Vary", "")
