"""How a signed packet is forged: each function spoils its tree in one way."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

from lxml import etree

from documents.canonical import canonical_json, content_digest
from documents.exchange.mapping import write
from documents.exchange.trees import DS, XADES, to_bytes
from documents.kinds.primary_year_packet import FORMAT_1
from tests.documents.exchange.packets import (
    OTHER,
)
from tests.documents.rendering.sheets import year_sheet
from tests.workflow.signing.material import (
    HEAD,
    NOW,
    PERSONAL_NUMBER,
    SCHOOL,
    Desk,
)
from tests.workflow.signing.packets import (
    provider_of,
)

Tree = Any
Attack = Callable[[Tree], Any]
YEAR = timedelta(days=365)
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"


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
    find(root, "PHIEN_BAN_DINH_DANG").text = "9"


def second_format(root: Tree) -> None:
    find(root, "PHIEN_BAN_DINH_DANG").text = "2"


def kind(root: Tree) -> None:
    find(root, "LOAI_HO_SO").text = "diploma"


def another_package(root: Tree) -> None:
    find(root, "MA_GOI").text = OTHER


# -- Signers without the right -----------------------------------------------------


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
