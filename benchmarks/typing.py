"""How long the grid of a whole class takes to show what is typed, in a real browser."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.installation import Site, new_installation
from tests.journeys.test_browser import person
from tests.journeys.test_grid import FIRST_DRAFT, SCORE, cell, open_grid

from .measure import Figure, p95

TIMES, ROWS = 12, 16
TYPE = """async (rows) => {
  const times = [];
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const press = (key) => {
    const about = { key, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", about));
  };
  for (let n = 0; n < rows; n += 1) {
    const began = performance.now();
    press("7");
    press("Enter");
    await frame();
    times.push(performance.now() - began);
  }
  return times;
}"""


def figures() -> list[Figure]:
    """The demo's class 4B with the columns of all subjects; a score and Enter."""
    with tempfile.TemporaryDirectory(prefix="hocba-typing-") as folder:
        made = new_installation(Path(folder) / "data")
        assert made.manage("load_demo").returncode == 0
        site = Site.start(made)
        try:
            times = typed(site)
        finally:
            site.stop()
            made.drop()
    what = f"a score shown in a class of all columns, p95 of {len(times)}"
    return [Figure(what, p95(times), "ms", 100)]


def typed(site: Site) -> list[float]:
    """Milliseconds from a key to the next frame."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        with person(browser, site, "teacher4b") as page:
            return measure(page)


def measure(page: Page) -> list[float]:
    open_grid(page)
    page.locator("[data-columns]").select_option("all:")
    found: list[float] = []
    for _ in range(TIMES):
        cell(page, FIRST_DRAFT, SCORE).click()
        found += page.evaluate(TYPE, ROWS)
    return found
