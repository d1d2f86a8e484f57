from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium")


@pytest.fixture(autouse=True)
def _nobody_has_asked_before() -> Iterator[None]:
    """The limits count in the cache, which outlives a test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; a test that wants it is skipped where there is none.

    While it lives an event loop runs in this thread, and neither Django's database
    nor pyHanko works beside one: name it after the fixtures that make data.
    """
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    with sync_playwright() as playwright:
        # Chromium's own sandbox refuses to run as root, as it does in containers.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()
