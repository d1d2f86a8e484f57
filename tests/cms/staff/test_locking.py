"""Before the lock what stays out is named; then it runs as a batch."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from documents.models import Record, State
from tests import factories
from tests.actors import bring_to
from workflow.models import Batch

from .conftest import fill, to


def now():
    return {"seen": timezone.now().isoformat()}


@pytest.fixture
def first_round(deadline):
    """The lock of those who completed the class lies ahead."""
    return deadline


@pytest.mark.parametrize("code", ["my-ngai", "my-ngai-xa", "dong-thap"])
def test_what_stays_out_is_named_with_class_reason_and_person(
    sign_in, officer, signed_record, school_class, teacher, code
):
    fill(school_class, 2)

    page = sign_in(officer).get(to("lock", code, year=factories.YEAR))

    assert page.context["ready"] == 1
    school = school_class.school
    assert page.context["by_class"] == [
        (school.name, "3B", school.code, school_class.pk, 1)
    ]
    [lot] = page.context["left_out"]
    assert (lot.class_name, lot.count, lot.person) == ("3B", 2, str(teacher))
    rows = to("class-rows", school.code, school_class.pk)
    assert f'href="{rows}?state=signed"' in page.content.decode()  # what is locked
    assert f'href="{rows}"' in page.content.decode()  # what stays out
    with translation.override("en"):
        assert str(lot.reason.label) in page.content.decode()


def test_the_lock_runs_as_a_batch(
    sign_in, officer, signed_record, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = sign_in(officer).post(to("lock", "dong-thap"), now())

    batch = Batch.objects.get()
    assert (batch.step, response.url) == ("lock", to("batch", batch.uuid))
    assert Record.objects.get(pk=signed_record.pk).state == State.LOCKED


@pytest.mark.parametrize("seen", ["", "yesterday", "2026-13-40T00:00", "2026-06-30"])
def test_without_the_moment_of_the_page_nothing_is_locked(
    sign_in, officer, signed_record, seen
):
    response = sign_in(officer).post(to("lock", "my-ngai"), {"seen": seen})

    assert response.url == to("unit", "my-ngai")
    assert not Batch.objects.exists()


def test_what_was_signed_after_the_page_is_not_locked(sign_in, officer, signed_record):
    signed_at = signed_record.ledger.get(action="sign").at
    before = {"seen": (signed_at - timedelta(seconds=5)).isoformat()}

    response = sign_in(officer).post(to("lock", "my-ngai"), before)

    assert response.url == to("unit", "my-ngai")
    assert not Batch.objects.exists()


def test_who_is_assessed_again_in_summer_is_not_locked_in_the_first_round(
    sign_in, officer, units, school_class, first_round
):
    [draft] = fill(
        school_class, 1, completed=False, promoted=False, result="not_completed"
    )
    again = bring_to(draft, "signed", units)
    client = sign_in(officer)

    page = client.get(to("lock", "my-ngai"))
    client.post(to("lock", "my-ngai"), now())

    assert page.context["ready"] == 0
    [lot] = page.context["left_out"]
    assert lot.reason == "reassessed"
    assert not Batch.objects.exists()
    assert Record.objects.get(pk=again.pk).state == State.SIGNED


@pytest.mark.parametrize(
    "role", ["teacher", "head", "registrar", "inspector", "admin_user"]
)
def test_the_lock_is_the_officers(request, sign_in, signed_record, role):
    client = sign_in(request.getfixturevalue(role))

    assert client.get(to("lock", "my-ngai")).url == "/admin/"
    assert client.post(to("lock", "my-ngai"), now()).url == "/admin/"

    assert Record.objects.get(pk=signed_record.pk).state == State.SIGNED


@pytest.mark.parametrize("who", ["far", "commune"])
def test_an_officer_elsewhere_or_of_a_commune_does_not_lock(
    sign_in, staff_of_elsewhere, units, signed_record, who
):
    officer = (
        staff_of_elsewhere["officer"]
        if who == "far"
        else factories.make_user("commune", "officer", units["commune"])
    )
    client = sign_in(officer)

    for code in ("my-ngai", "my-ngai-xa", "dong-thap"):
        assert client.get(to("lock", code)).status_code == 404
        assert client.post(to("lock", code), now()).status_code == 404

    assert not Batch.objects.exists()
    assert Record.objects.get(pk=signed_record.pk).state == State.SIGNED


def test_the_question_asks_a_fixed_number_of_queries(
    sign_in, queries_of, officer, signed_record, school_class, other_school
):
    client = sign_in(officer)
    url = to("lock", "dong-thap")
    fill(school_class, 1)
    client.get(url)
    few = queries_of(client, url)
    fill(school_class, 20)
    fill(factories.make_class(other_school, "1A"), 5)

    assert queries_of(client, url) == few <= 18
