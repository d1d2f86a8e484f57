"""Thirty years in one second: what expires, what is renewed, what is believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.factories import TODAY
from tests.workflow.signing.material import NOW, Desk, set_up_desk
from workflow.signing.algorithms import (
    Algorithm,
    AlgorithmPolicy,
    PolicyUnreadable,
    Use,
    default_policy,
    read_rows,
)
from workflow.signing.development import make_authority
from workflow.signing.errors import AlgorithmRefused, NotSignable, RevocationUnavailable
from workflow.signing.evidence import ListsAtHand
from workflow.signing.longterm import Keeper, evidence_expires_at
from workflow.signing.preflight import Owner, check_certificate
from workflow.signing.profiles import Profile
from workflow.signing.providers.base import Mechanism
from workflow.signing.providers.pkcs12 import Pkcs12Provider
from workflow.signing.timestamps import DevelopmentTimeStamper
from workflow.verification.files import pdf_slots
from workflow.verification.reasons import Reason
from workflow.verification.revocation import Revocations
from workflow.verification.trust import TrustStore, TrustUnreadable
from workflow.verification.verifier import verify_pdf

YEAR = timedelta(days=365)
SHORT = timedelta(days=400)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An authority for each test: its lists are of the day on which it was asked."""
    return set_up_desk(tmp_path)


def stamper(desk: Desk, folder: Path, at: datetime, lasts: timedelta = SHORT) -> Any:
    """A time-stamping service whose certificate was issued at ``at``."""
    folder.mkdir(exist_ok=True)
    profile = replace(Profile.timestamping(), lifetime=lasts)
    tsa = make_authority(folder, "tsa", profile, desk.ca.issuing, at)
    ca: Any = SimpleNamespace(tsa=tsa, issuing=desk.ca.issuing)
    return DevelopmentTimeStamper(ca, lambda: at)


def keeper(desk: Desk, stamps: Any) -> Keeper:
    lists = ListsAtHand(lambda at: desk.ca.crls(at=at))
    return Keeper(desk.trust, lists, stamps)


@pytest.fixture
def issued(desk: Desk, tmp_path: Path) -> bytes:
    """Stamped by a service whose certificate lasts a little over a year."""
    stamps = stamper(desk, tmp_path / "first", NOW)
    signed = replace(desk, timestamper=stamps).sign_both()
    return keeper(desk, stamps).complete(signed, at=NOW)


def check(desk: Desk, pdf: bytes, at: datetime, **known: Any) -> tuple[Reason, ...]:
    trust = replace(TrustStore(anchors=desk.trust.anchors), **known)
    return verify_pdf(pdf, trust, at, slots=pdf_slots()).reasons


def test_it_is_believed_until_its_last_stamp_expires(desk, issued):
    end = evidence_expires_at(issued)

    assert end is not None and NOW + timedelta(days=390) < end < NOW + SHORT
    assert check(desk, issued, end - timedelta(hours=1)) == ()
    after = check(desk, issued, end + timedelta(hours=1))
    assert Reason.TIMESTAMP_EXPIRED in after


def test_renewed_in_time_it_outlives_every_certificate_of_the_first_signing(
    desk, issued, tmp_path
):
    then = NOW + YEAR
    stamps = stamper(desk, tmp_path / "second", then, lasts=9 * YEAR)

    renewed = keeper(desk, stamps).complete(issued, at=then)

    assert renewed.startswith(issued)
    end = evidence_expires_at(renewed)
    assert end is not None and end > NOW + 8 * YEAR
    assert check(desk, renewed, NOW + 8 * YEAR) == ()
    report = verify_pdf(renewed, desk.trust, NOW + 8 * YEAR, slots=pdf_slots())
    assert [one.level for one in report.on_pages] == ["B-LTA", "B-LTA"]


def test_too_late_it_cannot_be_renewed(desk, issued, tmp_path):
    """Nobody tells of an expired certificate whether it was revoked."""
    late = NOW + 2 * YEAR
    stamps = stamper(desk, tmp_path / "second", late)

    with pytest.raises(RevocationUnavailable):
        keeper(desk, stamps).complete(issued, at=late)


def test_what_was_revoked_later_has_signed_well(desk):
    pdf = desk.issue()
    desk.ca.revoke(desk.head.certificate.serial_number, at=NOW + timedelta(days=1))
    lists = desk.ca.crls(at=NOW + timedelta(days=2))

    renewed = keeper(desk, desk.timestamper).complete(pdf, at=NOW)

    known = Revocations.of(lists)
    for file in (pdf, renewed):
        assert check(desk, file, NOW + YEAR, revocations=known) == ()


def test_a_stamp_is_not_believed_once_its_key_was_revoked(desk):
    pdf = desk.issue()
    serial = desk.ca.tsa.certificate.serial_number
    desk.ca.revoke(serial, at=NOW + timedelta(days=10))
    known = Revocations.of(desk.ca.crls(at=NOW + timedelta(days=11)))

    reasons = check(desk, pdf, NOW + timedelta(days=20), revocations=known)

    assert Reason.TIMESTAMP_REVOKED in reasons


