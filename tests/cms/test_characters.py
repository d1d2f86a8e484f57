from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from workflow.models import CommentPhrase

# Half of a surrogate pair; and the name of an alphabet that can write it alone.
HALF, ALPHABET = "\ud800", "utf-7"
UNKEPT = pytest.mark.parametrize("character", ["\0", HALF])


@pytest.mark.parametrize("address", ["/admin/search/?q=%00", "/verify/%00/"])
def test_a_null_character_in_an_address_is_a_bad_request(client, registrar, address):
    client.force_login(registrar)

    response = client.get(address)

    assert response.status_code == 400
    assert "Không đọc được yêu cầu này" in response.content.decode()


def test_half_a_pair_in_an_address_is_a_bad_request(client, registrar):
    client.force_login(registrar)

    response = client.get(
        "/admin/search/?q=%2B2AA-",
        headers={"content-type": f"text/plain; charset={ALPHABET}"},
    )

    assert response.status_code == 400


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


def test_half_a_pair_in_a_form_is_a_bad_request(db, client):
    field = 'Content-Disposition: form-data; name="username"\r\n\r\n+2AA-'

    response = client.generic(  # post would write the body in that alphabet
        "POST",
        "/account/sign-in/",
        f"--x\r\n{field}\r\n--x--\r\n".encode(),
        content_type=f"multipart/form-data; boundary=x; charset={ALPHABET}",
    )

    assert response.status_code == 400


@UNKEPT
@pytest.mark.parametrize("field", ["text", "level", "path", "row"])
def test_neither_gets_into_the_comment_bank(
    client, teacher, draft_record, character, field
):
    sentence = {
        "row": str(draft_record.uuid),
        "path": "subjects.math.comment",
        "level": "T",
        "text": "Em tính nhanh.",
    }
    client.force_login(teacher)

    answers = [
        client.post(
            reverse("staff:phrases", args=[draft_record.school_class_id]),
            json.dumps(body),
            content_type="application/json",
        )
        for body in (sentence | {field: sentence[field] + character}, sentence)
    ]

    assert [answer.status_code for answer in answers] == [400, 201]
    assert CommentPhrase.objects.get().text == "Em tính nhanh."


@UNKEPT
def test_neither_gets_into_a_cell(client, teacher, draft_record, character):
    cell = {"path": "subjects.math.comment", "was": "", "value": f"Tốt{character}"}
    client.force_login(teacher)

    response = client.post(
        reverse("staff:cells", args=[draft_record.school_class_id]),
        json.dumps({"user": teacher.pk, "rows": {str(draft_record.uuid): [cell]}}),
        content_type="application/json",
    )

    assert response.status_code == 400
    assert draft_record.versions.count() == 1


@pytest.mark.parametrize("name", ["key-agent", "key-trial-answer", "cells", "phrases"])
def test_a_form_where_a_script_is_expected_is_a_bad_request(
    client, teacher, school_class, name
):
    client.force_login(teacher)
    place = [school_class.pk] if name in ("cells", "phrases") else []

    response = client.post(reverse(f"staff:{name}", args=place), {"text": "x"})

    assert response.status_code == 400


def test_a_form_without_one_is_read_as_ever(registrar):
    typed = {"username": "registrar", "password": factories.PASSWORD}

    assert Client().post("/account/sign-in/", typed).status_code == 302
