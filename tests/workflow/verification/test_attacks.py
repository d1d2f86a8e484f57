"""Forgeries made from a real record. None is authentic, each says what was done."""

from __future__ import annotations

import random
from io import BytesIO

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from tests.workflow.signing.material import (
    HEAD,
    NOW,
    PERSONAL_NUMBER,
    SCHOOL,
    block,
    date_stamp,
    printed_record,
    set_up_desk,
)
from workflow.signing.pades import sign_pdf, stamp_document
from workflow.signing.providers.pkcs12 import Pkcs12Provider
from workflow.signing.update import RecordUpdate, fill_date
from workflow.verification.reasons import Reason, Verdict

DICTIONARY = generic.DictionaryObject
BAD = (Verdict.ALTERED, Verdict.UNREADABLE)
FLIPS = 25


def updated(pdf: bytes, change) -> bytes:
    """``pdf`` with one revision more in which ``change(writer)`` was done."""
    writer = RecordUpdate(BytesIO(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def first_page(writer):
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    while page["/Type"] == "/Pages":
        page = page["/Kids"][0].get_object()
    return page


def field(writer, name):
    for reference in writer.root["/AcroForm"]["/Fields"]:
        if reference.get_object()["/T"] == name:
            return reference.get_object()
    raise LookupError(name)


def stream(data: bytes, **entries) -> generic.StreamObject:
    names = {pdf_name(f"/{key}"): value for key, value in entries.items()}
    return generic.StreamObject(names, stream_data=data)


def drawing(writer):
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 180, 60)))
    form = {"Type": pdf_name("/XObject"), "Subtype": pdf_name("/Form"), "BBox": box}
    return writer.add_object(stream(b"0 0 180 60 re f", **form))


def repaint_page(writer):
    page = first_page(writer)
    page["/Contents"] = writer.add_object(stream(b"0 0 600 800 re f"))
    writer.update_container(page)


def repaint_content_in_place(writer):
    reference = first_page(writer).raw_get("/Contents").reference
    writer.objects[(reference.generation, reference.idnum)] = stream(b"0 0 9 9 re f")


def replace_font(writer):
    fonts = first_page(writer)["/Resources"]["/Font"]
    font = next(iter(fonts.values())).get_object()
    font["/BaseFont"] = pdf_name("/Other")
    writer.update_container(font)


def grow_page(writer):
    page = first_page(writer)
    page["/Rotate"] = generic.NumberObject(180)
    writer.update_container(page)


def add_page(writer):
    pages = writer.root["/Pages"]
    page = DICTIONARY(first_page(writer))
    pages["/Kids"].append(writer.add_object(page))
    pages["/Count"] = generic.NumberObject(int(pages["/Count"]) + 1)
    writer.update_container(pages)
    writer.update_container(pages["/Kids"])


def swap_page_tree(writer):
    writer.root["/Pages"] = writer.add_object(DICTIONARY(writer.root["/Pages"]))
    writer.update_root()


def add_note(writer):
    page = first_page(writer)
    rectangle = generic.ArrayObject(map(generic.NumberObject, (0, 0, 500, 700)))
    note = {"/Type": pdf_name("/Annot"), "/Subtype": pdf_name("/Stamp")}
    box = DICTIONARY({pdf_name(key): value for key, value in note.items()})
    box["/Rect"] = rectangle
    box["/AP"] = DICTIONARY({pdf_name("/N"): drawing(writer)})
    notes = list(page["/Annots"]) if "/Annots" in page else []
    page["/Annots"] = generic.ArrayObject([*notes, writer.add_object(box)])
    writer.update_container(page)


def repaint_block(writer):
    head = field(writer, "head")
    head["/AP"] = DICTIONARY({pdf_name("/N"): drawing(writer)})
    writer.update_container(head)


def repaint_block_in_place(writer):
    reference = field(writer, "head")["/AP"].raw_get("/N").reference
    old = reference.get_object()
    new = generic.StreamObject(dict(old), stream_data=b"0 0 9 9 re f")
    writer.objects[(reference.generation, reference.idnum)] = new


def enlarge_block(writer):
    head = field(writer, "head")
    head["/Rect"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842)))
    writer.update_container(head)


def remove_signature(writer):
    seal = field(writer, "seal")
    del seal["/V"]
    writer.update_container(seal)


def swap_signatures(writer):
    head, seal = field(writer, "head"), field(writer, "seal")
    mine, theirs = head.raw_get("/V"), seal.raw_get("/V")
    head["/V"], seal["/V"] = theirs, mine
    writer.update_container(head)
    writer.update_container(seal)


def remove_field(writer):
    form = writer.root["/AcroForm"]
    form["/Fields"] = generic.ArrayObject(list(form["/Fields"])[1:])
    writer.update_container(form)
    writer.update_root()


