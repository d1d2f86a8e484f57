"""Re-assessment in summer in a real browser: the second results beside the first.

The tests of this file build on each other, as head and teacher do.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.installation import Site

from .test_browser import check_access, person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
]

SAVED = re.compile(r"Saved \d\d:\d\d")
# A pupil of 4B who did not complete the programme, signed; prints name and number.
NOT_COMPLETED = """
from documents.errors import RecordsError
from documents.models import Record, User
from workflow.services import edit_record, sign_record, submit_record
people = {user.username: user for user in User.objects.all()}
drafts = Record.objects.filter(issuer__code="my-ngai", school_class__name="4B")
changes = {"completed": False, "promoted": False, "result": "not_completed"}
changes["result_reason"] = "Chưa đạt môn Toán"
for record in drafts.filter(state="draft").order_by("-pk"):
    try:
        edit_record(record_id=record.pk, by=people["teacher4b"], changes=changes,
                    base=record.current.number)
        submit_record(record_id=record.pk, by=people["teacher4b"])
        sign_record(record_id=record.pk, by=people["head"])
    except RecordsError:
        continue
    print(record.uuid, record.book.pupil.name, sep=";")
    break
"""


@pytest.fixture(scope="module")
def failed(site: Site) -> tuple[str, str]:
    """Number and name of the pupil."""
    done = site.installation.manage("shell", "--no-imports", "-c", NOT_COMPLETED)
    uuid, name = done.stdout.strip().split(";")
    return uuid, name


def test_1_the_head_opens_it_with_one_key(
    browser: Browser, site: Site, failed: tuple[str, str]
) -> None:
    with person(browser, site, "head") as page:
        page.goto(f"/admin/records/{failed[0]}/reassess/")
        check_access(page)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("enters the second results")).to_be_visible()


def test_2_the_teacher_types_the_second_beside_the_first(
    browser: Browser, site: Site, failed: tuple[str, str]
) -> None:
    with person(browser, site, "teacher4b") as page:
        page.goto("/admin/classes/")
        page.locator("main").get_by_role("link", name="4B").first.click()
        page.locator("[data-columns]").select_option(label="– Toán")
        row = page.get_by_role("row").filter(has_text=failed[1])
        first, second = (row.locator(f'td[data-c="{n}"]') for n in (0, 1))
        before = first.inner_text()
        second.click()
        page.keyboard.press("h")
        expect(second).to_contain_text("H")
        first.click()
        page.keyboard.press("c")
        expect(first).to_have_text(before)
        expect(first).to_have_attribute("aria-readonly", "true")
        expect(page.locator("[data-side]")).to_contain_text("First results stay")
        expect(page.locator("[data-saved]")).to_have_text(SAVED)


def test_3_the_form_asks_for_the_second_and_shows_the_first(
    browser: Browser, site: Site, failed: tuple[str, str]
) -> None:
    with person(browser, site, "teacher4b") as page:
        page.goto(f"/admin/records/{failed[0]}/edit/")
        field = page.locator('[name="subjects.math.second_level"]')
        expect(field).to_have_value("H")
        expect(page.locator('[name="subjects.math.level"]')).to_have_count(0)
        expect(page.get_by_text("First: Chưa hoàn thành").first).to_be_visible()
        page.locator('[name="second.result"]').select_option("completed")
        expect(page.locator("[data-saved]")).to_have_text(SAVED)
        check_access(page)
