"""The question for the PIN in a real browser: read, answered wrongly, answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from documents.models import Record, User
from tests.workflow.services.signing_scene import (
    PIN,
    remote,
    reviewed,
    run,
    signing,
    statuses,
)
from workflow.models import Batch

from .conftest import to
from .test_agent_browser import check_access, page

__all__ = ["page"]  # a fixture
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def records(
    school_class: Any, units: Any, head: User, seal: Any, settings: Any
) -> Iterator[list[Record]]:
    """They wait for the head's PIN, which a service on the network asks for."""
    with remote(head, settings):
        made = reviewed(school_class, units, 2)
        run(signing(made, head))
        yield made


def test_a_wrong_pin_is_said_at_its_field_and_the_right_one_signs(
    page: Page, records: list[Record]
):
    batch = Batch.objects.get()
    page.goto(to("batch", batch.uuid))
    field = page.get_by_label("PIN")
    check_access(page)

    field.fill("0000")
    page.get_by_role("button", name="Confirm 2 signatures").click()
    expect(page.locator(".error-message")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    check_access(page)
    assert statuses(batch) == ["pending"] * 2
    field.fill(PIN)
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text("finished")
    assert statuses(batch) == ["done"] * 2
