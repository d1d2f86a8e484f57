"""The class teacher's grid in a real browser: typing, bad lines, two windows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.installation import Site

from .test_browser import DESKTOP, NARROW, check_access, person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
]

# From here on the class has drafts; some before it are signed.
FIRST_DRAFT = 16
LEVEL, SCORE, COMMENT = "math.level", "math.score", "math.comment"
SAVED = re.compile(r"Saved \d\d:\d\d")
EXCEL = 'C\t5\t"Cần cố gắng\nhơn."\nH\t6\tĐã tiến bộ.\nhoàn thành tốt\tchín\tTốt.\n'


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """The teacher of 4B before the grid, the columns of one subject chosen."""
    with person(browser, site, "teacher4b") as page:
        open_grid(page)
        yield page


def open_grid(page: Page) -> None:
    page.goto("/admin/classes/")
    page.locator("main").get_by_role("link", name="4B").first.click()
    page.locator("[data-columns]").select_option(label="– Toán")


def cell(page: Page, row: int, column: str) -> Locator:
    """A cell by the number of its row and the end of its path."""
    places = {LEVEL: 0, SCORE: 1, COMMENT: 2}
    return page.locator(f'td[data-n="{row}"][data-c="{places[column]}"]')


def type_score(page: Page, row: int, text: str) -> None:
    cell(page, row, SCORE).click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          const about = { clipboardData: data, bubbles: true, cancelable: true };
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", about));
        }""",
        text,
    )


def kept(page: Page) -> int:
    """How many records have something in the browser's storage."""
    names = "Object.keys(localStorage).filter((key) => key.startsWith('hocba:draft'))"
    return int(page.evaluate(f"{names}.length"))


