"""The nightly trial signs for real, and says of each key what is wrong with it."""

from __future__ import annotations

from datetime import timedelta

from documents.models import Unit, User
from tests import factories
from tests.factories import NOW
from workflow.models import Credential, Notice
from workflow.services.keys.canary import Finding, Trial, report_failures, try_all
from workflow.services.keys.credentials import provider_of
from workflow.services.keys.providers import write_certificates
from workflow.signing.profiles import Profile


def codes(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.trial.value, one.code) for one in findings]


def test_every_key_signs_and_is_judged(head: User, seal: Unit):
    findings = list(try_all())

    assert codes(findings) == [("services", ""), ("signed", ""), ("signed", "")]
    assert [one.owner for one in findings] == ["", str(head), seal.name]


def test_a_key_that_fails_is_named_and_stops_no_other(
    registrar: User, head: User, seal: Unit
):
    Credential.objects.filter(user=head).update(reference="gone.p12")

    findings = list(try_all())

    assert codes(findings) == [
        ("services", ""),
        ("signed", "key_unreadable"),
        ("signed", ""),
    ]


def test_a_certificate_that_has_ended_is_found(school: Unit):
    user = factories.make_user("bearer", "head", school)
    month = timedelta(days=30)
    factories.give_key(
        user,
        profile=Profile(valid_from=NOW - 2 * month, valid_until=NOW - month),
    )

    assert codes(list(try_all()))[1] == ("signed", "certificate_expired")


def test_the_certificate_of_somebody_else_is_found(head: User):
    User.objects.filter(pk=head.pk).update(personal_number="087000009999")

    assert codes(list(try_all()))[1] == ("signed", "certificate_mismatch")


def test_a_key_at_its_holders_machine_is_only_looked_at(head: User):
    certificate = provider_of(head).describe()
    Credential.objects.filter(user=head).update(
        provider="agent",
        reference="0" * 64,
        certificates=write_certificates(certificate),
        mechanism="ecdsa",
    )

    assert codes(list(try_all())) == [("services", ""), ("described", "")]


def test_a_time_stamper_that_does_not_answer_is_told_apart(
    head: User, units: dict[str, Unit], settings
):
    admin = factories.make_user("admin", "admin", units["ministry"])
    settings.TSA_URL = "http://127.0.0.1:9/"

    findings = list(try_all())

    assert codes(findings)[0] == ("services", "timestamp_unavailable")
    report_failures(findings, NOW)
    kinds = set(Notice.objects.filter(person=admin).values_list("kind", flat=True))
    assert kinds == {"canary_services_failed", "canary_failed"}


def test_the_keepers_of_the_key_and_the_administrators_are_told_once_a_day(
    head: User, registrar: User, registrar2: User, units: dict[str, Unit]
):
    admin = factories.make_user("admin", "admin", units["ministry"])
    credential = Credential.objects.get(user=head)
    failed = [Finding(Trial.SIGNED, 0.1, credential, "key_unreadable", "head.p12")]

    report_failures(failed, NOW)
    report_failures(failed, NOW)
    report_failures([Finding(Trial.SIGNED, 0.1, credential)], NOW)

    told = Notice.objects.values_list("person", flat=True)
    assert sorted(told) == sorted([head.pk, registrar.pk, admin.pk])
    report_failures(failed, NOW + timedelta(days=1))
    assert Notice.objects.filter(person=head).count() == 2
