from __future__ import annotations

from datetime import timedelta

import pytest

from tests import factories
from tests.factories import NOW, TODAY, YEAR
from workflow.models import Deadline, LateRequest
from workflow.services.season.late import request_late

from .conftest import MOST_QUERIES, fill, to


@pytest.fixture
def deadline(units):
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="completed",
        report_until=TODAY,
        lock_on=TODAY,
        locked_at=NOW,
    )


@pytest.fixture
def asked(deadline, draft_record, registrar):
    return request_late(
        deadline_id=deadline.pk,
        school=draft_record.issuer,
        record_ids=[draft_record.pk],
        by=registrar,
        reason="Mất điện",
    )


def test_a_school_asks_for_chosen_records(
    sign_in, registrar, deadline, draft_record, school_class
):
    fill(school_class, 1)
    client = sign_in(registrar)
    url = to("ask-late", "my-ngai", deadline.pk)
    assert url in client.get(to("late")).content.decode()

    data = {"record": str(draft_record.uuid), "reason": "Mất điện"}
    response = client.post(url, data)

    request = LateRequest.objects.get()
    assert response.url == to("late-request", request.uuid)
    assert [row.record for row in request.records.all()] == [draft_record]


def test_without_a_reason_the_choice_is_kept(
    sign_in, registrar, deadline, draft_record
):
    url = to("ask-late", "my-ngai", deadline.pk)

    response = sign_in(registrar).post(url, {"record": str(draft_record.uuid)})

    assert response.status_code == 422
    assert response.context["chosen"] == {str(draft_record.uuid)}
    assert not LateRequest.objects.exists()


def test_the_officer_grants_until_a_day_and_sees_no_name(
    sign_in, officer, asked, draft_record
):
    client, url = sign_in(officer), to("late-request", asked.uuid)
    until = TODAY + timedelta(days=5)
    text = client.get(url).content.decode()
    assert "Mất điện" in text and draft_record.book.pupil.name not in text

    client.post(url, {"act": "grant", "until": until.isoformat()})

    asked.refresh_from_db()
    assert (asked.until, asked.decided_by) == (until, officer)
    assert "granted until" in client.get(to("late")).content.decode()


def test_the_officer_refuses_with_a_reason(sign_in, officer, asked):
    client, url = sign_in(officer), to("late-request", asked.uuid)

    empty = client.post(url, {"act": "refuse"})
    client.post(url, {"act": "refuse", "answer": "Không có lý do"})

    assert empty.status_code == 422
    asked.refresh_from_db()
    assert (asked.is_granted, asked.answer) == (False, "Không có lý do")


def test_a_grant_needs_its_day(sign_in, officer, asked):
    url = to("late-request", asked.uuid)

    page = sign_in(officer).post(url, {"act": "grant", "answer": "Bão"})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["until"]
    assert 'value="Bão"' in page.content.decode()

    asked.refresh_from_db()
    assert asked.is_open


def test_the_school_reads_and_does_not_decide(sign_in, head, asked, draft_record):
    client, url = sign_in(head), to("late-request", asked.uuid)
    data = {"act": "grant", "until": TODAY.isoformat()}

    page = client.get(url)

    assert page.context["form"] is None
    assert draft_record.book.pupil.name in page.content.decode()
    assert client.post(url, data).status_code == 404
    asked.refresh_from_db()
    assert asked.is_open


def test_a_commune_reads_without_names_and_does_not_decide(
    sign_in, units, asked, draft_record
):
    client = sign_in(factories.make_user("commune", "officer", units["commune"]))
    url = to("late-request", asked.uuid)

    page = client.get(url)

    assert page.status_code == 200
    assert draft_record.book.pupil.name not in page.content.decode()
    assert client.post(url, {"act": "refuse", "answer": "x"}).status_code == 404
    asked.refresh_from_db()
    assert asked.is_open


@pytest.mark.parametrize("role", ["teacher", "inspector", "admin_user"])
def test_late_records_are_for_head_registrar_and_officer(
    request, sign_in, asked, deadline, role
):
    client = sign_in(request.getfixturevalue(role))

    for url in (
        to("late"),
        to("late-request", asked.uuid),
        to("ask-late", "my-ngai", deadline.pk),
    ):
        assert client.get(url).url == "/admin/"
        assert client.post(url, {"act": "refuse", "answer": "x"}).url == "/admin/"
    asked.refresh_from_db()
    assert asked.is_open


@pytest.mark.parametrize("role", ["head", "registrar", "officer"])
def test_strangers_find_nothing(sign_in, staff_of_elsewhere, asked, deadline, role):
    client = sign_in(staff_of_elsewhere[role])

    assert client.get(to("late")).context["waiting"] == []
    assert client.get(to("late-request", asked.uuid)).status_code == 404
    if role != "officer":
        url = to("ask-late", "my-ngai", deadline.pk)
        assert client.get(url).status_code == 404
        assert client.post(url, {"reason": "x"}).status_code == 404
    assert LateRequest.objects.count() == 1


def test_many_records_ask_as_many_queries_as_few(
    sign_in, queries_of, registrar, deadline, school_class
):
    client, url = sign_in(registrar), to("ask-late", "my-ngai", deadline.pk)
    fill(school_class, 1)
    client.get(url)
    few = queries_of(client, url)
    fill(school_class, 12)

    assert queries_of(client, url) == few <= MOST_QUERIES
