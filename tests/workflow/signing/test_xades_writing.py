"""What is signed, in which slot, and how the signature is written."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter

import pytest
from cryptography.hazmat.primitives import hashes

from documents.exchange.faults import SlotUnavailable
from documents.exchange.reading import open_record
from documents.exchange.trees import DS, XADES
from tests.documents.exchange.packets import OTHER, packet
from tests.workflow.signing.material import NOW
from tests.workflow.signing.packets import (
    SLOTS,
    issued,
    package_of_two,
    provider_of,
    sign,
    signed_by_teachers,
)
from workflow.signing.cms import sha256
from workflow.signing.providers.base import Mechanism
from workflow.signing.xades import finish, prepare
from workflow.verification.xml import verify_xml


def test_ids_are_unique_in_a_package(desk):
    root = package_of_two(desk).root

    found = Counter(one.get("Id") for one in root.iter("*") if "Id" in one.attrib)

    assert max(found.values()) == 1
    assert len(found) > 60


def test_preparing_again_gives_the_same_digest(desk):
    certificate = provider_of(desk.head).describe()
    mechanism = Mechanism.ECDSA

    first, again = (
        prepare(
            packet().target("GVCN"),
            certificate=certificate,
            mechanism=mechanism,
            at=NOW,
        )
        for _ in range(2)
    )

    assert first == again
    assert first.digest == sha256(first.signed_info)


def test_one_authorisation_covers_many_records(desk):
    provider = provider_of(desk.head)
    made = [packet(), packet(record=OTHER)]
    prepared = [
        prepare(
            one.target("GVCN"),
            certificate=provider.describe(),
            mechanism=provider.mechanism,
            at=NOW,
        )
        for one in made
    ]
    digests = [one.digest for one in prepared]

    authorisation = provider.authorise(digests)
    values = list(provider.sign(digests, authorisation))
    for one, waiting, value in zip(made, prepared, values, strict=True):
        one.attach("GVCN", finish(waiting, value, timestamper=desk.timestamper))

    slots = SLOTS[2:3]
    for one in made:
        report = verify_xml(one.to_bytes(), desk.trust, NOW, slots=slots)
        assert report.verdict == "authentic"


def test_a_packet_can_be_stored_between_two_signers(desk):
    made = open_record(signed_by_teachers(desk).to_bytes())

    sign(desk, made, "CBQL")
    made = open_record(made.to_bytes())
    sign(desk, made, "KY_PHAT_HANH")

    assert verify_xml(made.to_bytes(), desk.trust, NOW).verdict == "authentic"


def test_a_slot_is_signed_once_and_not_under_a_later_signature(desk):
    made = issued(desk)
    early = packet()
    sign(desk, early, "GVBM", parts=("math", "art"))
    sign(desk, early, "GVBM", parts=("music",))

    for taken in ("CBQL", "GVCN"):
        with pytest.raises(SlotUnavailable):
            made.target(taken)
    with pytest.raises(SlotUnavailable) as caught:
        early.target("GVBM", ["art"])
    assert "GVBM" in caught.value.for_user()


def test_every_reference_has_one_transform_and_a_strong_digest(desk):
    root = issued(desk).places.root

    references = root.findall(f".//{DS}Reference")
    named = {
        one.get("Algorithm") for ref in references for one in ref.iter(f"{DS}Transform")
    }
    digests = {one.get("Algorithm") for one in root.iter(f"{DS}DigestMethod")}

    assert all(
        len(one.findall(f"{DS}Transforms/{DS}Transform")) == 1 for one in references
    )
    assert named == {"http://www.w3.org/2001/10/xml-exc-c14n#"}
    assert digests == {"http://www.w3.org/2001/04/xmlenc#sha256"}


def test_the_certificate_is_named_by_its_digest(desk):
    made = issued(desk)
    digest = made.places.root.find(f".//CBQL//{XADES}CertDigest/{DS}DigestValue")
    leaf = desk.head.certificate

    named = b64decode(digest.text)

    assert named == leaf.fingerprint(hashes.SHA256())
