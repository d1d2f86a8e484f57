"""The way of a record on the screens, each person in the own browser, in this order.

The tests of this file share one running installation and build on each other, as
the people do: what the registrar imported the teacher mends, the head signs it, and
so on to whoever holds the paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    ViewportSize,
    expect,
)

from cms.demo.world import PASSWORD
from tests.installation import Installation, Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
]

DESKTOP = ViewportSize(width=1366, height=768)
PHONE = ViewportSize(width=412, height=839)
NARROW = ViewportSize(width=360, height=740)
# WCAG 2.2 A and AA, as axe names its rules.
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Wagtail's frame hides what its page is too narrow for: that counts as well.
TOO_WIDE = """[document.documentElement, ...document.querySelectorAll("main")]
    .map(one => one.scrollWidth - one.clientWidth).reduce((a, b) => Math.max(a, b))"""
LONG = 120_000  # ms: a class is rendered and signed in the background


@pytest.fixture(scope="module")
def site(demo_in_english: Installation) -> Iterator[Site]:
    """As `make run` serves it, to the last process; other journeys are in a hurry."""
    running = Site.start(demo_in_english)
    yield running
    running.stop()


@contextmanager
def person(browser: Browser, site: Site, username: str = "") -> Iterator[Page]:
    """A browser of one's own; staff and parents sign in.

    Whatever they do, no page asks for anything that its policy forbids.
    """
    context = browser.new_context(
        locale="en-GB", viewport=DESKTOP, base_url=site.url, accept_downloads=True
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    forbidden: list[str] = []
    context.on("console", lambda said: note_violation(said, forbidden))
    if username == "parent":
        page.goto("/account/sign-in/")
    elif username:
        page.goto("/admin/login/")
    if username:
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(re.compile(r"/(admin|children)/$"))
    yield page
    context.close()
    assert forbidden == []


def note_violation(said: ConsoleMessage, forbidden: list[str]) -> None:
    if "Content Security Policy" in said.text:
        forbidden.append(said.text)


def hit(page: Page, name: str) -> Locator:
    """The hit with exactly that name; others may stand before it."""
    return page.locator(".hb-hitlist").get_by_role("link", name=name).first


def check_access(page: Page) -> None:
    """No finding of axe, and nothing to scroll sideways, on desktop and phone."""
    # Wagtail's messages fade in once the page is ready: until then they are pale.
    for messages in page.locator(".messages > ul").all():
        expect(messages).to_have_css("opacity", "1")
    for size in (DESKTOP, PHONE, NARROW):
        page.set_viewport_size(size)
        results = Axe().run(page, options={"runOnly": WCAG}).response
        found = [
            (rule["id"], [node["target"] for node in rule["nodes"]][:3])
            for rule in results["violations"]
        ]
        assert found == [], f"{page.url} at {size['width']}"
        wide = page.evaluate(TOO_WIDE)
        assert wide <= 0, f"{page.url} scrolls sideways at {size['width']}"
    page.set_viewport_size(DESKTOP)


def test_1_registrar_imports_three_kinds_of_workbooks(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    site.installation.manage(
        "write_samples", "--to", str(tmp_path), "--school", "hoa-thuan"
    )
    files = sorted(tmp_path.glob("*.xlsx"))

    with person(browser, site, "registrar2") as page:
        page.goto("/admin/imports/")
        check_access(page)
        page.set_input_files("input[type=file]", files)
        page.get_by_role("button", name="Look at the files").click()
        page.wait_for_url(re.compile(r"/imports/[0-9a-f-]{36}/"))
        check_access(page)
        expect(
            page.get_by_role("link", name=re.compile(r"New \((2\d)\)"))
        ).to_be_visible()
        page.get_by_role("button", name=re.compile(r"Import \d+ records")).click()
        expect(page.locator("main")).to_contain_text("Committed")

        page.goto("/admin/classes/")
        check_access(page)
        expect(page.locator("main")).to_contain_text("1C")


def test_2_teacher_mends_what_the_checks_found_and_submits(
    browser: Browser, site: Site
) -> None:
    with person(browser, site, "teacher4b") as page:
        check_access(page)
        page.goto("/admin/classes/")
        page.locator("main").get_by_role("link", name="4B").first.click()
        check_access(page)
        row = page.get_by_role("row").filter(has_text="Đoàn Chí Công")
        expect(row).to_contain_text("✖")
        row.get_by_role("link", name="Đoàn Chí Công").click()
        check_access(page)
        page.locator('[name="subjects.music.level"]').select_option("H")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("[data-saved]")).to_contain_text("Saved")

        page.goto("/admin/classes/")
        page.locator("main").get_by_role("link", name="4B").first.click()
        row = page.get_by_role("row").filter(has_text="Đoàn Chí Công")
        row.get_by_role("button", name=re.compile("Submit")).click()
        row = page.get_by_role("row").filter(has_text="Đoàn Chí Công")
        expect(row).to_contain_text("Reviewed", ignore_case=True)


def test_3_head_returns_one_and_signs_the_class_by_keyboard(
    browser: Browser, site: Site
) -> None:
    with person(browser, site, "head") as page:
        check_access(page)
        page.get_by_role("link", name=re.compile("1A")).first.click()
        page.wait_for_url(re.compile(r"/review/"))
        check_access(page)
        first = page.title()
        page.keyboard.press("j")
        expect(page).not_to_have_title(first)
        page.wait_for_load_state("networkidle")
        page.keyboard.press("k")
        expect(page).to_have_title(first)
        page.wait_for_load_state("networkidle")
        page.keyboard.press("r")
        page.locator("textarea[name=reason]").fill("Nhận xét môn Toán quá ngắn.")
        page.get_by_role("button", name=re.compile("Return")).click()
        page.wait_for_load_state()

        page.get_by_role("link", name=re.compile("Sign class")).click()
        check_access(page)
        expect(page.locator("main")).to_contain_text("Lê Văn Bình")
        page.get_by_role("button", name=re.compile(r"Sign \d+ records")).click()
        page.wait_for_url(re.compile(r"/batches/"))
        check_access(page)
        done = page.get_by_role("status").filter(has_text="finished")
        expect(done).to_contain_text("29 of 29", timeout=LONG)


def test_4_officer_locks_with_a_preview_of_what_stays_out(
    browser: Browser, site: Site
) -> None:
    with person(browser, site, "officer") as page:
        check_access(page)
        page.goto("/admin/units/my-ngai/")
        check_access(page)
        page.get_by_role("link", name=re.compile("Lock…")).click()
        check_access(page)
        expect(page.locator("main")).to_contain_text("stays out")
        page.get_by_role("button", name=re.compile(r"Lock \d+ records")).click()
        page.wait_for_url(re.compile(r"/batches/"))
        done = page.get_by_role("status").filter(has_text="finished")
        expect(done).to_be_visible(timeout=LONG)

    done = site.installation.json(
        "advance", "lock", "--as", "officer", "--unit", "my-ngai", "--class", "3B"
    )
    assert done["refused"] == []


def test_5_registrar_hands_a_pupil_over_and_the_second_school_receives(
    browser: Browser, site: Site
) -> None:
    with person(browser, site, "registrar") as page:
        page.goto("/admin/search/?q=nguyen+thi+hoa")
        hit(page, "Nguyễn Thị Hoà").click()
        page.get_by_role("link", name=re.compile("Hand over", re.I)).first.click()
        check_access(page)
        page.fill("#hb-school", "hoa thuan")
        page.get_by_role("radio").first.check()
        page.fill("#hb-reason", "Gia đình chuyển nơi ở.")
        page.get_by_role("button", name="Hand over").click()
        expect(page.locator("main")).to_contain_text("on its way")

    with person(browser, site, "registrar2") as page:
        page.goto("/admin/transfers/?show=arriving")
        check_access(page)
        row = page.locator("tr, li").filter(has_text="Nguyễn Thị Hoà").last
        row.get_by_role("button", name=re.compile("Receive|Confirm")).click()
        page.goto("/admin/search/?q=nguyen+thi+hoa")
        hit(page, "Nguyễn Thị Hoà").click()
        expect(page.locator(".hb-facts")).to_contain_text(
            "Transferred", ignore_case=True
        )
        expect(page.locator(".hb-facts")).to_contain_text("Hoà Thuận")
        expect(page.locator(".hb-facts")).to_contain_text("Mỹ Ngãi")


def test_6_inspector_finds_without_marks_and_reads_the_whole_history(
    browser: Browser, site: Site
) -> None:
    with person(browser, site, "inspector") as page:
        page.goto("/admin/search/")
        check_access(page)
        page.fill("#hb-q", "nguyen thi hoa")
        page.keyboard.press("Enter")
        expect(page.locator(".hb-hitlist mark").first).to_be_visible()
        check_access(page)
        hit(page, "Nguyễn Thị Hoà").click()
        check_access(page)
        for tab in ("Versions", "Signatures", "Ledger", "Who has looked"):
            page.get_by_role("tab", name=re.compile(tab)).click()
            check_access(page)
        page.get_by_role("tab", name=re.compile("Ledger")).click()
        ledger = page.locator(".hb-ledger")
        for who in ("Trần Thị Mai", "Lê Văn Bình", "Đặng Quốc Hùng", "Bùi Thanh Hà"):
            expect(ledger).to_contain_text(who)
        assert page.get_by_role("link", name=re.compile("Edit|Recall")).count() == 0


def test_7_parent_sees_own_children_only_and_downloads(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    with person(browser, site, "parent") as page:
        page.goto("/children/")
        check_access(page)
        names = page.locator("main h2").all_inner_texts()
        assert len(names) == 2 and any("Nguyễn Thị Hoà" in name for name in names)
        with page.expect_download() as download:
            page.get_by_role("link", name=re.compile("PDF")).first.click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        refused = page.goto("/admin/classes/")
        assert refused is not None
        assert "/login" in page.url or refused.status == 403

    rows = site.installation.json("verify_records", str(file))
    assert rows[0]["verdict"] == "authentic"
    assert re.fullmatch(r"[0-9a-f]{32}-2025-2026\.pdf", file.name)


def test_8_anybody_checks_code_and_file(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    exported = site.installation.json(
        "export_records", "--to", str(tmp_path), "--as", "officer", "--unit", "my-ngai",
        "--class", "3B",
    )  # fmt: skip
    file = Path(exported["files"][0])
    code = file.name[:32]
    altered = tmp_path / "altered.pdf"
    altered.write_bytes(file.read_bytes() + b"%%\n")

    with person(browser, site) as page:
        page.goto("/")
        check_access(page)
        page.fill("input[name=code]", code.upper())
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"/verify/{code}"))
        check_access(page)
        main = page.locator("main")
        expect(main).to_contain_text("Trường Tiểu học Mỹ Ngãi")
        expect(main).to_contain_text("Lê Văn Bình")
        for private in ("Tiếng Việt", "Nhận xét", "Hoàn thành"):
            expect(main).not_to_contain_text(private)
        for path, word in ((file, "has not been changed"), (altered, "Do not use")):
            page.goto("/verify/")
            page.set_input_files("input[type=file]", path)
            page.locator(
                "main form button[type=submit], main form button"
            ).first.click()
            expect(page.locator("main")).to_contain_text(word)
            check_access(page)
        page.goto(f"/verify/{'0' * 32}")
        expect(page.locator("main")).to_contain_text("No record has this code")
        check_access(page)

    assert site.installation.json("check_integrity") == {"ok": True, "findings": []}
