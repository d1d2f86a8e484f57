from __future__ import annotations

import csv
import io

import pytest
from django.utils import timezone

from documents.models import Artifact, Unit, User
from tests import factories

from .conftest import to


@pytest.fixture
def month(signed_record) -> str:
    until = Artifact.objects.get(purpose="issued").evidence_until
    return f"{timezone.localtime(until):%Y-%m}"


def test_the_officer_sees_how_many_end_when_and_the_number_is_the_list(
    sign_in, officer, signed_record, month
):
    client = sign_in(officer)

    page = client.get(to("renewals"))
    answer = client.get(to("renewals-csv", month))

    [row] = page.context["rows"]
    assert (row.key, row.month.count) == (month, 1)
    assert to("renewals-csv", month) in page.text
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [r[0] for r in rows[1:]] == [signed_record.book.lookup_code]
    assert signed_record.book.pupil.name not in answer.text


def test_a_name_that_begins_like_a_formula_is_no_formula_in_the_list(
    sign_in, officer, signed_record, month
):
    Unit.objects.filter(pk=signed_record.issuer_id).update(name="=HYPERLINK(1)")

    answer = sign_in(officer).get(to("renewals-csv", month))

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1][2] == "'=HYPERLINK(1)"


def test_the_administrator_sees_numbers_and_no_list(
    sign_in, admin_user, signed_record, month
):
    client = sign_in(admin_user)

    page = client.get(to("renewals"))

    assert page.context["total"] == 1
    assert to("renewals-csv", month) not in page.text
    assert client.get(to("renewals-csv", month)).status_code in (302, 403)


def test_an_officer_of_elsewhere_counts_none_of_ours(
    sign_in, staff_of_elsewhere: dict[str, User], signed_record, month
):
    client = sign_in(staff_of_elsewhere["officer"])

    assert client.get(to("renewals")).context["rows"] == []
    answer = client.get(to("renewals-csv", month)).content.decode()
    assert signed_record.book.lookup_code not in answer


@pytest.mark.parametrize("who", ["teacher", "head", "registrar", "inspector"])
def test_other_roles_are_sent_away(request, sign_in, signed_record, who):
    client = sign_in(request.getfixturevalue(who))

    response = client.get(to("renewals"))

    assert response.status_code in (302, 403)


@pytest.mark.parametrize("key", ["2026-13", "x", "2026"])
def test_a_month_that_does_not_exist_is_not_found(sign_in, officer, key):
    assert sign_in(officer).get(to("renewals-csv", key)).status_code == 404


def test_the_calendar_asks_as_much_for_20_records_as_for_1(
    sign_in, queries_of, officer, signed_record, school_class
):
    client = sign_in(officer)
    client.get(to("renewals"))
    few = queries_of(client, to("renewals"))
    for _number in range(20):
        factories.make_draft(school_class)

    assert queries_of(client, to("renewals")) == few
