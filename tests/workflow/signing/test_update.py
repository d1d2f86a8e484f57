"""What is kept between two signatures changes nothing in them."""

from __future__ import annotations

from asn1crypto import cms

from tests.workflow.signing.material import NOW, Desk, block, printed_record
from workflow.signing.cms import certificates_of
from workflow.signing.pades import prepare
from workflow.signing.providers.pkcs12 import Pkcs12Provider
from workflow.signing.reading import RecordReader
from workflow.signing.update import read_stamp


def prepared(desk: Desk, pdf: bytes, stamp: bytes) -> bytes:
    provider = Pkcs12Provider(desk.head.path, desk.head.passphrase)
    return prepare(
        pdf,
        field="head",
        certificate=provider.describe(),
        mechanism=provider.mechanism,
        stamp_pdf=stamp,
        reason="",
        location="",
        at=NOW,
    ).output.getvalue()


def test_a_stamp_that_was_drawn_before_is_drawn_to_the_byte(desk):
    pdf, stamp = printed_record(), block("Trần Thị Bình", "Hiệu trưởng")
    read_stamp.cache_clear()
    first = prepared(desk, pdf, stamp)
    other = prepared(desk, pdf, block("Trường", "Con dấu"))

    again = prepared(desk, pdf, stamp)

    assert read_stamp.cache_info().hits == 1
    assert again == first != other


def signed_data(content: bytes) -> cms.SignedData:
    return cms.ContentInfo.load(content)["content"]


def test_a_certificate_is_taken_apart_once_and_a_changed_one_is_another(desk):
    pdf = desk.sign(printed_record(), "head")
    (signature,) = RecordReader(pdf).embedded_signatures
    content: bytes = signature.pkcs7_content
    place = content.index("Mỹ Ngãi".encode())
    changed = content[:place] + b"N" + content[place + 1 :]

    leaf, others = certificates_of(signed_data(content))

    again, same = certificates_of(signed_data(content))
    assert again is leaf
    assert [one.dump() for one in same] == [one.dump() for one in others]
    assert leaf.dump() in content
    forged, _others = certificates_of(signed_data(changed))
    assert forged.dump() != leaf.dump()
    assert forged.dump() in changed
