"""What a page of the workspace loads beyond Wagtail's own is light, and is ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from .conftest import fill, to

SCRIPT = re.compile(r'<script[^>]* src="([^"]+)"')
MOST_BYTES = 150_000


def scripts(client: Client, url: str) -> dict[str, int]:
    """Every script of a page that is not Wagtail's, with its size on the disk."""
    answer = client.get(url, follow=True)
    assert answer.status_code == 200, url
    names = SCRIPT.findall(answer.content.decode())
    assert all(name.startswith(("/static/", "/admin/")) for name in names), names
    own = [n for n in names if n.startswith("/static/") and "/wagtail" not in n]
    found = {name: finders.find(name.removeprefix("/static/")) for name in own}
    return {name: Path(str(path)).stat().st_size for name, path in found.items()}


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("teacher", "class"),
        ("teacher", "edit"),
        ("teacher", "record"),
        ("teacher", "key"),
        ("teacher", "batches"),
        ("head", "review"),
        ("head", "sign-class"),
        ("head", "search"),
        ("officer", "unit"),
    ],
)
def test_the_scripts_of_a_page_are_light(request, sign_in, school_class, role, name):
    record = fill(school_class, 1)[0]
    place = {
        "class": school_class.pk,
        "sign-class": school_class.pk,
        "edit": record.uuid,
        "record": record.uuid,
        "review": record.uuid,
        "unit": school_class.school.code,
    }
    client = sign_in(request.getfixturevalue(role))

    own = scripts(client, to(name, *([place[name]] if name in place else [])))

    assert "/static/staff/staff.js" in own
    assert sum(own.values()) <= MOST_BYTES