def test_a_file_without_a_stamp_over_all_has_no_evidence_that_lasts(desk):
    assert evidence_expires_at(desk.sign_both()) is None
    with pytest.raises(NotSignable):
        evidence_expires_at(b"%PDF-1.7")


def policy(**changes: date | None) -> AlgorithmPolicy:
    """The policy in force, with other ends for some rows."""
    rows = [row for row in default_policy().rows if row.name in changes]
    ends = [replace(row, accept_until=changes[row.name]) for row in rows]
    return default_policy().replaced_by(ends)


def test_an_algorithm_that_ends_is_a_row_and_no_code(desk, issued, tmp_path):
    """Stamped by something stronger before that day, it stays good."""
    last = (NOW + timedelta(days=100)).date()
    ending = policy(sha256=last)

    end = evidence_expires_at(issued, ending)

    assert end is not None and end.date() == last + timedelta(days=1)
    assert check(desk, issued, end - timedelta(days=1), policy=ending) == ()
    after = check(desk, issued, end + timedelta(days=1), policy=ending)
    assert Reason.WEAK_ALGORITHM in after


def test_each_trust_store_has_rows_of_its_own(desk, issued, tmp_path):
    for name in ("VGCA", "NEAC"):
        (tmp_path / name).mkdir()
    root = (desk.ca.directory / "root.pem").read_bytes()
    (tmp_path / "VGCA" / "root.pem").write_bytes(root)
    strict = '[[algorithm]]\nkind = "key"\nname = "ec"\nmin_bits = 384\nsign = true\n'

    def reasons() -> tuple[Reason, ...]:
        trust = TrustStore.from_directory(tmp_path)
        return verify_pdf(issued, trust, NOW, slots=pdf_slots()).reasons

    (tmp_path / "NEAC" / "algorithms.toml").write_text(strict)
    assert reasons() == ()
    (tmp_path / "VGCA" / "algorithms.toml").write_text(strict)
    assert reasons() == (Reason.WEAK_ALGORITHM,)


def test_what_may_not_sign_today_is_refused_before_signing(desk):
    provider = Pkcs12Provider(desk.head.path, desk.head.passphrase)
    certificate = provider.describe()
    owner = Owner(personal_number=certificate.personal_number)

    def ask(trust: TrustStore, mechanism: Mechanism) -> None:
        check_certificate(
            certificate, owner=owner, at=NOW, trust=trust, mechanism=mechanism
        )

    ask(desk.trust, Mechanism.ECDSA)
    with pytest.raises(AlgorithmRefused):
        ask(desk.trust, Mechanism.RSA_PKCS1)
    ended = policy(ec=(NOW - timedelta(days=2)).date())
    with pytest.raises(AlgorithmRefused):
        ask(replace(desk.trust, policy=ended), Mechanism.ECDSA)


@pytest.mark.parametrize(
    ("use", "accepted", "may_sign"),
    [
        (Use("digest", "sha256"), True, True),
        (Use("digest", "sha1"), False, False),
        (Use("digest", "md5"), False, False),
        (Use("signature", "rsassa_pss"), True, True),
        (Use("signature", "rsassa_pkcs1v15"), True, False),
        (Use("key", "rsa", 2048), True, True),
        (Use("key", "rsa", 1024), False, False),
        (Use("key", "ec", 256), True, True),
        (Use("key", "ec", 224), False, False),
        (Use("key", "dsa", 3072), False, False),
    ],
)
def test_the_policy_of_this_release(use, accepted, may_sign):
    assert default_policy().accepts([use], NOW) is accepted
    assert default_policy().may_sign([use], NOW) is may_sign


def test_the_longest_key_that_fits_decides():
    rows = (
        Algorithm("key", "rsa", sign=False, min_bits=2048, accept_until=TODAY),
        Algorithm("key", "rsa", sign=True, min_bits=3072),
    )
    policy = AlgorithmPolicy(rows)
    later = NOW + timedelta(days=3)

    assert policy.accepts([Use("key", "rsa", 2048)], NOW)
    assert not policy.accepts([Use("key", "rsa", 2048)], later)
    assert policy.accepts([Use("key", "rsa", 4096)], later)


@pytest.mark.parametrize(
    "text",
    [
        "[[algorithm",
        '[[algorithm]]\nkind = "digest"\nname = "x"\n',
        '[[algorithm]]\nkind = "colour"\nname = "x"\nsign = true\n',
        '[[algorithm]]\nkind = "digest"\nname = "x"\nsign = "yes"\n',
        '[[algorithm]]\nkind = "digest"\nname = "x"\nsign = true\nfrom = 2020\n',
        '[[algorithm]]\nkind="digest"\nname="x"\nsign=true\naccept_until="2030"\n',
    ],
)
def test_a_policy_that_cannot_be_meant_is_not_guessed(tmp_path, text):
    (tmp_path / "algorithms.toml").write_text(text)

    with pytest.raises(PolicyUnreadable):
        read_rows(text)
    with pytest.raises(TrustUnreadable, match=r"algorithms\.toml"):
        TrustStore.from_directory(tmp_path)
