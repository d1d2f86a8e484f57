"""What the verifier says of honest files, and of signatures that are not enough."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils.translation import override

from tests.workflow.signing.material import (
    CANONICAL,
    HEAD,
    NOW,
    PERSONAL_NUMBER,
    SCHOOL,
    TAX_CODE,
    printed_record,
    set_up_desk,
)
from workflow.signing.profiles import Profile
from workflow.signing.timestamps import DevelopmentTimeStamper
from workflow.verification.reasons import Reason, Verdict
from workflow.verification.report import Coverage, TimeSource
from workflow.verification.signatures import Slot
from workflow.verification.trust import TrustStore

YEAR = timedelta(days=365)


def test_an_issued_record_is_authentic(check, issued):
    report = check(issued)

    assert (report.verdict, report.reasons) == (Verdict.AUTHENTIC, ())
    assert report.integrity
    assert report.effective_date == ""
    assert report.sha256 == hashlib.sha256(issued).hexdigest()


def test_a_locked_record_says_since_when(check, locked):
    report = check(locked)

    assert (report.verdict, report.reasons) == (Verdict.AUTHENTIC, ())
    assert report.effective_date == "Có hiệu lực từ: 10/07/2026"
    assert report.trailing_bytes == 0


def test_the_record_inside_is_handed_out_byte_by_byte(check, locked):
    report = check(locked)

    assert report.record == CANONICAL
    assert report.record_sha256 == hashlib.sha256(CANONICAL).hexdigest()


def test_each_signature_is_described(check, locked):
    head, seal = check(locked).on_pages

    assert (head.field, head.signer, head.office) == ("head", HEAD, "Hiệu trưởng")
    assert (head.organisation, head.personal_number) == (SCHOOL, PERSONAL_NUMBER)
    assert (seal.field, seal.signer, seal.tax_code) == ("seal", SCHOOL, TAX_CODE)
    for signature in (head, seal):
        assert signature.intact and signature.trusted
        assert (signature.level, signature.indication) == ("B-LTA", "TOTAL-PASSED")
        assert signature.time_source == TimeSource.TIMESTAMP
        assert signature.coverage == Coverage.REVISION
        assert abs(signature.signed_at - NOW) < timedelta(minutes=10)


def test_a_signature_is_plain_data_for_programs(check, issued):
    head = check(issued).signatures[0].as_json()

    assert (head["slot"], head["level"], head["reasons"]) == ("head", "B-LTA", ())
    assert head["signed_at"].endswith("+00:00")


def test_a_certificate_that_expired_after_signing_has_signed_well(check, locked):
    report = check(locked, at=NOW + 3 * YEAR)

    assert report.verdict == Verdict.AUTHENTIC


def test_a_certificate_revoked_after_signing_has_signed_well(tmp_path, check):
    desk = set_up_desk(tmp_path)
    pdf = desk.issue()
    serial = desk.head.certificate.serial_number
    desk.ca.revoke(serial, at=NOW + timedelta(days=1))

    report = check(pdf, trust=desk.trust, at=NOW + timedelta(days=2))

    assert report.verdict == Verdict.AUTHENTIC


def head_with(desk, profile):
    return desk.ca.issue_person(
        name=HEAD,
        personal_number=PERSONAL_NUMBER,
        office="Hiệu trưởng",
        school=SCHOOL,
        at=NOW,
        profile=profile,
    )


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
        (Profile.timestamping(), Reason.CERTIFICATE_NOT_FOR_SIGNING),
        (Profile.authority(), Reason.CERTIFICATE_IS_AUTHORITY),
    ],
)
def test_a_certificate_that_must_not_sign_proves_nothing(desk, check, profile, reason):
    key = head_with(desk, profile)
    pdf = desk.sign_both(head=key)

    report = check(pdf, trust=desk.trust)

    assert report.verdict == Verdict.UNKNOWN
    assert reason in report.reasons
    assert report.signatures[0].indication == "INDETERMINATE"
    assert report.signatures[1].reasons == ()


@pytest.mark.parametrize(
    ("slot", "reason"),
    [
        (Slot("head", personal_number="087000000000"), Reason.WRONG_SIGNER),
        (Slot("seal", tax_code="0100000000"), Reason.WRONG_SCHOOL),
        (Slot("inspector"), Reason.SIGNATURE_MISSING),
    ],
)
def test_the_right_person_has_to_stand_in_each_slot(check, issued, slot, reason):
    others = [Slot(field) for field in ("head", "seal") if field != slot.field]

    report = check(issued, slots=[slot, *others])

    assert (report.verdict, report.reasons) == (Verdict.UNKNOWN, (reason,))


def test_a_record_without_its_seal_is_not_finished(desk, check):
    report = check(desk.sign(desk.printed(), "head"))

    assert report.reasons == (Reason.SIGNATURE_MISSING,)
    assert report.verdict == Verdict.UNKNOWN


def test_a_record_that_nobody_signed_is_only_paper(desk, check):
    report = check(printed_record())

    assert report.reasons == (Reason.NOT_SIGNED,)
    assert report.record == CANONICAL


def test_of_pages_that_nobody_signed_around_signed_data_both_is_said(desk, check):
    report = check(desk.printed())

    assert (report.verdict, report.reasons) == ("unknown", (Reason.PAGES_NOT_SIGNED,))
    assert report.on_pages == ()
    assert {one.indication for one in report.signatures} == {"TOTAL-PASSED"}


def test_nothing_is_trusted_by_default(check, issued):
    report = check(issued, trust=TrustStore())

    assert report.verdict == Verdict.UNKNOWN
    assert Reason.CERTIFICATE_NOT_TRUSTED in report.reasons
    assert report.integrity


def test_another_authority_of_the_same_name_is_not_ours(check, tmp_path):
    pdf = set_up_desk(tmp_path).issue()

    report = check(pdf)

    assert report.verdict == Verdict.UNKNOWN
    assert Reason.CERTIFICATE_NOT_TRUSTED in report.reasons


def test_a_time_stamp_by_a_stranger_proves_no_time(desk, check, tmp_path):
    stranger = set_up_desk(tmp_path)
    mixed = replace(desk, timestamper=stranger.timestamper)

    report = check(mixed.issue())

    assert report.reasons == (Reason.TIMESTAMP_NOT_TRUSTED,)
    assert report.signatures[0].time_source == TimeSource.CLAIMED
    assert report.signatures[0].level == "B-B"


def test_a_signer_who_states_another_time_than_the_stamp_is_contradicted(desk, check):
    late = DevelopmentTimeStamper(desk.ca, lambda: NOW + timedelta(days=2))

    report = check(
        replace(desk, timestamper=late).issue(),
        at=NOW + timedelta(days=3),
    )

    assert report.reasons == (Reason.TIME_CONTRADICTED,)


def test_trust_is_read_from_a_folder(desk, check, issued, tmp_path):
    for name in ("root.pem", "issuing.crl"):
        (tmp_path / name).write_bytes((desk.ca.directory / name).read_bytes())
    trust = TrustStore.from_directory(tmp_path)

    report = check(issued, trust=trust)

    assert (len(trust.anchors), len(trust.crls)) == (1, 1)
    assert report.verdict == Verdict.AUTHENTIC


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_tells_what_to_do(reason):
    with override("en"):
        sentence = str(reason.sentence)

    assert sentence.count(". ") >= 1
    assert sentence.endswith(".")
    assert reason.verdict != Verdict.AUTHENTIC
