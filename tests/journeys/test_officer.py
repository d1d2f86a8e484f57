"""The officer in a real browser: by keyboard from the tree to whose queue it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.installation import Site

from .test_browser import check_access, person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
    # The site of the journeys; one process takes them all, in their order.
]
DEPARTMENT = "/admin/units/so-gddt-dong-thap/"


def opened(page: Page, level: int, key: str) -> None:
    """Open the first line of a level in place, by keyboard."""
    toggle = page.locator(f"tr[data-level='{level}'] button.hb-tree__toggle").first
    toggle.focus()
    page.keyboard.press(key)
    expect(toggle).to_have_attribute("aria-expanded", "true")


def test_a_line_opens_in_place_down_to_the_person(browser: Browser, site: Site) -> None:
    with person(browser, site, "officer") as page:
        page.goto(DEPARTMENT)
        for level, key in ((1, "Enter"), (2, "ArrowRight"), (3, "Space")):
            opened(page, level, key)

        expect(page.locator("tr[data-level='4']").first).to_be_visible()
        expect(page.locator("[data-tree-said]")).to_contain_text("Lines opened")
        check_access(page)

        page.locator("tr[data-level='1'] button.hb-tree__toggle").first.focus()
        page.keyboard.press("ArrowLeft")
        expect(page.locator("tr[data-level='2']:visible")).to_have_count(0)
        page.keyboard.press("ArrowRight")
        expect(page.locator("tr[data-level='4']").first).to_be_visible()


def test_the_chart_comes_by_itself_and_has_its_table(
    browser: Browser, site: Site
) -> None:
    with person(browser, site, "officer") as page:
        page.goto(DEPARTMENT)

        expect(page.get_by_role("img", name="Records signed")).to_be_visible()
        page.get_by_text("The same as a table").click()
        expect(page.locator(".hb-season tbody tr")).to_have_count(30)


def test_a_reminder_is_shown_sent_with_one_key_and_said(
    browser: Browser, site: Site
) -> None:
    with person(browser, site, "officer") as page:
        page.goto(f"{DEPARTMENT}remind/")
        check_access(page)
        page.keyboard.press("Control+Enter")

        said = page.get_by_role("status").filter(has_text="sent")
        expect(said.first).to_be_visible()
        page.goto(f"{DEPARTMENT}remind/")
        expect(page.get_by_text("reminded already").first).to_be_visible()


@pytest.mark.parametrize("name", ["lock", "ministry", "season", "rows"])
def test_each_page_is_for_everybody(browser: Browser, site: Site, name: str) -> None:
    with person(browser, site, "officer") as page:
        page.goto(f"{DEPARTMENT}{name}/")

        expect(page.get_by_role("main")).to_be_visible()
        check_access(page)
