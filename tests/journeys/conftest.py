from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.installation import Installation, Site

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"

ENGLISH = (
    "from documents.models import User;"
    "from wagtail.users.models import UserProfile;"
    "[UserProfile.objects.update_or_create("
    "user=user, defaults={'preferred_language': 'en'}) for user in User.objects.all()]"
)


@pytest.fixture(scope="module")
def demo_in_english(
    demo_template: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A copy for the tests of a module to change.

    Wagtail speaks the language of a person's profile; the tests quote English.
    """
    copy = demo_template.copy(tmp_path_factory.mktemp("site") / "data")
    copy.manage("shell", "--no-imports", "-c", ENGLISH)
    yield copy
    copy.drop()


@pytest.fixture(scope="module")
def site(demo_in_english: Installation) -> Iterator[Site]:
    """The demo served by the processes of `make run`: site, worker, real signatures."""
    running = Site.fork(demo_in_english)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if not Path(CHROMIUM).is_file():
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM)
        yield chromium
        chromium.close()
