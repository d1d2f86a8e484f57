from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from tests import factories
from workflow.models import (
    CalendarChange,
    Deadline,
    Holiday,
    QuietHours,
    ReminderRule,
)
from workflow.services.season.calendar import ensure_calendars

from .conftest import MOST_QUERIES, to


@pytest.fixture
def department(units, school_class):
    """With the calendar of the next school year, whatever day it is."""
    year = timezone.localdate().year
    factories.make_class(units["school"], "1A", f"{year + 1}-{year + 2}")
    ensure_calendars()
    return units["dong-thap"]


@pytest.fixture
def deadline(department):
    return Deadline.objects.filter(unit=department).order_by("-lock_on").first()


def test_the_officer_comes_to_the_own_calendar(sign_in, officer, department):
    client = sign_in(officer)

    assert client.get(to("own-calendar")).url == to("calendar", "dong-thap")
    text = client.get(to("calendar", "dong-thap")).content.decode()
    assert "Quiet hours: 20:00–07:00" in text
    assert "14 days before" in text
    assert to("own-calendar") in text  # in the menu


def test_the_officer_moves_a_date_with_a_reason(sign_in, officer, deadline):
    later = deadline.lock_on + timedelta(days=3)
    data = {
        "act": "deadline",
        "row": deadline.pk,
        "report_until": deadline.report_until.isoformat(),
        "lock_on": later.isoformat(),
        "reason": "Bão số 3",
    }

    response = sign_in(officer).post(to("calendar", "dong-thap"), data, follow=True)

    deadline.refresh_from_db()
    assert deadline.lock_on == later
    assert "Bão số 3" in response.content.decode()


def test_without_a_reason_nothing_changes_and_the_page_says_so(
    sign_in, officer, deadline
):
    data = {
        "act": "deadline",
        "row": deadline.pk,
        "report_until": deadline.report_until.isoformat(),
        "lock_on": (deadline.lock_on + timedelta(days=3)).isoformat(),
        "reason": "",
    }

    response = sign_in(officer).post(to("calendar", "dong-thap"), data, follow=True)

    before = deadline.lock_on
    deadline.refresh_from_db()
    assert deadline.lock_on == before
    form = dict(response.context["deadlines"])[deadline]
    assert list(form.errors) == ["reason"]
    assert "This field is required." in response.content.decode()


def test_a_rule_of_the_service_is_told_as_a_sentence(sign_in, officer, deadline):
    data = {
        "act": "deadline",
        "row": deadline.pk,
        "report_until": deadline.lock_on.isoformat(),
        "lock_on": deadline.report_until.isoformat(),
        "reason": "nhầm",
    }

    response = sign_in(officer).post(to("calendar", "dong-thap"), data, follow=True)

    assert "locks on the last day of the reports or later" in response.content.decode()


def test_days_hours_and_rules_are_changed_on_the_page(sign_in, officer, department):
    client, url = sign_in(officer), to("calendar", "dong-thap")
    day = timezone.localdate() + timedelta(days=30)
    rule = ReminderRule.objects.filter(unit=department).first()
    reason = {"reason": "Công văn"}

    for data in (
        {"act": "holiday", "day": day.isoformat(), "name": "Bão"},
        {"act": "quiet", "begins": "21:00", "ends": "06:00"},
        {"act": "rule", "row": rule.pk},
    ):
        client.post(url, data | reason)

    assert Holiday.objects.get(unit=department, day=day).name == "Bão"
    assert QuietHours.objects.get(unit=department).begins == time(21)
    rule.refresh_from_db()
    assert not rule.is_active
    client.post(url, {"act": "removal", "day": day.isoformat()} | reason)
    assert not Holiday.objects.filter(unit=department, day=day).exists()


