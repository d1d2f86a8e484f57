from __future__ import annotations

import pytest
from django.test import Client

from cms.portal.limits import CODES
from tests import factories
from workflow.services import recall_record

NOBODY = "f" * 32


def ask(code: str):
    return Client(headers={"accept-language": "en"}).get(f"/api/v1/verify/{code}")


def test_anybody_learns_who_signed_what_and_nothing_of_the_pupil(locked_record):
    code = locked_record.book.lookup_code

    response = ask(code.upper())

    body = response.json()
    (sheet,) = body["sheets"]
    assert (body["code"], body["verdict"], body["reasons"]) == (code, "authentic", [])
    assert sheet["issuer"] == "Trường Tiểu học Mỹ Ngãi"
    assert [signature["slot"] for signature in sheet["signatures"]] == ["head", "seal"]
    pupil = locked_record.book.pupil
    for secret in (pupil.name, pupil.code, str(pupil.birth_date), "học tốt"):
        assert secret not in response.text


def test_a_recalled_record_is_superseded_with_a_reason(signed_record, head):
    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên")

    body = ask(signed_record.book.lookup_code).json()

    assert body["verdict"] == "superseded"
    assert [reason["code"] for reason in body["reasons"]] == ["superseded"]
    assert body["sheets"][0]["superseded_at"] is not None


@pytest.mark.django_db
def test_a_code_that_nobody_has_is_unknown():
    body = ask(NOBODY).json()

    assert body["verdict"] == "unknown"
    assert [reason["code"] for reason in body["reasons"]] == ["code_unknown"]


def test_the_code_of_a_draft_says_that_nothing_has_been_issued(draft_record):
    body = ask(draft_record.book.lookup_code).json()

    assert (body["verdict"], body["sheets"]) == ("unknown", [])
    assert [reason["code"] for reason in body["reasons"]] == ["not_issued"]


@pytest.mark.django_db
def test_what_is_no_code_is_a_problem():
    response = ask("1234")

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_code"


@pytest.mark.django_db
def test_who_asks_too_often_is_told_how_long_to_wait():
    for _time in range(CODES.count):
        ask(NOBODY)

    response = ask(NOBODY)

    assert response.status_code == 429
    assert response.json()["code"] == "too_many_requests"
    assert 0 < int(response.headers["Retry-After"]) <= 60


@pytest.mark.django_db
def test_the_interface_describes_itself_and_its_page_loads_nothing_from_elsewhere():
    schema = Client().get("/api/v1/openapi.json").json()
    page = Client().get("/api/v1/docs").text

    assert schema["openapi"].startswith("3.1")
    assert set(schema["paths"]) == {
        "/api/v1/records",
        "/api/v1/records/{uuid}",
        "/api/v1/verify/{code}",
    }
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_a_verdict_costs_few_queries(locked_record, django_assert_max_num_queries):
    factories.make_draft(factories.make_class(locked_record.issuer, "4A", "2026-2027"))

    with django_assert_max_num_queries(8):
        response = ask(locked_record.book.lookup_code)

    assert response.status_code == 200
