"""Forgeries made from a real record. None is authentic, each says what was done.

The original stands beside them: ``test_the_untouched_original_is_authentic``.
"""

from __future__ import annotations

import random
from datetime import timedelta
from io import BytesIO

import pytest
from pyhanko.pdf_utils.generic import pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from tests.attacks import forging
from tests.attacks.forging import field, updated
from tests.workflow.signing.material import (
    HEAD,
    NOW,
    PERSONAL_NUMBER,
    SCHOOL,
    block,
    date_stamp,
    set_up_desk,
)
from workflow.signing.pades import sign_pdf, stamp_document
from workflow.signing.providers.pkcs12 import Pkcs12Provider
from workflow.signing.reading import RecordReader
from workflow.signing.update import RecordUpdate, fill_date
from workflow.verification.reasons import Reason, Verdict

BAD = (Verdict.ALTERED, Verdict.UNREADABLE)
FLIPS = 25
YEAR = timedelta(days=365)


def test_the_untouched_original_is_authentic(check, issued, locked):
    assert check(issued).verdict == Verdict.AUTHENTIC
    assert check(locked).verdict == Verdict.AUTHENTIC


ATTACKS = [
    (forging.repaint_page, Reason.PAGE_CHANGED),
    (forging.repaint_content_in_place, Reason.PAGE_CHANGED),
    (forging.replace_font, Reason.PAGE_CHANGED),
    (forging.grow_page, Reason.PAGE_CHANGED),
    (forging.add_page, Reason.PAGES_ADDED_OR_REMOVED),
    (forging.swap_page_tree, Reason.PAGES_ADDED_OR_REMOVED),
    (forging.add_note, Reason.ANNOTATION_CHANGED),
    (forging.repaint_block, Reason.APPEARANCE_CHANGED),
    (forging.repaint_block_in_place, Reason.APPEARANCE_CHANGED),
    (forging.enlarge_block, Reason.FIELD_CHANGED),
    (forging.remove_signature, Reason.SIGNATURE_REMOVED),
    (forging.swap_signatures, Reason.SIGNATURE_REPLACED),
    (forging.remove_field, Reason.FIELD_CHANGED),
    (forging.rename_holder, Reason.SIGNATURE_REPLACED),
    (forging.swap_attachment, Reason.ATTACHMENT_CHANGED),
    (forging.add_attachment, Reason.ATTACHMENT_CHANGED),
    (forging.act_on_opening, Reason.ACTION_ADDED),
    (forging.add_metadata, Reason.METADATA_CHANGED),
    (forging.other_information, Reason.METADATA_CHANGED),
    (forging.cover_with_a_layer, Reason.CHANGED_AFTER_SIGNING),
    (forging.replace_shared_font, Reason.PAGE_CHANGED),
    (forging.submit_the_form, Reason.FIELD_CHANGED),
    (forging.name_a_page_action, Reason.ACTION_ADDED),
    (forging.loosen_the_certification, Reason.SIGNATURE_REPLACED),
    (forging.drop_the_certification, Reason.CHANGED_AFTER_SIGNING),
    (forging.empty_the_evidence, Reason.CHANGED_AFTER_SIGNING),
    # pyHanko undoes this one when it adds a time-stamp, so it stands with the last.
    (forging.need_appearances, Reason.FIELD_CHANGED),
    (forging.change_date, Reason.EFFECTIVE_DATE_CHANGED),
    (forging.unused_object, Reason.NOT_COVERED),
]


@pytest.mark.parametrize(("change", "reason"), ATTACKS)
def test_what_was_changed_after_the_lock_is_named(check, locked, change, reason):
    report = check(updated(locked, change))

    assert report.verdict == Verdict.ALTERED
    assert reason in report.reasons


@pytest.mark.parametrize(("change", "reason"), ATTACKS[:-3])
def test_a_trusted_time_stamp_over_a_forgery_does_not_help(
    desk, check, issued, change, reason
):
    def forge(pdf):
        writer = RecordUpdate(BytesIO(pdf), prev=RecordReader(pdf))
        change(writer)
        return stamp_document(writer, desk.timestamper)

    report = check(forge(issued))

    assert report.verdict == Verdict.ALTERED
    assert reason in report.reasons


TABLES = [
    (forging.hide_all_signatures, Reason.HISTORY_CHANGED),
    (forging.hide_the_last_state, Reason.HISTORY_CHANGED),
    (forging.bring_back_the_unsigned_field, Reason.SIGNATURE_REMOVED),
    (forging.show_what_was_prepared, Reason.PAGE_CHANGED),
    (forging.free_the_seal, Reason.DAMAGED),
]


@pytest.mark.parametrize("state", ["issued", "locked"])
@pytest.mark.parametrize(("forge", "reason"), TABLES)
def test_a_table_of_objects_made_by_hand_is_found(check, request, state, forge, reason):
    report = check(forge(request.getfixturevalue(state)))

    assert report.verdict == reason.verdict
    assert reason in report.reasons


def test_a_date_that_nobody_time_stamped_is_not_accepted(check, issued):
    text = "Có hiệu lực từ: 10/07/2026"

    report = check(updated(issued, lambda w: fill_date(w, text, date_stamp(text))))

    assert report.reasons == (Reason.NOT_COVERED,)


