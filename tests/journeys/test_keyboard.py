"""The whole work of each role without a mouse; what stands in the database afterwards.

Class teacher and head have journeys of their own (test_grid.py, test_review.py).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser, Page, expect

from tests.installation import Site

from .keyboard import (
    choose_files,
    downloaded,
    go_with,
    press_button,
    press_link,
    sign_in,
    skip_to_content,
    tab_to,
    type_into,
)
from .test_browser import LONG, check_access, hit, person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
]

HEADER = ("STT", "Mã lớp", "Mã học sinh", "Họ tên", "Ngày sinh", "Giới tính")
SEN = (1, "5A", "7499000001", "Lâm Thị Sen", "hai ngàn", "Nữ")
QUI = (2, "5A", "7499000002", "Lâm Văn Quí", "02/03/2015", "Nam")
MAI = (1, "5B", "7499000003", "Đỗ Thị Mai", "04/05/2015", "Nữ")
SAVED = re.compile(r"Saved \d\d:\d\d")

# What stands in the tables after a journey, each as one expression.
IMPORTED = """[
    [[record.book.pupil.name, str(record.book.pupil.birth_date)]
     for record in Record.objects.filter(
         school_class__name__in=["5A", "5B"], current__isnull=False
     ).order_by("book__pupil__code")],
    list(ImportRun.objects.order_by("pk").values_list("status", flat=True))[-2:],
]"""
HANDED_OVER = """[
    [[record.state, record.custodian.code]
     for record in Record.objects.filter(book__pupil__name="Nguyễn Thị Hoà")],
    ReadLog.objects.filter(access="print", user__username="registrar").count(),
]"""
SCORED = """[
    [float(record.current.content.subjects["foreign_language"].score),
     "foreign_language" in signed_rows([record])[record.pk]]
    for record in Record.objects.filter(school_class__name="4B").order_by(
        "book__pupil__sort_key")[:3]
]"""
TRACES = """list(ReadLog.objects.filter(
    user__username="inspector", record__book__pupil__name="Đỗ Trọng An"
).values_list("access", flat=True))"""
CODE = 'Record.objects.get(book__pupil__name="Nguyễn Thị Hoà").book.lookup_code'
TAKEN = """list(ReadLog.objects.filter(user__username="parent", access="download")
    .values_list("record__book__pupil__name", flat=True))"""
REPORTED = """[
    Record.objects.filter(state="signed").count(),
    list(Package.objects.values_list("sender__code", "receiver__code")),
]"""


def asked(site: Site, expression: str) -> Any:
    code = (
        "import json;"
        "from documents.exchange.standing import signed_rows;"
        "from documents.models import *;"
        f"print(json.dumps({expression}))"
    )
    done = site.installation.manage("shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def pupil_list(path: Path, *pupils: tuple[object, ...]) -> Path:
    """A workbook as a school's program writes it."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (HEADER, *pupils):
        sheet.append(row)
    book.save(path)
    return path


def look_at(page: Page, file: Path) -> None:
    """Choose a workbook, and come to its dry run."""
    skip_to_content(page)
    choose_files(page, "Workbooks", [file])
    press_button(page, "Look at the files")
    expect(page).to_have_url(re.compile(r"/imports/[0-9a-f-]{36}/"))


