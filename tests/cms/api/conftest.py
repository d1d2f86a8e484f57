from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from wagtail.models import APIToken

from documents.models import User


@pytest.fixture
def program() -> Callable[[User], Client]:
    """A client that sends an interface key of the user."""

    def make(user: User) -> Client:
        _token, key = APIToken.create_token(user=user, name="test")
        headers = {"authorization": f"Bearer {key}", "accept-language": "en"}
        return Client(headers=headers)

    return make


@pytest.fixture
def client() -> Client:
    """A browser that asks for English: the texts as they stand in the code."""
    return Client(headers={"accept-language": "en"})
