"""The signed data in a PDF: swapped, mangled or signed by others before the pages were.

The pages are signed well each time, by the right head and school: only a verdict that
reads the data finds these. The untouched original stands beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from documents.canonical import canonical_json, content_digest
from documents.rendering import render_pdf
from tests.attacks.packet_forging import (
    attacked,
    claimed_time,
    moved_signature,
    row_of_another,
    swapped_values,
    without,
)
from tests.workflow.signing.material import (
    NOW,
    PERSONAL_NUMBER,
    RECORD,
    SCHOOL,
    TAX_CODE,
    Desk,
    content,
    printed_form,
    printed_record,
    unsigned_packet,
)
from tests.workflow.verification.conftest import SLOTS
from workflow.signing.profiles import Profile
from workflow.verification.signatures import Slot

OTHER = RECORD.replace("3", "4", 1)


def original(desk: Desk) -> bytes:
    return desk.signed_packet().to_bytes()


def of_another_content(desk: Desk) -> bytes:
    """A whole packet, well signed, of the same record before its mark was changed."""
    was = content().model_copy(update={"result": "completed"})
    return desk.signed_packet(unsigned_packet(canonical_json(was))).to_bytes()


def of_another_pupil(desk: Desk) -> bytes:
    pupil = content().pupil.model_copy(update={"name": "Lê Văn An"})
    other = content().model_copy(update={"pupil": pupil})
    made = unsigned_packet(canonical_json(other), record=OTHER)
    return desk.signed_packet(made).to_bytes()


def person(desk: Desk, number: str, **profile: Any):
    return desk.ca.issue_person(
        name="Người khác",
        personal_number=number,
        office="Giáo viên",
        school=SCHOOL,
        at=NOW,
        **profile,
    )


def by_teacher(profile: Profile) -> Callable[[Desk], bytes]:
    def make(desk: Desk) -> bytes:
        key = person(desk, "087180007777", profile=profile)
        return desk.signed_packet(teacher=key).to_bytes()

    return make


def by_another_head(desk: Desk) -> bytes:
    """The same person by number, with another certificate than on the pages."""
    return desk.signed_packet(head=person(desk, PERSONAL_NUMBER)).to_bytes()


def by_another_seal(desk: Desk) -> bytes:
    key = desk.ca.issue_seal(school=SCHOOL, tax_code=TAX_CODE, at=NOW)
    return desk.signed_packet(seal=key).to_bytes()


def by_the_seal_of_another(desk: Desk) -> bytes:
    key = desk.ca.issue_seal(school=SCHOOL, tax_code="1400999999", at=NOW)
    return desk.signed_packet(seal=key).to_bytes()


def better_comment(desk: Desk) -> bytes:
    return original(desk).replace("Tính nhanh".encode(), "Tính rất nhanh".encode())


def mangled(attack) -> Callable[[Desk], bytes]:
    return lambda desk: attacked(original(desk), attack)


# What was done, how, the verdict, and the reason that names it.
ATTACKS: dict[str, tuple[Callable[[Desk], bytes], str, str]] = {
    "no data": (lambda desk: b"", "unknown", "packet_missing"),
    "no packet": (lambda desk: b"<x/>", "altered", "packet_rewritten"),
    "noise": (lambda desk: b"\x00\x01", "unknown", "packet_unreadable"),
    "another content": (of_another_content, "altered", "packet_differs"),
    "another pupil": (of_another_pupil, "altered", "packet_differs"),
    "a better comment": (better_comment, "altered", "record_digest_wrong"),
    "a row of another": (mangled(row_of_another), "altered", "another_record"),
    "another slot": (mangled(moved_signature), "altered", "reference_moved"),
    "swapped values": (mangled(swapped_values), "altered", "signature_broken"),
    "a claimed time": (mangled(claimed_time), "altered", "bytes_changed"),
    "no head": (mangled(without("CBQL")), "unknown", "signature_missing"),
    "no teacher": (mangled(without("GVCN")), "altered", "teachers_not_signed"),
    "another head": (by_another_head, "unknown", "packet_signer_differs"),
    "another seal": (by_another_seal, "unknown", "packet_signer_differs"),
    "another school": (by_the_seal_of_another, "unknown", "wrong_school"),
    "a revoked teacher": (
        by_teacher(Profile(revoked_at=NOW - timedelta(days=1))),
        "unknown",
        "certificate_revoked",
    ),
    "a web server as teacher": (
        by_teacher(Profile.web_server()),
        "unknown",
        "certificate_not_for_signing",
    ),
    "an authority as teacher": (
        by_teacher(Profile.authority()),
        "unknown",
        "certificate_is_authority",
    ),
}


@pytest.mark.parametrize("what", ATTACKS)
def test_pages_that_are_signed_well_do_not_help_bad_data(desk, check, what: str):
    make, verdict, reason = ATTACKS[what]

    signed = desk.sign_both(printed_record(make(desk)))
    report = check(signed, trust=desk.trust)

    assert (report.verdict, reason in report.reasons) == (verdict, True), report.reasons
    assert {one.field for one in report.on_pages} == {"head", "seal"}
    assert all(one.reasons == () for one in report.on_pages)


def better_pages(desk: Desk) -> bytes:
    """Pages with a better mark, and nobody's signature, around the true data."""
    form = printed_form(original(desk))
    better = form.canonical.replace("Tính nhanh".encode(), "Tính rất nhanh".encode())
    digest = content_digest("primary_year", 1, better)
    return render_pdf(replace(form, canonical=better, sha256=digest))


@pytest.mark.parametrize(
    ("pages", "reasons"),
    [
        (lambda desk: desk.printed(), ("pages_not_signed",)),
        (better_pages, ("pages_not_signed", "packet_differs")),
    ],
    ids=["the same pages", "better pages"],
)
def test_true_data_does_not_help_pages_that_nobody_signed(desk, check, pages, reasons):
    report = check(pages(desk), trust=desk.trust)

    assert report.verdict != "authentic"
    assert report.reasons == reasons
    assert report.on_pages == () and all(one.in_packet for one in report.signatures)


def test_the_untouched_original_is_authentic(check, issued):
    report = check(issued)

    assert (report.verdict, report.reasons) == ("authentic", ())
    assert [one.slot for one in report.signatures] == [
        "head",
        "seal",
        "GVBM.toan",
        "GVCN",
        "CBQL",
        "KY_PHAT_HANH",
    ]


def test_a_row_by_a_teacher_of_another_subject_is_named(check, issued):
    demanded = (*SLOTS, Slot("GVBM.toan", personal_number="087180009999"))

    report = check(issued, slots=demanded)

    assert (report.verdict, report.reasons) == ("unknown", ("wrong_signer",))


def test_the_data_verifies_in_thirty_years_from_the_file_alone(desk, check, issued):
    """What is known of the teacher's certificate stands in the file, not with us."""
    blind = type(desk.trust).of([(desk.ca.directory / "root.pem").read_bytes()])

    report = check(issued, trust=blind)

    assert (report.verdict, report.reasons) == ("authentic", ())
    assert {one.level for one in report.signatures if one.in_packet} == {"B-LT"}
