"""The head at the own machine: a browser, the signing program, a token; no fakes."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.test import Client
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright
from wagtail.users.models import UserProfile

from documents.models import Record, User
from tests.workflow.services.bulk.test_rounds_tokens import drawer, hsm
from tests.workflow.services.signing_scene import assert_issued_once, reviewed
from tests.workflow.signing.providers.agents import Person
from tests.workflow.signing.providers.tokens import MODULE
from workflow.models import Batch
from workflow.signing.agent.desk import Agent
from workflow.signing.agent.server import AgentServer

from .conftest import to

__all__ = ["drawer", "hsm"]  # fixtures
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
SIZES = (ViewportSize(width=1366, height=768), ViewportSize(width=360, height=740))
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@contextmanager
def agent_for(site: str, person: Person) -> Iterator[int]:
    """The signing program with a window; the port where it answers."""
    with AgentServer(Agent(MODULE, person), [site]) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def records(school_class: Any, units: Any, hsm: Any) -> list[Record]:
    """Made before the browser starts: its loop is in the way of the verifier's."""
    return reviewed(school_class, units, 2)


@pytest.fixture
def page(
    records: list[Record], live_server: Any, head: User, monkeypatch: Any
) -> Iterator[Page]:
    """The head has signed in and reads English."""
    if not Path(CHROMIUM).is_file():
        pytest.skip("Chromium is not installed")
    # Playwright keeps a loop in this thread, which Django takes for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    UserProfile.objects.update_or_create(
        user=head, defaults={"preferred_language": "en"}
    )
    client = Client()
    client.force_login(head)
    name = configured.SESSION_COOKIE_NAME
    session = client.cookies[name].value
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM)
        context = chromium.new_context(base_url=live_server.url, locale="en-GB")
        context.add_cookies([{"name": name, "value": session, "url": live_server.url}])
        opened = context.new_page()
        opened.set_default_timeout(30_000)
        yield opened
        chromium.close()


def check_access(page: Page) -> None:
    """No finding of axe, and nothing to scroll sideways, also on a small phone."""
    # Wagtail's messages fade in once the page is ready: until then they are pale.
    for messages in page.locator(".messages > ul").all():
        expect(messages).to_have_css("opacity", "1")
    for size in SIZES:
        page.set_viewport_size(size)
        found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{page.url} scrolls sideways at {size['width']}"
    page.set_viewport_size(SIZES[0])


def test_a_token_is_paired_registered_and_signs_a_class(
    page: Page, live_server: Any, head: User, records: list[Record], settings: Any
):
    person = Person()
    settings.AGENT_PORT = 9
    page.goto(to("key"))
    page.get_by_text("Register a token that is plugged").click()
    register = page.locator("[data-agent=register]")
    expect(register.get_by_role("status")).to_contain_text("does not answer")
    check_access(page)

    with agent_for(live_server.url, person) as settings.AGENT_PORT:
        page.reload()
        page.get_by_text("Register a token that is plugged").click()
        register.get_by_label("Pairing code").fill("000000")
        page.keyboard.press("Enter")
        expect(register.get_by_role("status")).to_contain_text("not the code")
        register.get_by_label("Pairing code").fill(person.pairing_codes[-1])
        page.keyboard.press("Enter")
        register.get_by_label(head.full_name).check()
        check_access(page)
        register.get_by_role("button", name="Sign with this key").click()
        expect(page.locator("body")).to_contain_text("From now on the key of")
        page.get_by_role("button", name="Make a trial signature").click()
        expect(page.locator("body")).to_contain_text("The token signs")

        page.goto(to("sign-class", records[0].school_class_id))
        expect(page.locator("main")).to_contain_text("asked to confirm twice")
        check_access(page)
        page.get_by_role("button", name="Sign 2 records").click()
        page.wait_for_url(re.compile("/batches/"))
        for number in (1, 2):
            heading = f"Confirmation {number} of 2"
            expect(page.get_by_role("heading", name=heading)).to_be_visible()
            if number == 1:
                check_access(page)
            page.get_by_role("button", name="Sign with the token").click()
        expect(page.locator("main")).to_contain_text("finished")

    assert_issued_once([Record.objects.get(pk=one.pk) for one in records])
    # The trial, the data, the pages: each was shown with its code.
    assert [len(act.digests) for act in person.acts] == [1, 2, 2]
    codes = [one.code for one in Batch.objects.get().consents.order_by("pk")]
    assert [act.code for act in person.acts[1:]] == codes
