"""The first page and what it leads to in a real browser, by keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.installation import Site

from .test_browser import LONG, check_access, person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
]

PROGRESS = ".hb-progress__text"
ROLES = ["teacher1a", "english", "head", "registrar", "officer", "inspector", "admin"]

REGISTRAR_TOO = (
    "from documents.models import Assignment, Unit, User;"
    "Assignment.objects.create(role='registrar',"
    "user=User.objects.get(username='teacher4b'),"
    "unit=Unit.objects.get(code='my-ngai'))"
)


def lines(page: Page) -> list[str]:
    rows = page.locator("[data-row]")
    return [rows.nth(n).get_attribute("href") or "" for n in range(rows.count())]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('href')"))


def test_the_queue_is_walked_opened_and_left_by_keys(
    browser: Browser, site: Site
) -> None:
    with person(browser, site, "teacher1a") as page:
        first, second, *_others = lines(page)
        expect(page.locator("[data-first]")).to_be_focused()
        page.keyboard.press("j")
        assert focused(page) == second
        page.keyboard.press("k")
        assert focused(page) == first

        page.keyboard.press("Enter")
        page.wait_for_url(f"**{first}")
        page.keyboard.press("Escape")
        page.wait_for_url("**/admin/classes/")
        page.keyboard.press("Escape")
        page.wait_for_url(re.compile(r"/admin/$"))


def test_the_keys_are_shown_and_the_search_is_one_key_away(
    browser: Browser, site: Site
) -> None:
    with person(browser, site, "head") as page:
        page.keyboard.press("?")
        dialog = page.locator("#keyboard-shortcuts-dialog")
        expect(dialog).to_contain_text("Back to the page above")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(page).to_have_url(re.compile(r"/admin/$"))

        page.keyboard.press("/")
        page.wait_for_url("**/admin/search/")
        expect(page.locator("[data-search]")).to_be_focused()
        page.keyboard.type("hoa/j")
        expect(page.locator("[data-search]")).to_have_value("hoa/j")


def test_the_grid_shows_its_own_keys_and_keeps_esc(
    browser: Browser, site: Site
) -> None:
    with person(browser, site, "teacher4b") as page:
        page.goto("/admin/classes/")
        page.locator("main [data-row]").first.click()
        page.locator('td[data-n="0"][data-c="0"]').click()
        address = page.url

        page.keyboard.press("?")
        expect(page.locator("dialog[open]")).to_have_count(1)
        expect(page.locator("#keyboard-shortcuts-dialog")).to_be_hidden()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")

        expect(page.locator('td[data-n="0"][data-c="0"]')).to_be_focused()
        assert page.url == address


@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_the_first_page(
    browser: Browser, site: Site, role: str
) -> None:
    with person(browser, site, role) as page:
        expect(page.locator("h1")).to_have_text("Waiting for me")
        check_access(page)


def test_a_person_of_two_roles_switches_with_one_key_and_sees_the_role(
    browser: Browser, site: Site
) -> None:
    done = site.installation.manage("shell", "--no-imports", "-c", REGISTRAR_TOO)
    assert done.returncode == 0, done.stderr
    with person(browser, site, "teacher4b") as page:
        chosen = page.locator(".hb-roles [aria-current]")
        menu = page.locator("#wagtail-sidebar")
        expect(chosen).to_contain_text("Registrar · Trường Tiểu học Mỹ Ngãi")
        expect(menu.get_by_role("link", name="Registrar")).to_be_visible()
        expect(menu.get_by_role("link", name="Import")).to_be_visible()
        check_access(page)

        page.get_by_role("button", name="Class teacher · 4B").press("Enter")

        expect(chosen).to_contain_text("Class teacher · 4B")
        for address in ("/admin/", "/admin/classes/"):
            page.goto(address)
            expect(menu.get_by_role("link", name="Class teacher")).to_be_visible()
            expect(menu.get_by_role("link", name="Import")).to_have_count(0)


def test_a_batch_is_watched_and_steered_from_two_browsers(
    browser: Browser, site: Site
) -> None:
    with (
        person(browser, site, "head") as school,
        person(browser, site, "head") as home,
    ):
        count = sign_last_class(school)
        home.goto(school.url)
        school.get_by_role("button", name="Pause").press("Enter")
        for page in (school, home):
            expect(page.locator(PROGRESS)).to_contain_text("paused")
            expect(page.get_by_role("button", name="Pause")).to_have_count(0)

        home.get_by_role("button", name="Go on").press("Enter")

        expect(school.get_by_role("button", name="Go on")).to_have_count(0)
        for page in (school, home):
            expect(page.locator(PROGRESS)).to_contain_text("finished", timeout=LONG)
            expect(page.locator(PROGRESS)).to_contain_text(f"{count} of {count} done")
            expect(page.get_by_role("button", name="Pause")).to_have_count(0)
        check_access(home)


def sign_last_class(page: Page) -> str:
    """Begin to sign the last of two classes that wait; return how many records."""
    page.goto("/admin/sign/")
    first, last = page.locator("input[name=class]").all()
    first.press("Space")
    count = last.get_attribute("data-count") or ""
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/batches/"))
    return count
