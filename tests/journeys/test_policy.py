"""What pages may run: every screen that people open shows no violation (``person``)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.installation import Site

from .test_browser import person

pytestmark = [
    pytest.mark.browser,
    pytest.mark.journey,
]

SCREENS = {
    "teacher1a": ["/admin/", "/admin/classes/1/", "/admin/key/"],
    "head": ["/admin/search/?q=nguyen", "/admin/classes/1/review/"],
    "officer": ["/admin/units/so-gddt-dong-thap/", "/admin/packages/"],
    "registrar": ["/admin/imports/", "/admin/transfers/"],
    "admin": ["/admin/pages/", "/admin/pages/3/edit/", "/admin/reports/site-history/"],
    "parent": ["/children/", "/"],
    "": ["/", "/verify/", "/api/v1/docs", "/admin/login/", "/account/sign-in/"],
}
# As a name that one place forgot to escape would stand in a page.
FORGOTTEN = """document.querySelector("main").insertAdjacentHTML("beforeend",
    '<img src="/static/portal/icon.svg" onload="window.ran = true">')"""


@pytest.mark.parametrize("name", SCREENS)
def test_no_page_asks_for_what_its_policy_forbids(
    browser: Browser, site: Site, name: str
) -> None:
    with person(browser, site, name) as page:
        for address in SCREENS[name]:
            answer = page.goto(address, wait_until="networkidle")

            assert answer is not None
            if answer.status == 200:
                assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "address"), [("teacher1a", "/admin/classes/1/"), ("", "/verify/")]
)
def test_what_somebody_typed_does_not_run(
    browser: Browser, site: Site, name: str, address: str
) -> None:
    context = browser.new_context(base_url=site.url)
    with person(browser, site, name) as signed_in:
        context.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)

    with page.expect_console_message(lambda said: "script-src" in said.text):
        page.evaluate(FORGOTTEN)

    assert page.evaluate("window.ran") is None
    context.close()
