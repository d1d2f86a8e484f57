"""Signed by the wrong one, with the wrong key, at the wrong time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.workflow.signing.material import (
    HEAD,
    NOW,
    PERSONAL_NUMBER,
    SCHOOL,
    TAX_CODE,
    set_up_desk,
)
from workflow.signing.profiles import Profile
from workflow.signing.timestamps import DevelopmentTimeStamper
from workflow.verification.reasons import Reason, Verdict

YEAR = timedelta(days=365)


def head_with(desk, profile, personal_number=PERSONAL_NUMBER):
    return desk.ca.issue_person(
        name=HEAD,
        personal_number=personal_number,
        office="Hiệu trưởng",
        school=SCHOOL,
        at=NOW,
        profile=profile,
    )


@pytest.mark.parametrize("slot", ["head", "seal"])
@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (
            Profile(valid_from=NOW - 3 * YEAR, valid_until=NOW - YEAR),
            Reason.CERTIFICATE_EXPIRED,
        ),
        (Profile(valid_from=NOW + YEAR), Reason.CERTIFICATE_NOT_YET_VALID),
        (Profile(revoked_at=NOW - timedelta(days=1)), Reason.CERTIFICATE_REVOKED),
        (Profile.web_server(), Reason.CERTIFICATE_NOT_FOR_SIGNING),
        (Profile.authority(), Reason.CERTIFICATE_IS_AUTHORITY),
    ],
)
def test_a_certificate_that_must_not_sign_is_named(desk, check, slot, profile, reason):
    keys = {
        "head": head_with(desk, profile if slot == "head" else Profile()),
        "seal": desk.ca.issue_seal(
            school=SCHOOL,
            tax_code=TAX_CODE,
            at=NOW,
            profile=profile if slot == "seal" else Profile(),
        ),
    }
    report = check(desk.sign_both(**keys), trust=desk.trust)

    assert report.verdict == Verdict.UNKNOWN
    assert report.reasons == (reason,)
    spoiled, good = sorted(report.on_pages, key=lambda one: one.field != slot)
    assert (spoiled.reasons, good.reasons) == ((reason,), ())


def test_the_right_office_of_another_school(desk, check):
    """The head of another school: a good certificate, and not his record."""
    other = head_with(desk, Profile(), personal_number="087180009999")

    report = check(desk.keeper.complete(sign_as(desk, head=other), at=NOW))

    assert (report.verdict, report.reasons) == (Verdict.UNKNOWN, (Reason.WRONG_SIGNER,))


def sign_as(desk, *, head=None, seal=None):
    return desk.sign_both(head=head, seal=seal)


def test_the_seal_before_the_head_is_still_both(desk, check):
    """Which of them certifies is no reason; that one is missing would be."""
    swapped = desk.sign(desk.sign(desk.printed(), "seal"), "head")

    report = check(desk.keeper.complete(swapped, at=NOW))

    assert report.reasons == ()


def test_the_keys_of_head_and_seal_exchanged(desk, check):
    report = check(sign_as(desk, head=desk.seal, seal=desk.head))

    assert set(report.reasons) == {Reason.WRONG_SIGNER, Reason.WRONG_SCHOOL}


def test_a_time_stamp_by_a_stranger(desk, check, tmp_path):
    stranger = set_up_desk(tmp_path)

    report = check(replace(desk, timestamper=stranger.timestamper).sign_both())

    assert report.reasons == (Reason.TIMESTAMP_NOT_TRUSTED,)


def test_a_signer_who_claims_an_earlier_day_than_the_stamp(desk, check):
    """Back-dating. Two days later: the lists at hand still speak of that day."""
    late = DevelopmentTimeStamper(desk.ca, lambda: NOW + timedelta(days=2))
    signed = replace(desk, timestamper=late).sign_both()

    report = check(signed, at=NOW + timedelta(days=3))

    assert Reason.TIME_CONTRADICTED in report.reasons


def test_a_stamp_of_a_time_before_its_own_certificate_existed(desk, check):
    """Back-dating by a service whose clock was set: it existed only since yesterday."""
    early = DevelopmentTimeStamper(desk.ca, lambda: NOW - YEAR)

    report = check(replace(desk, timestamper=early).sign_both())

    assert Reason.TIME_CONTRADICTED in report.reasons


def test_a_stamp_of_a_time_that_is_still_to_come(desk, check):
    late = DevelopmentTimeStamper(desk.ca, lambda: NOW + timedelta(hours=1))

    report = check(replace(desk, timestamper=late).sign_both())

    assert report.reasons == (Reason.TIME_CONTRADICTED,)


def test_revocation_that_nobody_tells_is_not_taken_for_none(desk, check):
    blind = replace(desk.trust, revocations=type(desk.trust.revocations)())

    report = check(desk.sign_both(), trust=blind)

    assert (report.verdict, report.reasons) == (
        Verdict.UNKNOWN,
        (Reason.REVOCATION_UNKNOWN,),
    )
    assert {one.sub_indication for one in report.signatures} == {"TRY_LATER"}