def test_the_registrar_mends_an_import_and_takes_another_back(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    with person(browser, site) as page:
        sign_in(page, "registrar")
        press_link(page, "Import")
        look_at(page, pupil_list(tmp_path / "5A.xlsx", SEN, QUI))
        check_access(page)
        expect(page.get_by_label("hai ngàn")).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type("01/02/2015")
        press_button(page, "Look again with these values")
        expect(page.locator("main")).to_contain_text("1 cell was set right here")
        go_with(page, "Control+Enter")
        expect(page.locator("main")).to_contain_text("Committed")

        press_link(page, "Choose other files")
        look_at(page, pupil_list(tmp_path / "5B.xlsx", MAI))
        go_with(page, "Control+Enter")
        press_button(page, "Undo this import")
        expect(page.get_by_text("Undone: all is as it was")).to_be_visible()

    assert asked(site, IMPORTED) == [
        [["Lâm Thị Sen", "2015-02-01"], ["Lâm Văn Quí", "2015-03-02"]],
        ["committed", "undone"],
    ]


def test_the_registrar_tries_the_seal_prints_a_class_and_hands_a_pupil_over(
    browser: Browser, site: Site
) -> None:
    with person(browser, site) as page:
        sign_in(page, "registrar")
        press_button(page, re.compile("^Remind: with the head, to be reviewed"))
        expect(page.get_by_text("reminded")).to_be_visible()
        press_link(page, "The school's seal")
        skip_to_content(page)
        press_button(page, "Try the key")
        expect(page.get_by_text("The key can be used: valid")).to_be_visible()
        print_class(page, "4B")
        press_link(page, "Search")
        page.keyboard.type("nguyen thi hoa")
        go_with(page)
        tab_to(page, hit(page, "Nguyễn Thị Hoà"))
        go_with(page)
        hand_over(page, "hoa thuan", "Trường Tiểu học Hoà Thuận")
    with person(browser, site) as page:
        sign_in(page, "registrar2")
        press_link(page, re.compile("to be received"))
        skip_to_content(page)
        press_button(page, "Receive Nguyễn Thị Hoà")
        expect(page.get_by_text("the record of Nguyễn Thị Hoà is ours")).to_be_visible()

    # Three records of 4B are signed: each that is printed is entered.
    assert asked(site, HANDED_OVER) == [[["transferred", "hoa-thuan"]], 3]


def print_class(page: Page, name: str) -> None:
    """Two copies of this year's pages, from the class's own page."""
    press_link(page, "Classes")
    skip_to_content(page)
    press_link(page, name)
    skip_to_content(page)
    press_link(page, "Paper copies")
    skip_to_content(page)
    tab_to(page, page.get_by_role("radio").first)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("this year's pages only")).to_be_checked()
    type_into(page, "Copies of each", "2")
    with page.expect_download() as printed:
        page.keyboard.press("Control+Enter")
    assert printed.value.path().read_bytes().startswith(b"%PDF")


def hand_over(page: Page, words: str, school: str) -> None:
    skip_to_content(page)
    press_link(page, "Hand over…")
    page.keyboard.type(words)
    choice = page.get_by_role("radio", name=school)
    expect(choice).to_be_visible()
    tab_to(page, choice)
    page.keyboard.press("Space")
    type_into(page, "Reason", "Gia đình chuyển nơi ở.")
    go_with(page, "Control+Enter")
    expect(page.locator("main")).to_contain_text(f"on its way to {school}")


