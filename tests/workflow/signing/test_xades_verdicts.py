"""When a packet is authentic, and what its report says of who signed."""

from __future__ import annotations

from datetime import timedelta

from documents.exchange.trees import to_bytes
from tests.documents.exchange.packets import OTHER, packet
from tests.workflow.signing.material import HEAD, NOW, PERSONAL_NUMBER, SCHOOL, TAX_CODE
from tests.workflow.signing.packets import (
    ART,
    SLOTS,
    issued,
    package_of_two,
    sign,
    signed_by_teachers,
)
from workflow.verification.report import Coverage, TimeSource
from workflow.verification.xml import verify_package, verify_xml


def test_a_finished_record_is_authentic_and_says_who_signed_what(desk):
    made = issued(desk)

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert (report.verdict, report.reasons) == ("authentic", ())
    assert report.record == made.content
    assert report.header == made.header
    fields = [one.field for one in report.signatures]
    assert fields == ["GVBM", "GVBM", "GVCN", "CBQL", "KY_PHAT_HANH"]
    assert set(report.signatures[0].parts) == set(ART)
    head, seal = report.signatures[3:]
    assert (head.signer, head.personal_number) == (HEAD, PERSONAL_NUMBER)
    assert (seal.organisation, seal.tax_code) == (SCHOOL, TAX_CODE)
    assert head.coverage is Coverage.ELEMENTS
    assert (head.level, head.time_source) == ("B-T", TimeSource.TIMESTAMP)
    assert head.indication == "TOTAL-PASSED"


def test_a_teacher_without_time_stamp_is_proven_by_those_who_signed_over_him(desk):
    long_after = NOW + timedelta(days=365 * 4)

    report = verify_xml(issued(desk).to_bytes(), desk.trust, long_after, slots=SLOTS)

    teacher = report.signatures[2]
    assert report.verdict == "authentic"
    assert (teacher.level, teacher.time_source) == ("B-B", TimeSource.CLAIMED)


def test_teachers_alone_are_no_finished_record(desk):
    data = signed_by_teachers(desk).to_bytes()

    report = verify_xml(data, desk.trust, NOW, slots=SLOTS)

    assert report.verdict == "unknown"
    assert report.reasons == ("signature_missing", "no_timestamp")


def test_a_subject_without_a_signature_is_missed(desk):
    made = packet()
    sign(desk, made, "GVBM", parts=("math",))
    for slot in ("GVCN", "CBQL", "KY_PHAT_HANH"):
        sign(desk, made, slot)

    report = verify_xml(made.to_bytes(), desk.trust, NOW)
    enough = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS[1:])

    assert report.reasons == ("teachers_not_signed",)
    assert enough.verdict == "authentic"


def test_a_package_is_authentic_and_gives_its_records_back(desk):
    package = package_of_two(desk)
    alone = [to_bytes(element) for element in package.elements()]

    report = verify_package(package.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.is_authentic, report
    assert report.header == package.header
    assert list(report.documents) == alone
    assert [one.header.record for one in report.records if one.header][1] == OTHER
    assert verify_xml(alone[0], desk.trust, NOW).verdict == "authentic"
