from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client


@pytest.fixture(autouse=True)
def _nobody_has_asked_before() -> Iterator[None]:
    """The limits count in the cache, which outlives a test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def client() -> Client:
    """A browser that asks for English: the texts as they stand in the code."""
    return Client(headers={"accept-language": "en"})
