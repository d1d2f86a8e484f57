"""Attacks on a signed packet, each made by our code from a real one.

Whatever an attacker may do without the keys is done here: none is authentic, and
each is called by its own name. The tree is always spelled anew in the one way that
the reader takes, so that nothing is refused for its spelling alone.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from documents.canonical import canonical_json, content_digest
from documents.exchange.faults import Fault
from documents.exchange.mapping import write
from documents.exchange.packages import Package
from documents.exchange.reading import open_record
from documents.exchange.receipts import Receipt
from documents.exchange.records import RecordPacket
from documents.exchange.trees import DECLARATION, DS, END, XADES, to_bytes
from documents.kinds.primary_year_packet import FORMAT_1
from tests.documents.exchange.packets import (
    LINES,
    OTHER,
    package_header,
    packet,
    receipt_header,
)
from tests.documents.rendering.sheets import year_sheet
from tests.workflow.signing.material import (
    HEAD,
    NOW,
    PERSONAL_NUMBER,
    SCHOOL,
    Desk,
    set_up_desk,
)
from tests.workflow.signing.packets import (
    SLOTS,
    issued,
    package_of_two,
    provider_of,
    sealed,
    sign,
    signed_by_teachers,
)
from workflow.signing.profiles import Profile
from workflow.signing.timestamps import DevelopmentTimeStamper
from workflow.signing.xades import finish, prepare
from workflow.verification.reasons import SENTENCES, Reason
from workflow.verification.xml import verify_package, verify_receipt, verify_xml

Tree = Any
Attack = Callable[[Tree], Any]
YEAR = timedelta(days=365)
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Desk:
    return set_up_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def original(desk) -> bytes:
    return issued(desk).to_bytes()


@pytest.fixture(scope="module")
def verdict(desk):
    """The verdict and its reasons, by the trust of the desk and for its people."""

    def verdict(data: bytes, **options: Any) -> tuple[str, tuple[Reason, ...]]:
        options = {"slots": SLOTS} | options
        report = verify_xml(data, desk.trust, NOW, **options)
        if report.verdict not in READABLE:
            assert (report.record, report.header) == (None, None)
        return report.verdict, report.reasons

    return verdict


READABLE = ("authentic", "unknown")


def attacked(data: bytes, attack: Attack) -> bytes:
    root = etree.fromstring(data)
    attack(root)
    return to_bytes(root)


def find(root: Tree, path: str) -> Tree:
    found = root.find(f".//{path}")
    assert found is not None, path
    return found


def signature(root: Tree, slot: str) -> Tree:
    return find(root, f"{slot}/{DS}Signature")


# -- The data ------------------------------------------------------------------


def better_mark(root: Tree) -> None:
    find(root, "DIEM_TONG_KET/MUC_DAT").text = "T"


def rewritten(root: Tree) -> None:
    """Another content with the right digest in the header."""
    sheet = year_sheet(3, result="excellent")
    content = canonical_json(sheet)
    fill(root, content)


def fill(root: Tree, content: bytes) -> None:
    place = find(root, "THONG_TIN_HOC_BA")
    ids = {one.findtext("MA_MON"): one.get("Id") for one in root.iter("DIEM_TONG_KET")}
    del place[1:]
    data = json.loads(content)
    write(place, FORMAT_1.members, data, lambda item, key: ids[key])
    find(root, "SHA256").text = content_digest("primary_year", 1, content)


def other_version(root: Tree) -> None:
    find(root, "SO_PHIEN_BAN").text = "2"


def digest_of_another(root: Tree) -> None:
    find(root, "SHA256").text = content_digest("primary_year", 1, b"{}")


def row_of_another(root: Tree) -> None:
    row = find(root, "DIEM_TONG_KET")
    row.set("Id", row.get("Id").replace(root_record(root), OTHER))


def another_uuid(root: Tree) -> None:
    find(root, "MA_HO_SO").text = OTHER


def root_record(root: Tree) -> str:
    text: str = find(root, "MA_HO_SO").text
    return text


# -- Wrapping: the signed data elsewhere, forged data in its place ----------------


def forged(element: Tree) -> Tree:
    """A copy with a better mark, put in the place of the original."""
    copy = deepcopy(element)
    better_mark(copy)
    element.getparent().replace(element, copy)
    return copy


def without_ids(element: Tree) -> None:
    for one in element.iter("*"):
        if one.get("Id"):
            one.set("Id", "x" + one.get("Id"))


def wrap_in_object(root: Tree) -> None:
    data = root[0]
    forged(data)
    etree.SubElement(signature(root, "CBQL"), f"{DS}Object").append(data)


def wrap_in_object_under_another_id(root: Tree) -> None:
    data = root[0]
    without_ids(forged(data))
    etree.SubElement(signature(root, "CBQL"), f"{DS}Object").append(data)


def wrap_as_sibling(root: Tree) -> None:
    data = root[0]
    without_ids(forged(data))
    root.append(data)


def wrap_below_the_issue(root: Tree) -> None:
    data = root[0]
    without_ids(forged(data))
    etree.SubElement(root[1], "CU").append(data)


def wrap_whole_document(root: Tree) -> None:
    inside = deepcopy(root)
    without_ids(root)
    better_mark(root)
    root.append(inside)


def wrap_in_unsigned_properties(root: Tree) -> None:
    sheet = root[0][0]
    without_ids(forged(sheet))
    find(signature(root, "KY_PHAT_HANH"), f"{XADES}UnsignedProperties").append(sheet)


def wrap_rows_among_signers(root: Tree) -> None:
    row = find(root, "DIEM_TONG_KET")
    copy = deepcopy(row)
    copy.set("Id", "x")
    copy.find("MUC_DAT").text = "T"
    row.getparent().replace(row, copy)
    find(root, "DANH_SACH_THONG_TIN_KY").append(row)


# -- What a signature refers to ----------------------------------------------------


def same_id_twice(root: Tree) -> None:
    first, second = root.findall(".//DIEM_TONG_KET")[:2]
    second.set("Id", first.get("Id"))


def signature_id_twice(root: Tree) -> None:
    signature(root, "CBQL").set("Id", signature(root, "GVCN").get("Id"))


def moved_signature(root: Tree) -> None:
    """The class teacher's signature in the head's place: it covers less."""
    place = find(root, "CBQL")
    place[:] = [find(root, f"GVCN/{DS}Signature")]
    find(root, "GVCN").getparent().remove(find(root, "GVCN"))


def moved_reference(root: Tree) -> None:
    uri = f"#{find(root, 'THONG_TIN_HOC_BA').get('Id')}"
    find(signature(root, "CBQL"), f"{DS}Reference").set("URI", uri)


def no_references(root: Tree) -> None:
    info = signature(root, "CBQL")[0]
    del info[2:]


def no_reference_to_the_data(root: Tree) -> None:
    info = signature(root, "CBQL")[0]
    del info[2]


def reference(uri: str) -> Attack:
    def attack(root: Tree) -> None:
        find(signature(root, "CBQL"), f"{DS}Reference").set("URI", uri)

    return attack


def transform(algorithm: str, text: str = "") -> Attack:
    def attack(root: Tree) -> None:
        transforms = find(signature(root, "CBQL"), f"{DS}Transforms")
        added = etree.SubElement(transforms, f"{DS}Transform", Algorithm=algorithm)
        if text:
            etree.SubElement(added, f"{DS}XPath").text = text

    return attack


def inclusive_namespaces(root: Tree) -> None:
    place = find(signature(root, "CBQL"), f"{DS}Transform")
    name = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"
    etree.SubElement(place, name, PrefixList="xs")


def no_transform(root: Tree) -> None:
    transforms = find(signature(root, "CBQL"), f"{DS}Transforms")
    transforms.getparent().remove(transforms)


def algorithm(tag: str, name: str) -> Attack:
    def attack(root: Tree) -> None:
        find(signature(root, "CBQL"), f"{DS}{tag}").set("Algorithm", name)

    return attack


# -- Around the signatures ---------------------------------------------------------


def beside(path: str) -> Attack:
    def attack(root: Tree) -> None:
        place = root if path == "." else find(root, path)
        etree.SubElement(place, "GHI_CHU").text = "Lên lớp"

    return attack


def loose_text(root: Tree) -> None:
    root[1].text = "Lên lớp"


def loose_attribute(root: Tree) -> None:
    root.set("ketQua", "HTXS")


def foreign_attribute(root: Tree) -> None:
    name = "{http://www.w3.org/2001/XMLSchema-instance}type"
    find(root, "HO_TEN").set(name, "text")


def unsigned_property(root: Tree) -> None:
    place = find(signature(root, "CBQL"), f"{XADES}UnsignedSignatureProperties")
    etree.SubElement(place, f"{XADES}CounterSignature")


def key_value(root: Tree) -> None:
    place = find(signature(root, "CBQL"), f"{DS}KeyInfo")
    etree.SubElement(place, f"{DS}KeyName").text = "head"


def other_target(root: Tree) -> None:
    place = find(signature(root, "CBQL"), f"{XADES}QualifyingProperties")
    place.set("Target", "#another")


def free_bits(root: Tree) -> None:
    """Base64 has bits that decoders ignore."""
    place = find(signature(root, "CBQL"), f"{DS}SignatureValue")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = place.text.rstrip("=")[-1]
    other = letters[letters.index(last) ^ 1]
    place.text = place.text.replace(f"{last}==", f"{other}==")


def claimed_time(root: Tree) -> None:
    find(signature(root, "CBQL"), f"{XADES}SigningTime").text = "2020-01-01T00:00:00Z"


def swapped_values(root: Tree) -> None:
    first = find(signature(root, "CBQL"), f"{DS}SignatureValue")
    second = find(signature(root, "KY_PHAT_HANH"), f"{DS}SignatureValue")
    first.text, second.text = second.text, first.text


def certificate_of_another(root: Tree) -> None:
    first = find(signature(root, "CBQL"), f"{DS}X509Certificate")
    first.text = find(signature(root, "KY_PHAT_HANH"), f"{DS}X509Certificate").text


def swapped_stamps(root: Tree) -> None:
    first = find(signature(root, "CBQL"), f"{XADES}EncapsulatedTimeStamp")
    second = find(signature(root, "KY_PHAT_HANH"), f"{XADES}EncapsulatedTimeStamp")
    first.text, second.text = second.text, first.text


def without_stamp(root: Tree) -> None:
    place = find(signature(root, "CBQL"), f"{XADES}UnsignedProperties")
    place.getparent().remove(place)


def without(slot: str) -> Attack:
    def attack(root: Tree) -> None:
        place = find(root, slot)
        place.getparent().remove(place)

    return attack


def without_any(root: Tree) -> None:
    for slot in ("GVBM", "GVBM", "GVCN", "CBQL", "KY_PHAT_HANH"):
        without(slot)(root)


def deep(root: Tree) -> None:
    place = root[1]
    for _ in range(40):
        place = etree.SubElement(place, "CBQL")


def format_version(root: Tree) -> None:
    find(root, "PHIEN_BAN_DINH_DANG").text = "2"


def kind(root: Tree) -> None:
    find(root, "LOAI_HO_SO").text = "diploma"


MANGLED: dict[str, tuple[Attack, str]] = {
    "a better mark": (better_mark, "record_digest_wrong"),
    "another content with its digest": (rewritten, "bytes_changed"),
    "another version number": (other_version, "bytes_changed"),
    "the digest of another content": (digest_of_another, "record_digest_wrong"),
    "a row of another record": (row_of_another, "another_record"),
    "another record's number": (another_uuid, "another_record"),
    "wrapping 1: in an object": (wrap_in_object, "id_duplicated"),
    "wrapping 2: other Id": (wrap_in_object_under_another_id, "data_out_of_place"),
    "wrapping 3: as a sibling": (wrap_as_sibling, "data_out_of_place"),
    "wrapping 4: below the issue": (wrap_below_the_issue, "data_out_of_place"),
    "wrapping 5: a document inside": (wrap_whole_document, "data_out_of_place"),
    "wrapping 6: in a property": (wrap_in_unsigned_properties, "data_out_of_place"),
    "wrapping 7: a row": (wrap_rows_among_signers, "data_out_of_place"),
    "the same Id twice": (same_id_twice, "id_duplicated"),
    "the Id of another signature": (signature_id_twice, "id_duplicated"),
    "a signature in another slot": (moved_signature, "reference_moved"),
    "a moved reference": (moved_reference, "reference_moved"),
    "no references": (no_references, "references_missing"),
    "no reference to the data": (no_reference_to_the_data, "references_missing"),
    "the whole document": (reference(""), "reference_forbidden"),
    "an outside reference": (reference("http://a.example/"), "reference_forbidden"),
    "a file": (reference("file:///etc/passwd"), "reference_forbidden"),
    "xpointer": (reference("#xpointer(/)"), "reference_forbidden"),
    "an XPath reference": (reference("#xpointer(id('data'))"), "reference_forbidden"),
    "an XPath transform": (transform(XPATH, "//HO_TEN"), "transform_forbidden"),
    "an enveloped transform": (transform(ENVELOPED), "transform_forbidden"),
    "inclusive namespaces": (inclusive_namespaces, "transform_forbidden"),
    "no transform": (no_transform, "transform_forbidden"),
    "SHA-1": (
        algorithm("DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1"),
        "weak_algorithm",
    ),
    "HMAC": (
        algorithm("SignatureMethod", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
        "weak_algorithm",
    ),
    "RSA's method for a curve": (
        algorithm(
            "SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
        ),
        "signature_broken",
    ),
    "an element beside the data": (beside("."), "unsigned_element"),
    "an element beside the head": (beside("PHAT_HANH_HOC_BA"), "unsigned_element"),
    "an element beside a signature": (beside("CBQL"), "unsigned_element"),
    "text that nobody signed": (loose_text, "unsigned_element"),
    "an attribute that nobody signed": (loose_attribute, "unsigned_element"),
    "an element in the sheet": (beside("HOC_SINH"), "packet_invalid"),
    "a type of its own": (foreign_attribute, "packet_invalid"),
    "a property that nobody signed": (unsigned_property, "packet_invalid"),
    "another name for the key": (key_value, "packet_invalid"),
    "properties of another signature": (other_target, "envelope_changed"),
    "free bits of base64": (free_bits, "envelope_changed"),
    "a claimed time": (claimed_time, "bytes_changed"),
    "swapped values": (swapped_values, "signature_broken"),
    "the certificate of another": (certificate_of_another, "envelope_changed"),
    "swapped time-stamps": (swapped_stamps, "timestamp_broken"),
    "no time-stamp": (without_stamp, "no_timestamp"),
    "without a subject teacher": (without("GVBM"), "bytes_changed"),
    "without the class teacher": (without("GVCN"), "bytes_changed"),
    "without the head": (without("CBQL"), "signature_missing"),
    "without the seal": (without("KY_PHAT_HANH"), "signature_missing"),
    "without any signature": (without_any, "not_signed"),
    "too deep": (deep, "too_complex"),
    "an unknown version": (format_version, "packet_version_unknown"),
    "an unknown kind": (kind, "packet_version_unknown"),
}


@pytest.mark.parametrize("what", MANGLED)
def test_a_mangled_packet_is_called_what_it_is(original, verdict, what: str):
    attack, reason = MANGLED[what]

    found, reasons = verdict(attacked(original, attack))

    assert found != "authentic"
    assert reason in reasons, reasons
    assert verdict(original) == ("authentic", ())


# -- The bytes ---------------------------------------------------------------------

DOCTYPE = b'<!DOCTYPE HOC_BA [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LAUGHS = b"<!DOCTYPE HOC_BA [<!ENTITY a 'ha'>%s]>" % b"".join(
    b"<!ENTITY a%d '&a;&a;&a;'>" % n for n in range(30)
)


def behind_declaration(added: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(DECLARATION, DECLARATION + added, 1)


def inside(tag: bytes, old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def attack(data: bytes) -> bytes:
        before, after = b"<%s>%s" % (tag, old), b"<%s>%s" % (tag, new)
        assert before in data
        return data.replace(before, after, 1)

    return attack


SPELLED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an external entity": (behind_declaration(DOCTYPE), "dtd_forbidden"),
    "an entity bomb": (behind_declaration(LAUGHS), "dtd_forbidden"),
    "an outside DTD": (
        behind_declaration(b'<!DOCTYPE HOC_BA SYSTEM "http://a.example/a.dtd">'),
        "dtd_forbidden",
    ),
    "a comment in a score": (
        inside(b"DIEM_KTDK", b"8", b"8<!-- -->"),
        "markup_forbidden",
    ),
    "an instruction": (inside(b"DIEM_KTDK", b"8", b"8<?x?>"), "markup_forbidden"),
    "a CDATA section": (
        inside(b"DIEM_KTDK", b"8", b"<![CDATA[8]]>"),
        "markup_forbidden",
    ),
    "a character reference": (
        inside(b"DIEM_KTDK", b"8", b"&#56;"),
        "packet_rewritten",
    ),
    "an undeclared entity": (inside(b"DIEM_KTDK", b"8", b"&x;"), "damaged"),
    "white space": (lambda data: data.replace(b"><", b">\n<"), "packet_rewritten"),
    "other quotes": (lambda data: data.replace(b'"', b"'"), "packet_rewritten"),
    "a mark of the byte order": (lambda data: b"\xef\xbb\xbf" + data, "not_a_packet"),
    "UTF-16": (
        lambda data: data.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        "not_a_packet",
    ),
    "bytes behind the end": (lambda data: data + b"\n", "packet_rewritten"),
    "a second document": (lambda data: data + b"<HOC_BA/>", "damaged"),
    "half of it": (lambda data: data[: len(data) // 2], "damaged"),
    "white space that nobody signs": (
        lambda data: data.replace(b"<HOC_BA><", b"<HOC_BA>\n<", 1),
        "packet_rewritten",
    ),
    "a namespace that cannot be": (
        lambda data: data.replace(b"<HOC_BA>", b'<HOC_BA xmlns:a="b">', 1),
        "packet_rewritten",
    ),
    "an unused namespace": (
        lambda data: data.replace(b"<HOC_BA>", b'<HOC_BA xmlns:a="urn:b">', 1),
        "packet_rewritten",
    ),
    "too many elements": (
        lambda data: DECLARATION + b"<A></A>" * 30_000 + data[len(DECLARATION) :],
        "too_complex",
    ),
    "a deep well": (
        lambda data: DECLARATION + b"<A>" * 5_000 + b"</A>" * 5_000 + END,
        "too_complex",
    ),
    "nothing": (lambda data: b"", "empty_file"),
    "a PDF": (lambda data: b"%PDF-1.7\n" + data, "not_a_packet"),
    "too large": (lambda data: data + b" " * (4 * 2**20), "too_large"),
}


@pytest.mark.parametrize("what", SPELLED)
def test_another_spelling_is_called_what_it_is(original, verdict, what: str):
    attack, reason = SPELLED[what]

    found, reasons = verdict(attack(original))

    assert found in ("altered", "unreadable")
    assert reasons == (reason,)


def test_no_flipped_bit_anywhere_is_authentic(original, verdict):
    """Places over the whole packet, drawn once and for all by the seed."""
    places = random.Random(4).sample(range(len(original)), 150)

    def flipped(place):
        middle = bytes([original[place] ^ 0x01])
        return original[:place] + middle + original[place + 1 :]

    verdicts = {place: verdict(flipped(place)) for place in places}

    assert {found for found, _ in verdicts.values()} <= {"altered", "unreadable"}


# -- The signers -------------------------------------------------------------------


def person(desk: Desk, **changes: Any):
    values: dict[str, Any] = {
        "name": HEAD,
        "personal_number": PERSONAL_NUMBER,
        "office": "Hiệu trưởng",
        "school": SCHOOL,
        "at": NOW,
    }
    return provider_of(desk.ca.issue_person(**(values | changes)))


def seal(desk: Desk, **changes: Any):
    values: dict[str, Any] = {"school": SCHOOL, "tax_code": "1400999999", "at": NOW}
    return provider_of(desk.ca.issue_seal(**(values | changes)))


SIGNERS: dict[str, tuple[str, Callable[[Desk], Any], str]] = {
    "the seal of another school": ("KY_PHAT_HANH", seal, "wrong_school"),
    "a person's key as the seal": ("KY_PHAT_HANH", person, "wrong_school"),
    "another person": (
        "CBQL",
        lambda desk: person(desk, personal_number="087180009999"),
        "wrong_signer",
    ),
    "an expired certificate": (
        "CBQL",
        lambda desk: person(
            desk,
            profile=Profile(valid_from=NOW - YEAR, valid_until=NOW - timedelta(days=1)),
        ),
        "certificate_expired",
    ),
    "a certificate of tomorrow": (
        "CBQL",
        lambda desk: person(desk, profile=Profile(valid_from=NOW + YEAR)),
        "certificate_not_yet_valid",
    ),
    "a revoked certificate": (
        "CBQL",
        lambda desk: person(desk, profile=Profile(revoked_at=NOW - timedelta(hours=1))),
        "certificate_revoked",
    ),
    "a certificate of a web server": (
        "CBQL",
        lambda desk: person(desk, profile=Profile.web_server()),
        "certificate_not_for_signing",
    ),
    "an authority's certificate": (
        "CBQL",
        lambda desk: person(desk, profile=Profile.authority()),
        "certificate_is_authority",
    ),
}


@pytest.mark.parametrize("who", SIGNERS)
def test_a_signer_without_the_right_is_named(desk, who: str):
    slot, provider, reason = SIGNERS[who]
    made = signed_by_teachers(desk)
    sign(desk, made, slot, provider=provider(desk))
    sign(desk, made, "KY_PHAT_HANH" if slot == "CBQL" else "CBQL")

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.verdict == "unknown"
    assert reason in report.reasons


def test_the_right_person_of_a_stranger_authority_is_not_trusted(desk, tmp_path):
    stranger = set_up_desk(tmp_path)
    made = signed_by_teachers(desk)
    sign(desk, made, "CBQL", provider=provider_of(stranger.head))
    sign(desk, made, "KY_PHAT_HANH")

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.reasons == ("certificate_not_trusted",)


def test_a_time_stamp_by_a_stranger_is_not_trusted(desk, tmp_path):
    stranger = set_up_desk(tmp_path)
    made = signed_by_teachers(desk)
    sign(desk, made, "CBQL", timestamper=stranger.timestamper)
    sign(desk, made, "KY_PHAT_HANH")

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.reasons == ("timestamp_not_trusted",)


def test_a_time_that_the_stamp_contradicts_is_named(desk):
    made = signed_by_teachers(desk)
    sign(desk, made, "CBQL", at=NOW - timedelta(days=90))
    sign(desk, made, "KY_PHAT_HANH")

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.reasons == ("time_contradicted",)


def test_a_stamp_of_a_time_to_come_proves_nothing(desk):
    tomorrow = DevelopmentTimeStamper(desk.ca, lambda: NOW + timedelta(days=30))
    made = signed_by_teachers(desk)
    sign(desk, made, "CBQL", timestamper=tomorrow, at=NOW + timedelta(days=30))
    sign(desk, made, "KY_PHAT_HANH")

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert "time_contradicted" in report.reasons


def test_a_teacher_may_not_sign_for_another_subject(desk):
    other = person(desk, personal_number="087180001111", office="Giáo viên")
    made = packet()
    sign(desk, made, "GVBM", provider=other, parts=tuple(made.parts()))
    for slot in ("GVCN", "CBQL", "KY_PHAT_HANH"):
        sign(desk, made, slot)

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.reasons == ("wrong_signer",)


def test_a_signature_of_another_record_does_not_fit(desk, original, verdict):
    stranger = issued(desk, packet(record=OTHER))
    theirs = find(stranger.places.root, f"CBQL/{DS}Signature")

    def attack(root: Tree) -> None:
        find(root, "CBQL")[:] = [deepcopy(theirs)]

    found, reasons = verdict(attacked(original, attack))

    assert (found, "reference_moved" in reasons) == ("altered", True)


def test_a_subject_is_signed_by_one_teacher_only(desk):
    made = packet()
    twice = prepare(
        made.target("GVBM", ["math"]),
        certificate=provider_of(desk.head).describe(),
        mechanism=provider_of(desk.head).mechanism,
        at=NOW,
    )
    everything = tuple(made.parts())
    sign(desk, made, "GVBM", parts=everything)
    (value,) = provider_of(desk.head).sign(
        [twice.digest], provider_of(desk.head).authorise([twice.digest])
    )
    second = etree.fromstring(finish(twice, value, timestamper=None))
    holder = find(made.places.root, "DANH_SACH_GVBM")
    etree.SubElement(holder, "GVBM").append(second)
    made = open_record(to_bytes(made.places.root))
    for slot in ("GVCN", "CBQL", "KY_PHAT_HANH"):
        sign(desk, made, slot)

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=SLOTS)

    assert report.reasons == ("signature_repeated",)


# -- Packages ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(desk) -> bytes:
    return package_of_two(desk).to_bytes()


def remove_record(root: Tree) -> None:
    find(root, "DANH_SACH_HOC_BA").remove(find(root, "HOC_BA"))
    find(root, "SO_LUONG").text = "1"


def add_record(root: Tree) -> None:
    copy = deepcopy(find(root, "HOC_BA"))
    without_ids(copy)
    find(root, "DANH_SACH_HOC_BA").append(copy)
    find(root, "SO_LUONG").text = "3"


def repeat_record(root: Tree) -> None:
    find(root, "DANH_SACH_HOC_BA").append(deepcopy(find(root, "HOC_BA")))


def record_outside(root: Tree) -> None:
    root.append(find(root, "HOC_BA"))


def to_another(root: Tree) -> None:
    find(root, "MA_DON_VI_NHAN").text = "can-tho"


def sender_unsigned(root: Tree) -> None:
    root.remove(find(root, "KY_GOI"))


def another_package(root: Tree) -> None:
    find(root, "MA_GOI").text = OTHER


PACKAGES: dict[str, tuple[Attack, str]] = {
    "a record removed": (remove_record, "bytes_changed"),
    "a record added": (add_record, "bytes_changed"),
    "a record twice": (repeat_record, "id_duplicated"),
    "a record outside": (record_outside, "data_out_of_place"),
    "to another receiver": (to_another, "bytes_changed"),
    "another number": (another_package, "another_record"),
    "a wrong count": (lambda root: root.find(".//HOC_BA").clear(), "packet_invalid"),
    "nobody's": (sender_unsigned, "not_signed"),
    "something beside": (beside("."), "unsigned_element"),
    "a mark in a record": (better_mark, "bytes_changed"),
}


@pytest.mark.parametrize("what", PACKAGES)
def test_a_mangled_package_is_called_what_it_is(desk, package, what: str):
    attack, reason = PACKAGES[what]

    report = verify_package(attacked(package, attack), desk.trust, NOW, slots=SLOTS)
    untouched = verify_package(package, desk.trust, NOW, slots=SLOTS)

    assert not report.is_authentic
    assert reason in report.reasons
    assert report.records == ()
    assert untouched.is_authentic


def test_the_package_of_another_sender_is_named(desk):
    package = Package.write(package_header(), [issued(desk)])

    report = verify_package(
        sealed(desk, package, seal(desk)).to_bytes(), desk.trust, NOW, slots=SLOTS
    )

    assert report.reasons == ("wrong_school",)


def test_a_bad_record_in_a_good_package_is_named_by_itself(desk):
    mangled = RecordPacket.write(*unsigned())
    package = Package.write(package_header(count=2), [issued(desk), mangled])

    report = verify_package(
        sealed(desk, package).to_bytes(), desk.trust, NOW, slots=SLOTS
    )

    assert report.verdict == "authentic"
    assert [one.verdict for one in report.records] == ["authentic", "unknown"]
    assert report.records[1].reasons == ("not_signed",)
    assert not report.is_authentic


def unsigned():
    made = packet(record=OTHER)
    return made.header, made.content


# -- Receipts ----------------------------------------------------------------------


def refused_line(root: Tree) -> None:
    find(root, "DA_NHAN").text = "false"


def more_lines(root: Tree) -> None:
    find(root, "DANH_SACH_KET_QUA").append(deepcopy(find(root, "KET_QUA")))


RECEIPTS: dict[str, tuple[Attack, str]] = {
    "a refusal made of an acceptance": (refused_line, "bytes_changed"),
    "a line twice": (more_lines, "bytes_changed"),
    "for another package": (another_package, "bytes_changed"),
    "something beside": (beside("."), "unsigned_element"),
    "nobody's": (without("KY_BIEN_NHAN"), "not_signed"),
}


@pytest.mark.parametrize("what", RECEIPTS)
def test_a_mangled_receipt_is_called_what_it_is(desk, what: str):
    attack, reason = RECEIPTS[what]
    data = sealed(desk, Receipt.write(receipt_header(), LINES)).to_bytes()

    report = verify_receipt(attacked(data, attack), desk.trust, NOW)
    untouched = verify_receipt(data, desk.trust, NOW)

    assert report.reasons == (reason,)
    assert (report.header, report.lines) == (None, ())
    assert (untouched.verdict, untouched.lines) == ("authentic", LINES)


def test_the_receipt_of_another_receiver_is_named(desk):
    receipt = sealed(desk, Receipt.write(receipt_header(), LINES), seal(desk))

    report = verify_receipt(receipt.to_bytes(), desk.trust, NOW)

    assert report.reasons == ("wrong_school",)


def test_every_fault_of_a_packet_has_a_sentence():
    reasons = [Reason(fault.value) for fault in Fault]

    assert all(str(SENTENCES[reason]) for reason in reasons)
