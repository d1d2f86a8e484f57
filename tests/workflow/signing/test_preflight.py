"""Whatever can be known to fail is refused before anything is signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.workflow.signing.material import (
    NOW,
    PERSONAL_NUMBER,
    SCHOOL,
    TAX_CODE,
)
from workflow.signing.errors import (
    CertificateExpired,
    CertificateMismatch,
    CertificateNotForSigning,
    CertificateNotTrusted,
    CertificateNotYetValid,
    CertificateRevoked,
    ClockSkewed,
    KeyUnreadable,
    TimestampRefused,
    TimestampUnavailable,
)
from workflow.signing.preflight import Owner, preflight
from workflow.signing.profiles import Profile
from workflow.signing.providers.pkcs12 import Pkcs12Provider
from workflow.signing.timestamps import DevelopmentTimeStamper, HttpTimeStamper
from workflow.verification.trust import TrustStore

YEAR = timedelta(days=365)
ME = Owner(personal_number=PERSONAL_NUMBER)


def provider_of(issued) -> Pkcs12Provider:
    return Pkcs12Provider(issued.path, issued.passphrase)


def person_with(desk, profile) -> Pkcs12Provider:
    issued = desk.ca.issue_person(
        name="Nguyễn Thị Hòa",
        personal_number=PERSONAL_NUMBER,
        office="Hiệu trưởng",
        school=SCHOOL,
        at=NOW,
        profile=profile,
    )
    return provider_of(issued)


def check(desk, provider, **changes):
    owner = changes.pop("owner", ME)
    return preflight(
        provider, owner=owner, at=NOW, keeper=replace(desk.keeper, **changes)
    )


def test_a_good_certificate_is_described(desk):
    certificate = check(desk, provider_of(desk.head))

    assert certificate.name == "Nguyễn Thị Hòa"
    assert certificate.office == "Hiệu trưởng"
    assert certificate.organisation == SCHOOL
    assert certificate.personal_number == PERSONAL_NUMBER
    assert certificate.tax_code == ""


def test_the_seal_belongs_to_its_school_by_the_tax_code(desk):
    certificate = check(desk, provider_of(desk.seal), owner=Owner(tax_code=TAX_CODE))

    assert (certificate.tax_code, certificate.personal_number) == (TAX_CODE, "")


def test_the_certificate_of_an_employee_is_no_seal_of_the_school(desk):
    issued = desk.ca.issue_person(
        name="Nguyễn Thị Hòa",
        personal_number=PERSONAL_NUMBER,
        office="Hiệu trưởng",
        school=SCHOOL,
        tax_code=TAX_CODE,
        at=NOW,
    )

    certificate = check(desk, provider_of(issued))
    with pytest.raises(CertificateMismatch):
        check(desk, provider_of(issued), owner=Owner(tax_code=TAX_CODE))

    assert certificate.tax_code == TAX_CODE


@pytest.mark.parametrize(
    ("profile", "error"),
    [
        (
            Profile(valid_from=NOW - 3 * YEAR, valid_until=NOW - YEAR),
            CertificateExpired,
        ),
        (Profile(valid_from=NOW + YEAR), CertificateNotYetValid),
        (Profile(revoked_at=NOW - timedelta(hours=1)), CertificateRevoked),
        (Profile.web_server(), CertificateNotForSigning),
        (Profile.timestamping(), CertificateNotForSigning),
        (Profile.authority(), CertificateNotForSigning),
    ],
)
def test_a_certificate_that_must_not_sign_is_refused(desk, profile, error):
    provider = person_with(desk, profile)

    with pytest.raises(error) as caught:
        check(desk, provider)

    assert caught.value.subject == "Nguyễn Thị Hòa"
    assert "Nguyễn Thị Hòa" in caught.value.for_user()


@pytest.mark.parametrize(
    "owner",
    [
        Owner(personal_number="087000000000"),
        Owner(tax_code=TAX_CODE),
        Owner(),
    ],
)
def test_the_certificate_of_somebody_else_is_refused(desk, owner):
    with pytest.raises(CertificateMismatch):
        check(desk, provider_of(desk.head), owner=owner)


def test_nothing_is_trusted_that_the_operator_has_not_put_in(desk):
    with pytest.raises(CertificateNotTrusted):
        check(desk, provider_of(desk.head), trust=TrustStore())


def test_a_dead_time_stamping_service_is_found_out_first(desk):
    nobody = HttpTimeStamper("http://127.0.0.1:9/", timeout=1)

    with pytest.raises(TimestampUnavailable):
        check(desk, provider_of(desk.head), timestamper=nobody)


def test_a_clock_that_is_off_is_found_out_first(desk):
    late = DevelopmentTimeStamper(desk.ca, lambda: NOW + timedelta(hours=1))

    with pytest.raises(ClockSkewed) as caught:
        check(desk, provider_of(desk.head), timestamper=late)

    assert caught.value.seconds == 3600


def test_an_address_that_is_none_is_refused():
    with pytest.raises(TimestampRefused):
        HttpTimeStamper("file:///etc/passwd")


@pytest.mark.parametrize("content", [b"", b"not a key"])
def test_a_key_file_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "head.p12"
    path.write_bytes(content)

    with pytest.raises(KeyUnreadable):
        Pkcs12Provider(path, "secret").describe()


def test_a_wrong_passphrase_or_a_missing_file_is_refused(desk):
    with pytest.raises(KeyUnreadable):
        Pkcs12Provider(desk.head.path, "wrong").describe()
    with pytest.raises(KeyUnreadable):
        Pkcs12Provider(desk.head.path.with_name("none.p12"), "wrong").describe()
