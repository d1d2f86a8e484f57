from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cms.portal.setup import editors, ensure_site
from documents.models import Record, Unit
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_an_editor_keeps_the_pages_and_sees_no_record(
    units: dict[str, Unit], draft_record: Record
):
    home = ensure_site()
    admin = make_user("admin", "admin", units["ministry"])
    admin.groups.add(editors())
    client = Client()
    client.force_login(admin)

    listing = client.get(reverse("wagtailadmin_explore", args=[home.pk]))
    editing = client.get(reverse("wagtailadmin_pages:edit", args=[home.pk]))

    assert (listing.status_code, editing.status_code) == (200, 200)
    assert list(Record.objects.visible_to(admin)) == []


@pytest.mark.parametrize("page", ["pages/1/edit/", "choose-page/", "api/main/pages/"])
def test_other_staff_neither_touch_nor_choose_the_pages(
    units: dict[str, Unit], page: str
):
    ensure_site()
    head = make_user("head", "head", units["school"])
    head.groups.add(editors())  # a group gives no right
    client = Client()
    client.force_login(head)

    response = client.get(f"/admin/{page}")

    assert response.status_code == 302
    assert response["Location"] == reverse("wagtailadmin_home")