def test_what_is_wrong_is_said_beside_what_was_typed(sign_in, officer, deadline):
    client, url = sign_in(officer), to("calendar", "dong-thap")
    before = (deadline.report_until, deadline.lock_on)
    data = {"act": "deadline", "row": deadline.pk, "reason": "Công văn 12"}

    page = client.post(url, data | {"report_until": "2026-06-30", "lock_on": "x"})

    assert page.status_code == 422
    forms = dict(page.context["deadlines"])
    assert list(forms[deadline].errors) == ["lock_on"]
    text = page.content.decode()
    assert 'value="Công văn 12"' in text
    assert text.count('<details class="hb-more" open>') == 1
    deadline.refresh_from_db()
    assert (deadline.report_until, deadline.lock_on) == before


def test_a_refusal_keeps_what_was_typed(sign_in, officer, department):
    data = {"act": "quiet", "begins": "21:00", "ends": "21:00", "reason": "Công văn 12"}

    page = sign_in(officer).post(to("calendar", "dong-thap"), data)

    assert page.status_code == 422
    assert page.context["quiet_form"].non_field_errors()
    text = page.content.decode()
    assert 'value="Công văn 12"' in text
    assert "Quiet hours: 20:00–07:00" in text
    assert QuietHours.objects.get(unit=department).begins == time(20)


def test_a_lock_that_has_been_offers_no_change(sign_in, officer, deadline):
    Deadline.objects.update(locked_at=datetime(2026, 7, 10, tzinfo=UTC))

    page = sign_in(officer).get(to("calendar", "dong-thap"))

    assert all(form is None for _row, form in page.context["deadlines"])


@pytest.mark.parametrize(
    "role", ["teacher", "head", "registrar", "inspector", "admin_user"]
)
def test_the_calendar_is_the_officer_s(request, sign_in, department, role):
    client = sign_in(request.getfixturevalue(role))

    for url in (to("own-calendar"), to("calendar", "dong-thap")):
        assert client.get(url).url == "/admin/"
    data = {"act": "quiet", "begins": "21:00", "ends": "06:00", "reason": "x"}
    assert client.post(to("calendar", "dong-thap"), data).url == "/admin/"
    assert QuietHours.objects.get(unit=department).begins == time(20)


def test_officers_of_elsewhere_and_of_a_commune_change_nothing(
    sign_in, units, staff_of_elsewhere, department
):
    commune = factories.make_user("commune", "officer", units["commune"])
    data = {"act": "quiet", "begins": "21:00", "ends": "06:00", "reason": "x"}

    for user in (staff_of_elsewhere["officer"], commune):
        client = sign_in(user)
        assert client.get(to("calendar", "dong-thap")).status_code == 404
        assert client.post(to("calendar", "dong-thap"), data).status_code == 404
    assert client.get(to("own-calendar")).status_code == 404
    assert to("own-calendar") not in client.get("/admin/").content.decode()

    assert not CalendarChange.objects.filter(by__isnull=False).exists()


def test_a_row_of_another_department_is_not_changed(
    sign_in, officer, units, department
):
    far = Deadline.objects.filter(unit=units["an-giang"]).first()
    rule = ReminderRule.objects.filter(unit=units["an-giang"]).first()
    client, url = sign_in(officer), to("calendar", "dong-thap")
    dates = {"report_until": "2030-01-01", "lock_on": "2030-01-02", "reason": "x"}

    moved = client.post(url, {"act": "deadline", "row": far.pk} | dates)
    switched = client.post(url, {"act": "rule", "row": rule.pk, "reason": "x"})

    assert (moved.status_code, switched.status_code) == (404, 404)
    far.refresh_from_db()
    assert far.lock_on != date(2030, 1, 2)


def test_the_calendar_asks_a_fixed_number_of_queries(
    sign_in, queries_of, officer, department
):
    client, url = sign_in(officer), to("calendar", "dong-thap")
    client.get(url)
    few = queries_of(client, url)
    for number in range(20):
        day = timezone.localdate() + timedelta(days=number)
        Holiday.objects.get_or_create(
            unit=department, day=day, defaults={"name": str(day)}
        )

    assert queries_of(client, url) == few <= MOST_QUERIES + 2