def test_dates_that_differ_between_pages_are_not_accepted(desk, check, issued):
    text = "Có hiệu lực từ: 10/07/2026"
    writer = RecordUpdate(BytesIO(issued), prev=RecordReader(issued))
    fill_date(writer, text, date_stamp(text))
    kid = field(writer, "effective_date")["/Kids"][2].get_object()
    kid["/V"] = pdf_string("Có hiệu lực từ: 10/07/2020")

    report = check(stamp_document(writer, desk.timestamper))

    assert report.reasons == (Reason.FIELD_CHANGED,)
    assert report.effective_date == ""


def test_a_signature_in_a_field_of_its_own_is_not_accepted(desk, check, issued):
    writer = IncrementalPdfFileWriter(BytesIO(issued))
    append_signature_field(writer, SigFieldSpec("stranger"))
    out = BytesIO()
    writer.write(out)
    key = desk.seal

    forged = sign_pdf(
        out.getvalue(),
        field="stranger",
        provider=Pkcs12Provider(key.path, key.passphrase),
        stamp_pdf=block("x"),
        reason="",
        location="",
        at=NOW,
        timestamper=desk.timestamper,
    )

    report = check(forged)
    assert report.verdict == Verdict.ALTERED
    assert Reason.FIELD_CHANGED in report.reasons


def test_a_certificate_with_the_same_words_by_another_authority(desk, check, tmp_path):
    other = set_up_desk(tmp_path)
    forged = desk.sign_both(head=other.head)

    report = check(forged)

    assert report.signatures[0].personal_number == PERSONAL_NUMBER
    assert (report.signatures[0].signer, report.signatures[0].trusted) == (HEAD, False)
    assert report.reasons == (Reason.CERTIFICATE_NOT_TRUSTED,)


def test_the_seal_of_another_school(desk, check):
    other = desk.ca.issue_seal(school=SCHOOL, tax_code="1400999999", at=NOW)

    report = check(desk.sign_both(seal=other))

    assert report.reasons == (Reason.WRONG_SCHOOL,)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["issued", "locked"])
def test_a_flipped_bit_anywhere_is_found(check, name, seed, request):
    pdf = request.getfixturevalue(name)
    chance = random.Random(seed)
    found = {}

    for place in chance.sample(range(len(pdf)), FLIPS):
        forged = bytearray(pdf)
        forged[place] ^= 1 << chance.randrange(8)
        found[place] = check(bytes(forged)).verdict

    assert {place: one for place, one in found.items() if one not in BAD} == {}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["issued", "locked"])
def test_a_flipped_bit_in_the_last_signature_is_found(check, name, seed, request):
    """Its place is under no signature: padding, digits, and all that is unsigned."""
    pdf = request.getfixturevalue(name)
    chance = random.Random(seed)
    *_, last = PdfFileReader(BytesIO(pdf)).embedded_signatures
    place_of_cms = range(int(last.byte_range[1]), int(last.byte_range[2]))
    found = {}

    for place in chance.sample(place_of_cms, FLIPS):
        forged = bytearray(pdf)
        forged[place] ^= 1 << chance.randrange(8)
        found[place] = check(bytes(forged)).verdict

    assert {place: one for place, one in found.items() if one not in BAD} == {}


def test_digits_in_lower_case_are_a_change(check, locked):
    *_, last = PdfFileReader(BytesIO(locked)).embedded_signatures
    start, end = int(last.byte_range[1]), int(last.byte_range[2])
    forged = locked[:start] + locked[start:end].lower() + locked[end:]

    report = check(forged)

    assert report.reasons == (Reason.ENVELOPE_CHANGED,)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY_FILE),
        (b"PK\x03\x04 not a pdf", Reason.NOT_A_PDF),
        (b"%PDF-1.7\n", Reason.TRUNCATED),
        (b"%PDF-1.7\n%%EOF\n", Reason.DAMAGED),
        (b"%PDF-1.7\nstartxref\n999999\n%%EOF\n", Reason.DAMAGED),
        (b"%PDF-" + b"0" * (50 * 1024 * 1024), Reason.TOO_LARGE),
    ],
)
def test_what_is_no_record_is_unreadable(check, data, reason):
    report = check(data)

    assert (report.verdict, report.reasons) == (Verdict.UNREADABLE, (reason,))


@pytest.mark.parametrize("part", [0.01, 0.3, 0.6, 0.7, 0.9, 0.999])
def test_a_truncated_file_is_never_authentic(check, locked, part):
    report = check(locked[: int(len(locked) * part)])

    assert report.verdict in BAD


def test_a_file_cut_back_to_an_earlier_revision_lacks_what_came_later(check, locked):
    cut = locked[: locked.index(b"%%EOF\n", locked.index(b"/ByteRange")) + 6]

    report = check(cut)

    assert report.reasons == (Reason.SIGNATURE_MISSING,)


@pytest.mark.parametrize("junk", [b"\n", b" ", b"%PDF-1.7", b"<script>", b"0" * 4096])
def test_bytes_behind_the_end_belong_to_nobody(check, locked, junk):
    report = check(locked + junk)

    assert report.reasons == (Reason.BYTES_BEHIND_END,)
    assert report.trailing_bytes == len(junk)


def test_a_second_end_behind_the_end_is_found(check, locked):
    tail = locked[locked.rindex(b"startxref") :]

    report = check(locked + b"junk\n" + tail)

    assert report.verdict in BAD


def test_bytes_in_front_of_the_file_are_found(check, locked):
    report = check(b"\n" + locked)

    assert report.reasons == (Reason.NOT_A_PDF,)


def test_the_content_of_another_record_under_these_signatures(check, locked):
    forged = locked.replace(b"/Perms", b"/Xerms", 1)

    report = check(forged)

    assert report.verdict in BAD
