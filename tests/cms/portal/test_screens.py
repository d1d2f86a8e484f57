"""Every screen of the portal in a real browser: axe, width, targets, the whole way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from cms.portal.setup import ensure_site
from documents.models import Record, User
from tests import factories
from workflow.services.effective import record_pdf

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 412, "height": 860}
# Links inside a sentence may be smaller (WCAG 2.5.8); what stands alone may not.
SMALL_TARGETS = """() => [...document.querySelectorAll(
  "button, summary, input:not([type=hidden]), .bar a, .button, .links a")]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44)
  .map(e => e.outerHTML.slice(0, 120))"""
SMALL_TEXT = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter(e => e.checkVisibility() && e.innerText
    && parseFloat(getComputedStyle(e).fontSize) < 16)
  .map(e => e.outerHTML.slice(0, 120))"""
TOO_WIDE = """() => document.documentElement.scrollWidth
  > document.documentElement.clientWidth"""


@pytest.fixture
def parent(locked_record: Record) -> User:
    return factories.make_guardian("parent", locked_record.book.pupil)


@pytest.fixture
def files(locked_record: Record, tmp_path: Path) -> list[Path]:
    """The signed file, the same altered, and something that is no PDF."""
    good = record_pdf(locked_record)
    bad = bytearray(good)
    bad[good.index(b"stream") + 40] ^= 1
    contents = {"good.pdf": good, "bad.pdf": bytes(bad), "none.pdf": b"hello"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in contents]


@pytest.fixture
def site(live_server: LiveServer, parent: User, files: list[Path]) -> str:
    """The address of a site with one locked record and the parent of its pupil."""
    ensure_site()
    return live_server.url


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(
    request: pytest.FixtureRequest, site: str, chromium: Browser
) -> Iterator[Page]:
    """A new browser that asks for Vietnamese."""
    context = chromium.new_context(
        viewport=request.param,
        base_url=site,
        extra_http_headers={"Accept-Language": "vi"},
    )
    yield context.new_page()
    context.close()


def faults(page: Page) -> list[str]:
    """What is wrong with the screen that is shown."""
    found = Axe().run(page).response["violations"]
    axe = [
        f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]
    ]
    wide = ["wider than the screen"] if page.evaluate(TOO_WIDE) else []
    small = page.evaluate(SMALL_TARGETS) + page.evaluate(SMALL_TEXT)
    return [f"{page.url} {one}" for one in (*axe, *wide, *small)]


def test_what_anybody_sees_is_without_a_fault(page, locked_record, files):
    code = locked_record.book.lookup_code
    addresses = [
        "/",
        "/huong-dan-kiem-tra/",
        "/tin-tuc/",
        "/verify/",
        f"/verify/{code}",
        f"/verify/{'f' * 32}",
        "/verify/o123",
        "/account/sign-in/",
        "/khong-co/",
    ]

    found: list[str] = []
    for address in addresses:
        page.goto(address)
        found += faults(page)
    for file in files:
        page.goto("/")
        page.set_input_files("#file", file)
        page.click("main form:has(#file) button")
        found += faults(page)

    assert found == []


def test_what_a_parent_sees_is_without_a_fault(page, locked_record):
    uuid = locked_record.uuid

    found = []
    sign_in(page, "wrong")
    found += faults(page)
    sign_in(page, factories.PASSWORD)
    addresses = ["/children/", f"/children/{uuid}/", f"/children/{uuid}/readers"]
    for address in [*addresses, "/account/password/", "/"]:
        page.goto(address)
        found += faults(page)

    assert found == []


def test_a_parent_comes_from_the_first_page_to_the_file(page, locked_record, files):
    page.goto("/")
    page.fill("#username", "parent")
    page.fill("#password", factories.PASSWORD)
    page.keyboard.press("Enter")
    page.click(f'a[href="/children/{locked_record.uuid}/"]')
    frame = page.frame_locator("iframe.sheet")
    name = frame.get_by_text("Nguyễn Thị Hoà").first.inner_text()
    with page.expect_download() as download:
        page.click(f'a[href="/children/{locked_record.uuid}/pdf"]')

    assert "Nguyễn Thị Hoà" in name
    assert Path(download.value.path()).read_bytes() == files[0].read_bytes()


def test_the_first_tab_leads_past_the_head_of_the_page(page):
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_the_language_is_switched_by_a_button(page):
    page.goto("/huong-dan-kiem-tra/")
    page.click("button[value=en]")

    assert page.url.endswith("/huong-dan-kiem-tra/")
    assert page.inner_text("h1") == "How to check a record"
    assert page.get_attribute("html", "lang") == "en"


def sign_in(page: Page, password: str) -> None:
    page.goto("/account/sign-in/")
    page.fill("#username", "parent")
    page.fill("#password", password)
    page.click("main button")
