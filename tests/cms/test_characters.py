from __future__ import annotations

import pytest
from django.test import Client

from tests import factories


@pytest.mark.parametrize("address", ["/admin/search/?q=%00", "/verify/%00/"])
def test_a_null_character_in_an_address_is_a_bad_request(client, registrar, address):
    client.force_login(registrar)

    response = client.get(address)

    assert response.status_code == 400
    assert "Không đọc được yêu cầu này" in response.content.decode()


@pytest.mark.parametrize("kind", ["multipart", "urlencoded"])
def test_a_null_character_in_a_form_is_a_bad_request(client, registrar, kind):
    typed = {"username": "regi\0strar", "password": factories.PASSWORD}
    sent = (
        client.post("/account/sign-in/", typed)
        if kind == "multipart"
        else client.post(
            "/account/sign-in/",
            "username=regi%00strar&password=x",
            content_type="application/x-www-form-urlencoded",
        )
    )

    assert sent.status_code == 400


def test_a_form_without_one_is_read_as_ever(registrar):
    typed = {"username": "registrar", "password": factories.PASSWORD}

    assert Client().post("/account/sign-in/", typed).status_code == 302
