from __future__ import annotations

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from tests import factories
from tests.factories import NOW, TODAY, YEAR
from workflow.models import Deadline
from workflow.services.locking import lock_due
from workflow.services.season.lockreports import report_locks

from .conftest import MOST_QUERIES, fill, to


@pytest.fixture
def deadline(units):
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="completed",
        report_until=TODAY,
        lock_on=TODAY + timedelta(days=1),
    )


def test_before_the_lock_the_page_says_what_would_stay_out(
    sign_in, officer, teacher, deadline, school_class
):
    [record, _second] = fill(school_class, 2)

    page = sign_in(officer).get(to("lock-report", "dong-thap", deadline.pk))

    [lot] = page.context["lots"]
    assert (lot.class_name, lot.count, lot.person) == ("3B", 2, str(teacher))
    text = page.content.decode()
    assert "If it were now" in text and "has not submitted" in text
    assert record.book.pupil.name not in text


def test_after_the_lock_the_page_shows_what_was_kept(
    sign_in, officer, deadline, school_class
):
    fill(school_class, 2)
    at = NOW + timedelta(days=2)
    list(lock_due(at))
    report_locks(at)
    fill(school_class, 3)

    page = sign_in(officer).get(to("lock-report", "dong-thap", deadline.pk))

    assert page.context["total"] == 2
    assert to("late") in page.content.decode()


def test_the_report_is_a_workbook_too(sign_in, officer, deadline, school_class):
    fill(school_class, 2)
    url = to("lock-report", "dong-thap", deadline.pk, format="xlsx")

    response = sign_in(officer).get(url)

    assert (
        'filename="dong-thap-2025-2026-completed.xlsx"'
        in response.headers["Content-Disposition"]
    )
    _header, row = load_workbook(io.BytesIO(response.content)).active.values
    assert (row[1], row[-1]) == ("3B", 2)


@pytest.mark.parametrize(
    "role", ["teacher", "head", "registrar", "inspector", "admin_user"]
)
def test_the_report_is_the_officer_s(request, sign_in, deadline, role):
    client = sign_in(request.getfixturevalue(role))

    for query in ({}, {"format": "xlsx"}):
        url = to("lock-report", "dong-thap", deadline.pk, **query)
        assert client.get(url).url == "/admin/"


def test_another_province_is_not_there(sign_in, staff_of_elsewhere, deadline):
    client = sign_in(staff_of_elsewhere["officer"])

    for code in ("dong-thap", "my-ngai", "an-giang"):
        url = to("lock-report", code, deadline.pk)
        assert client.get(url).status_code == 404


def test_a_commune_reads_what_it_supervises_and_no_more(
    sign_in, units, deadline, school_class
):
    officer = factories.make_user("commune", "officer", units["commune"])
    fill(school_class, 1)
    client = sign_in(officer)

    own = client.get(to("lock-report", "my-ngai-xa", deadline.pk))
    above = client.get(to("lock-report", "dong-thap", deadline.pk))

    assert own.context["total"] == 1
    assert above.status_code == 404


def test_many_classes_ask_as_many_queries_as_few(
    sign_in, queries_of, officer, deadline, school_class, units
):
    client, url = sign_in(officer), to("lock-report", "dong-thap", deadline.pk)
    fill(school_class, 1)
    client.get(url)
    few = queries_of(client, url)
    for name in ("1A", "2A", "4A", "5A"):
        fill(factories.make_class(units["other"], name), 3)

    assert queries_of(client, url) == few <= MOST_QUERIES + 2
