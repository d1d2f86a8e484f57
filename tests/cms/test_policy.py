from __future__ import annotations

import pytest
from django.urls import reverse

from tests import factories

HEADER = "Content-Security-Policy"


def directives(response) -> dict[str, str]:
    parts = (one.partition(" ") for one in response.headers[HEADER].split("; "))
    return {name: sources for name, _blank, sources in parts}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/", "/verify/", "/verify/0123", "/account/sign-in/", "/api/v1/docs", "/no/page/"],
)
def test_the_portal_loads_and_runs_only_what_is_its_own(client, address):
    said = directives(client.get(address))

    assert said["default-src"] == "'none'"
    assert {said[name] for name in ("script-src", "style-src", "connect-src")} == {
        "'self'"
    }
    assert said["form-action"] == "'self'"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["wagtailadmin_home", "staff:search", "staff:key"])
def test_no_page_of_the_workspace_runs_what_stands_in_it(client, name, settings):
    settings.AGENT_PORT = 9
    school = factories.make_tree()["school"]
    client.force_login(factories.make_user("head", "head", school))

    said = directives(client.get(reverse(name)))

    assert said["script-src"] == "'self'"
    assert said["connect-src"] == "'self' http://127.0.0.1:9"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/login/", "/admin/password_reset/"])
def test_nor_do_the_doors_of_the_workspace(client, address):
    assert directives(client.get(address))["script-src"] == "'self'"


@pytest.mark.django_db
def test_only_where_the_site_is_edited_wagtail_starts_its_widgets_itself(client):
    unit = factories.make_tree()["ministry"]
    client.force_login(factories.make_user("admin", "admin", unit))

    said = directives(client.get("/admin/pages/"))

    assert said["script-src"] == "'self' 'unsafe-inline'"
    assert said["default-src"] == "'none'"
