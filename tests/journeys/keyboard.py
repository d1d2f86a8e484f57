"""A page used with the keys alone, as somebody without a mouse does.

Every control is reached with Tab, and whatever has the focus on the way must show it.
Nothing here points, clicks, or gives the focus to anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Download, Frame, Locator, Page, expect

from cms.demo.world import PASSWORD

# The menu, the line of pages above the title, and a list before what is wanted.
MOST_PRESSES = 100
IS_HERE = "document.hasFocus() && document.activeElement?.tagName !== 'IFRAME'"
# Why a person does not see where the keyboard stands; null if they do. WCAG 2.4.7 asks
# for a ring, 2.4.11 that no bar covers it, 2.4.3 that nobody jumps the order.
UNSEEN = """async () => {
  const one = document.activeElement;
  if (!one || !one.matches(":focus")) return null;
  const text = one.outerHTML.slice(0, 200);
  const { outlineStyle: style, outlineWidth: width } = getComputedStyle(one);
  if (style === "none" || parseFloat(width) < 1) return `no ring: ${text}`;
  if (one.tabIndex > 0) return `out of the order: ${text}`;
  const isOnTop = (x, y) => one.contains(document.elementFromPoint(x, y));
  const isSeen = () => {
    const box = one.getBoundingClientRect();
    const xs = [box.left + 3, (box.left + box.right) / 2, box.right - 3];
    const ys = [box.top + 3, (box.top + box.bottom) / 2, box.bottom - 3];
    return xs.some((x) => ys.some((y) => isOnTop(x, y)));
  };
  // Wagtail scrolls smoothly, which takes a busy machine more than a moment.
  for (const begun = performance.now(); performance.now() - begun < 10_000; ) {
    if (isSeen()) return null;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return `covered: ${text}`;
}"""


def tab_to(page: Page, wanted: Locator, *, key: str = "Tab") -> None:
    """Press Tab until ``wanted`` has the focus."""
    focused = wanted.and_(page.locator(":focus"))
    for _press in range(MOST_PRESSES):
        page.keyboard.press(key)
        unseen = focused_frame(page).evaluate(UNSEEN)
        assert unseen is None, f"{page.url}: {unseen}"
        if focused.count():
            return
    raise AssertionError(f"{page.url}: {MOST_PRESSES} presses did not reach {wanted}")


def focused_frame(page: Page) -> Frame:
    """The page, or the printed sheet inside it, whichever has the keyboard."""
    inner = page.frames[1:]
    return next((one for one in inner if one.evaluate(IS_HERE)), page.main_frame)


def skip_to_content(page: Page) -> None:
    """Past the menu, by the link that every page begins with."""
    tab_to(page, page.get_by_role("link", name=re.compile("^Skip to ")))
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def go_with(page: Page, key: str = "Enter") -> None:
    """Press the key that leads to another page, and wait for that page."""
    with page.expect_event(
        "framenavigated", predicate=lambda frame: frame == page.main_frame
    ):
        page.keyboard.press(key)
    page.wait_for_load_state()


def press_link(page: Page, name: str | re.Pattern[str]) -> None:
    tab_to(page, page.get_by_role("link", name=name))
    go_with(page)


def press_button(page: Page, name: str | re.Pattern[str]) -> None:
    tab_to(page, page.get_by_role("button", name=name))
    go_with(page)


def type_into(page: Page, label: str | re.Pattern[str], text: str) -> None:
    """Tab into a field, which chooses what stands there, and type."""
    tab_to(page, page.get_by_label(label))
    page.keyboard.type(text)


def choose_files(
    page: Page, label: str | re.Pattern[str], paths: Sequence[Path]
) -> None:
    """Open the window for choosing files with Enter; the system's own takes over."""
    # Waited for from here on: the browser takes a moment to hand the window over.
    with page.expect_file_chooser() as chooser:
        tab_to(page, page.get_by_label(label))
        page.keyboard.press("Enter")
    chooser.value.set_files(paths)


def downloaded(page: Page, link: str | re.Pattern[str]) -> Download:
    """The file that a link gives."""
    tab_to(page, page.get_by_role("link", name=link))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    return download.value


def sign_in(page: Page, username: str, address: str = "/admin/login/") -> None:
    """Open the page of the workspace or of parents; the first field comes first."""
    page.goto(address)
    name = page.get_by_label(re.compile("User ?name"))
    if not name.and_(page.locator(":focus")).count():
        tab_to(page, name)
    page.keyboard.type(username)
    type_into(page, "Password", PASSWORD)
    go_with(page)
    expect(page).to_have_url(re.compile(r"/(admin|children)/$"))
