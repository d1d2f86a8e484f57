"""Every screen that no other journey opens, in Vietnamese, on every size.

Each is looked at by somebody whose work it is: clean for axe, nothing beyond the edge.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.installation import Site

from .test_browser import check_access, person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
]

VIETNAMESE = (
    "from wagtail.users.models import UserProfile;"
    "UserProfile.objects.update(preferred_language='vi')"
)
DEPARTMENT = "so-gddt-dong-thap"
SCREENS = {
    "teacher1a": [
        "/admin/notices/",
        "/admin/notices/mails/",
        "/admin/batches/",
        "/admin/key/",
        "/admin/account/",
        "/admin/classes/1/?show=back",
    ],
    "english": ["/admin/subjects/", "/admin/classes/3/"],
    "head": ["/admin/late/", "/admin/classes/2/print/", "/admin/sign/"],
    "officer": [
        f"/admin/units/{DEPARTMENT}/season/",
        f"/admin/units/{DEPARTMENT}/remind/",
        f"/admin/units/{DEPARTMENT}/ministry/",
        f"/admin/units/{DEPARTMENT}/rows/",
        f"/admin/units/{DEPARTMENT}/locks/1/",
        f"/admin/calendar/{DEPARTMENT}/",
        "/admin/units/my-ngai/rows/2/",
        "/admin/renewals/",
        "/admin/packages/",
    ],
    "registrar": ["/admin/packages/", "/admin/seal/", "/admin/transfers/"],
    "admin": ["/admin/renewals/"],
    "parent": ["/account/password/", "/huong-dan-kiem-tra/", "/tin-tuc/"],
    "": ["/admin/login/", "/account/sign-in/", "/verify/0123"],
}


@pytest.fixture(scope="module")
def vietnamese(site: Site) -> Site:
    site.installation.manage("shell", "--no-imports", "-c", VIETNAMESE)
    return site


def unfold(page: Page) -> None:
    """What is folded has to fit as well."""
    page.evaluate(
        "document.querySelectorAll('main details').forEach(one => one.open = true)"
    )


@pytest.mark.parametrize("name", SCREENS)
def test_the_screens_of_a_role_are_open_to_everybody(
    browser: Browser, vietnamese: Site, name: str
) -> None:
    with person(browser, vietnamese, name) as page:
        for address in SCREENS[name]:
            answer = page.goto(address)
            assert answer is not None
            assert answer.status in (200, 404), address
            unfold(page)
            check_access(page)


def test_the_focus_goes_to_the_field_that_is_wrong(
    browser: Browser, vietnamese: Site
) -> None:
    with person(browser, vietnamese, "registrar") as page:
        page.goto("/admin/imports/")
        page.locator("form .hb-foot button").click()

        expect(page.locator(".error-message")).to_be_visible()
        expect(page.locator("input[type=file]")).to_be_focused()


def test_what_is_not_there_leads_back_to_the_own_work(
    browser: Browser, vietnamese: Site
) -> None:
    with person(browser, vietnamese, "teacher1a") as page:
        answer = page.goto("/admin/records/00000000-0000-4000-8000-000000000000/")
        assert answer is not None

        assert answer.status == 404
        expect(page.locator("h1")).to_have_text("This page does not exist")
        check_access(page)
        page.locator("main a").click()
        expect(page.locator("h1")).to_have_text("Chờ tôi")
