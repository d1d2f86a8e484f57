"""Certificates that end are told of in time, each warning once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from documents.models import Unit, User
from tests import factories
from tests.factories import NOW
from workflow.models import Credential, Deadline, Notice
from workflow.services.keys.expiry import expiring, warn_of_certificates
from workflow.services.notices import text_of
from workflow.signing.profiles import Profile


@pytest.fixture
def bearer(school: Unit) -> User:
    return factories.make_user("bearer", "head", school, full_name="Lê Văn Bình")


def key(owner: User | Unit, days: int) -> Credential:
    # By the day of the school's clock: noon there.
    noon = timezone.localtime(NOW).replace(hour=12, minute=0, second=0)
    profile = Profile(valid_until=noon + timedelta(days=days))
    return factories.give_key(owner, profile=profile)


def kinds_of(person: User) -> list[tuple[str, str]]:
    rows = Notice.objects.filter(person=person).order_by("pk")
    return [(row.kind, row.subject.rpartition(":")[2]) for row in rows]


@pytest.mark.parametrize(
    ("days", "stage"), [(3, "7"), (7, "7"), (20, "30"), (60, "60"), (61, None)]
)
def test_the_nearest_threshold_alone_is_told(
    bearer: User, registrar: User, days: int, stage: str | None
):
    key(bearer, days)

    warn_of_certificates(NOW)

    told = [("certificate_expires", stage)] if stage else []
    assert kinds_of(bearer) == told
    assert kinds_of(registrar) == told


def test_each_threshold_is_told_once_as_the_days_go_by(bearer: User):
    key(bearer, 65)

    for day in range(0, 70, 1):
        warn_of_certificates(NOW + timedelta(days=day))

    assert kinds_of(bearer) == [
        ("certificate_expires", "60"),
        ("certificate_expires", "30"),
        ("certificate_expires", "7"),
        ("certificate_expired", "expired"),
    ]


def test_one_that_does_not_last_until_the_deadline_is_told_at_once(
    bearer: User, units: dict[str, Unit]
):
    key(bearer, 100)
    due = (NOW + timedelta(days=150)).date()
    Deadline.objects.create(
        unit=units["dong-thap"],
        school_year="2026-2027",
        group="completed",
        report_until=due,
        lock_on=due,
    )

    warn_of_certificates(NOW)

    [notice] = Notice.objects.filter(person=bearer)
    assert notice.kind == "certificate_before_deadline"
    assert f"before the deadline of {due:%d/%m/%Y}" in text_of(notice)


def test_a_deadline_elsewhere_is_none_of_ours(bearer: User, units: dict[str, Unit]):
    key(bearer, 100)
    due = (NOW + timedelta(days=150)).date()
    Deadline.objects.create(
        unit=units["an-giang"],
        school_year="2026-2027",
        group="completed",
        report_until=due,
        lock_on=due,
    )

    assert list(expiring(NOW)) == []


def test_of_a_seal_the_head_and_the_registrar_are_told_and_no_other_school(
    bearer: User, registrar: User, registrar2: User, school: Unit
):
    key(school, 20)

    warn_of_certificates(NOW)

    assert kinds_of(bearer) == kinds_of(registrar) == [("certificate_expires", "30")]
    assert kinds_of(registrar2) == []


def test_a_key_out_of_use_or_unreadable_is_passed_over(bearer: User, school: Unit):
    Credential.objects.create(user=bearer, provider="pkcs12", reference="gone.p12")
    old = key(school, 5)
    old.is_active = False
    old.save()

    assert list(expiring(NOW)) == []