def test_the_subject_teacher_types_scores_and_signs_the_class_in_one_act(
    browser: Browser, site: Site
) -> None:
    with person(browser, site) as page:
        sign_in(page, "english")
        press_link(page, "My classes")
        skip_to_content(page)
        press_link(page, "4B")
        skip_to_content(page)
        tab_to(page, page.get_by_role("gridcell").first)
        for key in ("t", "t", "t", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowUp"):
            page.keyboard.press(key)
        for score in ("10", "9", "10"):
            page.keyboard.type(score)
            page.keyboard.press("Enter")
        expect(page.locator("[data-saved]")).to_have_text(SAVED)

        press_link(page, "My classes")
        skip_to_content(page)
        press_link(page, re.compile(r"^Confirm and sign class 4B .*\(3\)"))
        check_access(page)
        expect(page.get_by_role("cell", name="10", exact=True)).to_have_count(2)
        go_with(page, "Control+Enter")
        done = page.get_by_role("status").filter(has_text="finished")
        expect(done).to_contain_text("3 of 3 done", timeout=LONG)

    assert asked(site, SCORED) == [[10, True], [9, True], [10, True]]


def test_the_inspector_finds_reads_the_history_and_leaves_a_trace(
    browser: Browser, site: Site
) -> None:
    with person(browser, site) as page:
        sign_in(page, "inspector")
        page.keyboard.type("do trong an")
        go_with(page)
        press_link(page, re.compile(r"^Locked \d"))
        check_access(page)
        tab_to(page, hit(page, "Đỗ Trọng An"))
        go_with(page)
        skip_to_content(page)
        tab_to(page, page.get_by_role("tab", name="Content"))
        page.keyboard.press("ArrowRight")
        versions = page.get_by_role("tabpanel", name="Versions")
        expect(versions).to_contain_text("Version 3")
        expect(versions.get_by_role("row", name="131")).to_be_visible()
        tab_to(page, page.get_by_role("link", name="Version 1 as printed"))
        with page.expect_popup() as printed:
            page.keyboard.press("Enter")
        expect(printed.value.locator("body")).to_contain_text("Đỗ Trọng An")
        printed.value.close()
        tab_to(page, page.get_by_role("tab", name="Versions"), key="Shift+Tab")
        page.keyboard.press("End")
        reads = page.get_by_role("tabpanel", name="Who has looked")
        expect(reads).to_contain_text("Huỳnh Thị Thu viewed this record.")

    assert set(asked(site, TRACES)) == {"view"}


def test_the_parent_checks_a_code_and_a_file_and_changes_the_language(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    code = asked(site, CODE)
    with person(browser, site) as page:
        page.goto("/")
        skip_to_content(page)
        type_into(page, "Code on the record", code.upper())
        go_with(page)
        expect(page.locator("h1")).to_contain_text("official")
        report = downloaded(page, "Report (PDF)")
        assert report.path().read_bytes().startswith(b"%PDF")

        sign_in(page, "parent", "/account/sign-in/")
        skip_to_content(page)
        press_link(page, "View Nguyễn Thị Hoà")
        # Through the printed record, which scrolls by keys, and out of it again.
        tab_to(page, page.get_by_role("link", name="For school staff"))
        press_link(page, "← My children")
        skip_to_content(page)
        file = downloaded(page, "Download PDF Nguyễn Thị Hoà")
        path = tmp_path / file.suggested_filename
        file.save_as(path)

        press_link(page, "Check a record")
        choose_files(page, "File of the record", [path])
        press_button(page, "Check")
        expect(page.locator("main")).to_contain_text("has not been changed")
        press_button(page, "Tiếng Việt")
        expect(page.locator("html")).to_have_attribute("lang", "vi")
        expect(page.locator("h1")).to_have_text("Kiểm tra học bạ")

    assert asked(site, TAKEN) == ["Nguyễn Thị Hoà"]


def test_the_officer_goes_down_to_the_person_reminds_locks_and_reports(
    browser: Browser, site: Site
) -> None:
    with person(browser, site) as page:
        sign_in(page, "officer")
        press_link(page, "Schools")
        skip_to_content(page)
        open_line(page, "Uỷ ban nhân dân phường Mỹ Ngãi", "Enter")
        open_line(page, "Trường Tiểu học Mỹ Ngãi", "ArrowRight")
        open_line(page, "Class 4B", "Space")
        expect(page.locator("tr[data-level='4']").first).to_be_visible()
        tab_to(page, page.get_by_text("The same as a table"))
        page.keyboard.press("Enter")
        expect(page.locator(".hb-season tbody tr")).to_have_count(30)
        remind_and_lock(page)
        press_link(page, "Schools")
        skip_to_content(page)
        press_link(page, "Report to the ministry")
        skip_to_content(page)
        press_button(page, re.compile("^Pack and seal"))
        standing = page.locator("#hb-ministry")
        expect(standing).to_contain_text("0 ○ not reported yet", timeout=LONG)

    assert asked(site, REPORTED) == [0, [["so-gddt-dong-thap", "bo-gddt"]]]


def open_line(page: Page, name: str, key: str) -> None:
    toggle = page.get_by_role("button", name=f"Open {name}")
    tab_to(page, toggle)
    page.keyboard.press(key)
    expect(toggle).to_have_attribute("aria-expanded", "true")


def remind_and_lock(page: Page) -> None:
    """Both ask first: what would be sent, what would be locked and what stays out."""
    press_link(page, "Schools")
    skip_to_content(page)
    press_link(page, "Remind…")
    go_with(page, "Control+Enter")
    said = page.get_by_role("status").filter(has_text="sent")
    expect(said.first).to_be_visible()
    press_link(page, "Schools")
    go_with(page, "Control+Enter")
    expect(page.locator("main")).to_contain_text("What stays out, and why")
    go_with(page, "Control+Enter")
    done = page.get_by_role("status").filter(has_text="finished")
    expect(done).to_be_visible(timeout=LONG)
