"""The head's review in a real browser, by keyboard alone, and what may interrupt it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.installation import Site

from .test_browser import DESKTOP, LONG, NARROW, check_access, person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
]

REASON = "Nhận xét môn Toán chưa khớp với mức đạt được"
PLACE = ".hb-review__place"


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """The head before the first record of 1A that nobody has looked at."""
    with person(browser, site, "head") as page:
        open_review(page)
        yield page


def open_review(page: Page) -> None:
    page.goto("/admin/")
    review = page.locator("main").get_by_role("link", name=re.compile("class 1A"))
    review.first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/review/"))
    expect(page.locator("[data-approve]")).to_be_visible()


def place(page: Page) -> int:
    return int(page.locator(PLACE).inner_text().split("/")[0])


def looked(page: Page) -> int:
    found = re.search(r"(\d+) of \d+ looked at", page.locator("main").inner_text())
    assert found
    return int(found[1])


def press_on(page: Page, key: str) -> None:
    """Press what leads to another record, and wait for it."""
    before = page.url
    page.keyboard.press(key)
    page.wait_for_url(lambda url: url != before and "/review/" in url)
    page.wait_for_load_state("load")


def test_space_finds_fine_and_j_and_k_only_turn_pages(page: Page) -> None:
    here, before = place(page), looked(page)

    press_on(page, "Space")

    assert (place(page), looked(page)) == (here + 1, before + 1)
    press_on(page, "j")
    press_on(page, "k")
    press_on(page, "k")
    assert (place(page), looked(page)) == (here, before + 1)
    expect(page.locator("main")).to_contain_text("Looked at and fine: Lê Văn Bình")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/review/"))
    assert looked(page) == before + 1


def test_space_on_a_control_is_the_control_s(page: Page) -> None:
    before = looked(page)
    page.locator("summary", has_text="Return").focus()

    page.keyboard.press("Space")

    expect(page.get_by_label("Reason for the class teacher")).to_be_focused()
    page.keyboard.type("a b")
    expect(page.get_by_label("Reason for the class teacher")).to_have_value("a b")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.reload()
    assert looked(page) == before


def test_keys_in_the_printed_page_are_heard(page: Page) -> None:
    here = place(page)
    frame = page.frame_locator("iframe.hb-sheet")
    frame.locator("body").click(position={"x": 300, "y": 200})

    press_on(page, "j")

    assert place(page) == here + 1


def test_the_printed_page_keeps_its_lines_at_any_width(page: Page) -> None:
    width = "document.querySelector('.sheet').getBoundingClientRect().width"
    paper = page.locator("iframe.hb-sheet").element_handle().content_frame()
    assert paper is not None

    # 210 mm, as on paper: what is smaller is the picture, not the page.
    assert paper.evaluate(width) == pytest.approx(793.7, abs=1)
    box = page.locator("[data-fit]").bounding_box()
    frame = page.locator("iframe.hb-sheet").bounding_box()
    assert box is not None
    assert frame is not None
    assert frame["width"] <= box["width"]


def test_a_reason_outlives_the_session(page: Page) -> None:
    name = page.locator(".hb-review__where strong").inner_text()
    page.keyboard.press("r")
    expect(page.get_by_label("Reason for the class teacher")).to_be_focused()
    page.keyboard.type(REASON)
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/login/"))
    page.fill("input[name=username]", "head")
    page.fill("input[name=password]", "Hocba-2026")

    page.press("input[name=password]", "Enter")

    page.wait_for_url(re.compile(r"/review/"))
    expect(page.locator(".hb-review__where strong")).to_have_text(name)
    reason = page.get_by_label("Reason for the class teacher")
    expect(reason).to_have_value(REASON)
    reason.focus()
    press_on(page, "Control+Enter")
    expect(page.locator("main, .messages").first).not_to_contain_text(name)
    expect(page.get_by_text("is with the class teacher again")).to_be_visible()
    names = "Object.keys(localStorage).filter((key) => key.includes(':reason:'))"
    assert page.evaluate(f"{names}.length") == 0


def test_a_frequent_reason_is_picked_by_keyboard(page: Page) -> None:
    page.keyboard.press("r")
    pick = page.locator("[data-reason]").first
    expect(pick).to_be_visible()
    text = pick.get_attribute("data-reason")
    page.keyboard.press("Tab")

    page.keyboard.press("Enter")

    expect(page.get_by_label("Reason for the class teacher")).to_have_value(text or "")
    expect(page.get_by_label("Reason for the class teacher")).to_be_focused()
    check_access(page)
    page.keyboard.press("Escape")
    expect(pick).not_to_be_visible()


def test_what_another_window_returned_is_said(page: Page) -> None:
    second = page.context.new_page()
    second.goto(page.url)
    second.keyboard.press("r")
    second.keyboard.type(REASON)
    press_on(second, "Control+Enter")

    page.keyboard.press("Space")

    expect(page.get_by_text("does not wait for you any more")).to_be_visible()
    expect(page.get_by_text("returned it to the class teacher").first).to_be_visible()
    page.get_by_role("link", name="Go on with the review").focus()
    page.keyboard.press("Enter")
    expect(page.locator(PLACE)).to_be_visible()


def test_the_review_is_open_to_everybody_on_every_screen(page: Page) -> None:
    check_access(page)
    page.set_viewport_size(NARROW)
    expect(page.get_by_role("button", name="Fine")).to_be_visible()
    page.set_viewport_size(DESKTOP)
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/classes/\d+/$"))


def test_classes_are_chosen_and_signed_and_the_bell_brings_back(page: Page) -> None:
    page.goto("/admin/sign/")
    check_access(page)
    boxes = page.locator("input[name=class]")
    button = page.locator("[data-total-button]")
    total = button.inner_text()
    boxes.first.focus()
    page.keyboard.press("Space")
    expect(button).not_to_have_text(total)
    count = boxes.last.get_attribute("data-count")
    expect(button).to_have_text(re.compile(rf"Sign {count} records?"))
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/batches/"))
    # The laptop is closed; the work goes on.
    page.goto("about:blank")
    page.goto("/admin/notices/")

    told = re.compile(rf"the signing is finished, {count} of {count} records? ")
    bell = page.get_by_role("link", name=told)
    for _try in range(40):
        if bell.count():
            break
        page.wait_for_timeout(2_000)
        page.reload()
    bell.first.focus()
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/batches/"))
    done = re.compile(rf"{count} of {count} done")
    expect(page.locator("main")).to_contain_text(done, timeout=LONG)