def rename_holder(writer):
    seal = field(writer, "seal")["/V"]
    seal["/Name"] = pdf_string("Trường khác")
    writer.update_container(seal)


def swap_attachment(writer):
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    reference = names[1].get_object()["/EF"].raw_get("/F").reference
    writer.objects[(reference.generation, reference.idnum)] = stream(b'{"forged":1}')


def add_attachment(writer):
    names = writer.root["/Names"]["/EmbeddedFiles"]
    copy = DICTIONARY(names["/Names"][1].get_object())
    content = stream(b'{"forged":1}', Type=pdf_name("/EmbeddedFile"))
    copy["/EF"] = DICTIONARY({pdf_name("/F"): writer.add_object(content)})
    names["/Names"] = generic.ArrayObject(
        [*names["/Names"], pdf_string("zzz"), writer.add_object(copy)]
    )
    writer.update_container(names)
    writer.update_root()


def act_on_opening(writer):
    action = DICTIONARY({pdf_name("/S"): pdf_name("/JavaScript")})
    action["/JS"] = pdf_string("app.alert(1)")
    writer.root["/OpenAction"] = action
    writer.update_root()


def add_metadata(writer):
    writer.root["/Metadata"] = writer.add_object(stream(b"<x/>"))
    writer.update_root()


def need_appearances(writer):
    form = writer.root["/AcroForm"]
    form["/NeedAppearances"] = generic.BooleanObject(True)
    writer.update_container(form)
    writer.update_root()


def change_date(writer):
    date = field(writer, "effective_date")["/Kids"][0].get_object()
    date["/V"] = pdf_string("Có hiệu lực từ: 10/07/2020")
    writer.update_container(date)


def other_information(writer):
    title = DICTIONARY({pdf_name("/Title"): pdf_string("Another record")})
    writer.set_info(title)


def unused_object(writer):
    writer.add_object(stream(b"nothing shows this"))


ATTACKS = [
    (repaint_page, Reason.PAGE_CHANGED),
    (repaint_content_in_place, Reason.PAGE_CHANGED),
    (replace_font, Reason.PAGE_CHANGED),
    (grow_page, Reason.PAGE_CHANGED),
    (add_page, Reason.PAGES_ADDED_OR_REMOVED),
    (swap_page_tree, Reason.PAGES_ADDED_OR_REMOVED),
    (add_note, Reason.ANNOTATION_CHANGED),
    (repaint_block, Reason.APPEARANCE_CHANGED),
    (repaint_block_in_place, Reason.APPEARANCE_CHANGED),
    (enlarge_block, Reason.FIELD_CHANGED),
    (remove_signature, Reason.SIGNATURE_REMOVED),
    (swap_signatures, Reason.SIGNATURE_REPLACED),
    (remove_field, Reason.FIELD_CHANGED),
    (rename_holder, Reason.SIGNATURE_REPLACED),
    (swap_attachment, Reason.ATTACHMENT_CHANGED),
    (add_attachment, Reason.ATTACHMENT_CHANGED),
    (act_on_opening, Reason.ACTION_ADDED),
    (add_metadata, Reason.METADATA_CHANGED),
    (other_information, Reason.METADATA_CHANGED),
    # pyHanko undoes this one when it adds a time-stamp, so it stands with the last.
    (need_appearances, Reason.FIELD_CHANGED),
    (change_date, Reason.EFFECTIVE_DATE_CHANGED),
    (unused_object, Reason.NOT_COVERED),
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
        writer = RecordUpdate(BytesIO(pdf))
        change(writer)
        return stamp_document(writer, desk.timestamper)

    report = check(forge(issued))

    assert report.verdict == Verdict.ALTERED
    assert reason in report.reasons


def test_a_date_that_nobody_time_stamped_is_not_accepted(check, issued):
    text = "Có hiệu lực từ: 10/07/2026"

    report = check(updated(issued, lambda w: fill_date(w, text, date_stamp(text))))

    assert report.reasons == (Reason.NOT_COVERED,)


def test_dates_that_differ_between_pages_are_not_accepted(desk, check, issued):
    text = "Có hiệu lực từ: 10/07/2026"
    writer = RecordUpdate(BytesIO(issued))
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
        field="stranger",  # type: ignore[arg-type]
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
    forged = desk.sign(desk.sign(printed_record(), "head", other.head), "seal")

    report = check(forged)

    assert report.signatures[0].personal_number == PERSONAL_NUMBER
    assert (report.signatures[0].signer, report.signatures[0].trusted) == (HEAD, False)
    assert report.reasons == (Reason.CERTIFICATE_NOT_TRUSTED,)


def test_the_seal_of_another_school(desk, check):
    other = desk.ca.issue_seal(school=SCHOOL, tax_code="1400999999", at=NOW)

    report = check(desk.sign(desk.sign(printed_record(), "head"), "seal", other))

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