def test_a_row_is_filled_in_by_keyboard_alone(page: Page) -> None:
    cell(page, 0, LEVEL).focus()
    page.keyboard.press("h")
    expect(cell(page, 0, LEVEL)).to_have_text("H")
    expect(cell(page, 1, LEVEL)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("8")
    page.keyboard.press("Tab")
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type("Tính toán đúng.")
    page.keyboard.press("Enter")
    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    expect(cell(page, 1, COMMENT)).to_be_focused()

    page.reload()
    page.locator("[data-columns]").select_option(label="– Toán")

    expect(cell(page, 0, SCORE)).to_contain_text("8")
    expect(cell(page, 0, COMMENT)).to_contain_text("Tính toán đúng.")
    assert kept(page) == 0


def test_escape_leaves_a_cell_and_ctrl_z_takes_a_change_back(page: Page) -> None:
    before = cell(page, 2, SCORE).inner_text()
    cell(page, 2, SCORE).click()
    page.keyboard.type("3")
    page.keyboard.press("Escape")
    expect(cell(page, 2, SCORE)).to_have_text(before)
    type_score(page, 2, "10")
    expect(cell(page, 2, SCORE)).to_contain_text("10")

    page.keyboard.press("Control+z")

    expect(cell(page, 2, SCORE)).to_have_text(before)


def test_cells_of_excel_are_pasted_and_taken_back_as_one(page: Page) -> None:
    before = [cell(page, 3, one).inner_text() for one in (LEVEL, SCORE, COMMENT)]
    cell(page, 3, LEVEL).click()

    paste(page, EXCEL)

    expect(cell(page, 3, LEVEL)).to_contain_text("C")
    expect(cell(page, 3, COMMENT)).to_contain_text("Cần cố gắng hơn.")
    expect(cell(page, 5, LEVEL)).to_contain_text("T")
    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    # What is no number stays in its cell, marked; the others are saved.
    expect(cell(page, 5, SCORE)).to_have_attribute("aria-invalid", "true")
    cell(page, 5, SCORE).click()
    expect(page.locator("[data-side]")).to_contain_text("Not saved: Write a number.")

    page.keyboard.press("Control+z")

    for one, text in zip((LEVEL, SCORE, COMMENT), before, strict=True):
        expect(cell(page, 3, one)).to_have_text(text)
    expect(cell(page, 5, SCORE)).not_to_have_attribute("aria-invalid", "true")


def test_a_value_is_filled_down_the_chosen_cells(page: Page) -> None:
    cell(page, 16, LEVEL).click()
    page.keyboard.press("t")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")

    page.keyboard.press("Control+d")

    for row in (16, 17, 18):  # drafts: rows 6 to 15 are submitted
        expect(cell(page, row, LEVEL)).to_contain_text("T")
    expect(page.locator("[data-saved]")).to_have_text(SAVED)


def test_what_is_typed_without_a_line_is_kept_and_sent_later(page: Page) -> None:
    page.context.set_offline(True)
    type_score(page, 19, "4")
    expect(page.locator("[data-saved]")).to_contain_text("kept on this computer")
    assert kept(page) == 1

    page.context.set_offline(False)

    expect(page.locator("[data-saved]")).to_have_text(SAVED, timeout=40_000)
    assert kept(page) == 0


def test_what_was_typed_before_the_window_closed_comes_back(page: Page) -> None:
    context = page.context
    context.set_offline(True)
    type_score(page, 20, "4")
    expect(page.locator("[data-saved]")).to_contain_text("kept on this computer")
    page.close()
    context.set_offline(False)

    again = context.new_page()
    open_grid(again)

    expect(cell(again, 20, SCORE)).to_contain_text("4")
    expect(again.locator("[data-saved]")).to_have_text(SAVED)


def test_a_second_window_sees_the_collision_and_chooses(page: Page) -> None:
    second = other_window(page.context)
    type_score(page, 21, "2")
    expect(page.locator("[data-saved]")).to_have_text(SAVED)

    type_score(second, 21, "1")

    expect(second.locator("[data-saved]")).to_contain_text("your choice: 1")
    expect(cell(second, 21, SCORE)).to_contain_text("⇄")
    cell(second, 21, SCORE).click()
    side = second.locator("[data-side]")
    expect(side.get_by_role("button", name="Theirs: 2")).to_be_visible()
    side.get_by_role("button", name="Mine: 1").click()
    expect(second.locator("[data-saved]")).to_have_text(SAVED)
    page.reload()
    page.locator("[data-columns]").select_option(label="– Toán")
    expect(cell(page, 21, SCORE)).to_contain_text("1")


def other_window(context: BrowserContext) -> Page:
    second = context.new_page()
    open_grid(second)
    return second


def test_a_session_that_ends_loses_nothing(page: Page) -> None:
    cookies = page.context.cookies()
    session = next(one["value"] for one in cookies if one["name"] == "sessionid")
    page.context.clear_cookies(name="sessionid")
    type_score(page, 22, "3")
    expect(page.locator("[data-saved]")).to_contain_text("You were signed out")
    assert kept(page) == 1

    # As signing in again in another window does.
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": page.url}])
    page.evaluate("window.dispatchEvent(new Event('focus'))")

    expect(page.locator("[data-saved]")).to_have_text(SAVED)
    assert kept(page) == 0


def test_signing_out_leaves_nothing_behind(page: Page) -> None:
    page.context.set_offline(True)
    type_score(page, 23, "3")
    expect(page.locator("[data-saved]")).to_contain_text("kept on this computer")
    page.context.set_offline(False)

    page.locator("form[action*='logout'] button").evaluate("(one) => one.click()")

    page.wait_for_url(re.compile(r"/login/"))
    assert kept(page) == 0


def test_a_comment_of_the_bank_is_chosen_by_keyboard(page: Page) -> None:
    cell(page, 24, COMMENT).click()
    page.keyboard.press("Control+b")
    page.get_by_role("button", name="Add the comment of this cell").click()
    expect(page.locator("[data-bank-said]")).to_contain_text("Added")
    text = page.locator(".hb-bank__use").first.inner_text().split(" · ")[-1]
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    expect(cell(page, 24, COMMENT)).to_have_text("")
    page.keyboard.press("Control+b")
    expect(page.locator("#hb-bank-find")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(cell(page, 24, COMMENT)).to_contain_text(text)
    expect(cell(page, 24, COMMENT)).to_be_focused()


def test_the_form_of_one_pupil_saves_itself(page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.locator(".hb-pupil a").nth(16).click()
    page.locator('[name="subjects.math.score"]').fill("7")
    page.locator('[name="subjects.math.score"]').blur()
    expect(page.locator("[data-saved]")).to_have_text(SAVED)

    page.locator('[name="height_cm"]').fill("cao")
    page.locator('[name="height_cm"]').blur()

    form = page.locator("form[data-grid]")
    expect(form).to_contain_text("Not saved: Write a number.")
    page.reload()
    expect(page.locator('[name="subjects.math.score"]')).to_have_value("7")
    expect(page.locator('[name="height_cm"]')).to_have_value("cao")


def test_the_grid_is_open_to_everybody_on_every_screen(page: Page) -> None:
    page.locator("[data-columns]").select_option("all:")
    check_access(page)
    cell(page, 0, LEVEL).click()
    page.keyboard.press("?")
    check_access(page)
    page.keyboard.press("Escape")
    # A phone has the cards; the grid scrolls inside itself, the page does not.
    page.set_viewport_size(NARROW)
    expect(page.locator(".hb-pupil").first).to_be_visible()
    expect(page.get_by_role("grid")).not_to_be_visible()
    page.set_viewport_size(DESKTOP)
    expect(page.get_by_role("grid")).to_be_visible()


def test_scores_are_typed_at_once_with_all_columns_in_sight(page: Page) -> None:
    page.locator("[data-columns]").select_option("all:")
    cell(page, FIRST_DRAFT, SCORE).click()

    for score in ("7", "8") * 8:
        page.keyboard.type(score)
        page.keyboard.press("Enter")

    typed = [cell(page, FIRST_DRAFT + n, SCORE) for n in range(16)]
    assert [one.text_content() for one in typed] == ["7", "8"] * 8
    expect(cell(page, FIRST_DRAFT + 16, SCORE)).to_be_focused()
