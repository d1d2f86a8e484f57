"""Kinds of keys that sign a packet, and those that are too weak."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from signxml.algorithms import SignatureMethod

from documents.exchange.trees import DS
from tests.documents.exchange.packets import packet
from tests.workflow.signing.judges import signxml_accepts, xmlsec1
from tests.workflow.signing.material import HEAD, NOW, PERSONAL_NUMBER, SCHOOL, Desk
from tests.workflow.signing.packets import SLOTS, sign
from workflow.signing.profiles import Profile, build_certificate, person_name
from workflow.signing.providers.base import Mechanism
from workflow.signing.providers.pkcs12 import PREHASHED, Pkcs12Provider
from workflow.verification.xml import verify_xml


class RsaProvider(Pkcs12Provider):
    """A token of today: PKCS#1 v1.5 though PSS were better."""

    mechanism = Mechanism.RSA_PKCS1

    def sign(self, digests, authorisation):
        key = self._loaded.key
        assert isinstance(key, rsa.RSAPrivateKey)
        for digest in digests:
            yield key.sign(digest, padding.PKCS1v15(), PREHASHED)


def rsa_file(desk: Desk, folder: Path, bits: int) -> Path:
    key = rsa.generate_private_key(65537, bits)
    certificate = certificate_for(desk, key.public_key())
    return key_file(desk, folder, key, certificate)


def certificate_for(desk: Desk, public_key):
    issuing = desk.ca.issuing
    return build_certificate(
        subject=person_name(
            name=HEAD,
            personal_number=PERSONAL_NUMBER,
            office="Hiệu trưởng",
            school=SCHOOL,
        ),
        public_key=public_key,
        issuer=issuing.certificate,
        issuer_key=issuing.key,
        at=NOW,
        profile=Profile(),
    )


def key_file(desk: Desk, folder: Path, key, certificate) -> Path:
    path = folder / "key.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"head",
            key,
            certificate,
            [desk.ca.issuing.certificate],
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    return path


@pytest.mark.parametrize(
    ("provider", "method"),
    [
        (Pkcs12Provider, SignatureMethod.SHA256_RSA_MGF1),
        (RsaProvider, SignatureMethod.RSA_SHA256),
    ],
)
def test_rsa_signs_and_is_accepted(desk, tmp_path, provider, method):
    made = packet()

    sign(
        desk,
        made,
        "CBQL",
        provider=provider(rsa_file(desk, tmp_path, 2048), "secret"),
    )

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=[SLOTS[3]])
    assert report.verdict == "authentic", report.reasons
    assert signxml_accepts(made, "CBQL", method)


def test_xmlsec1_accepts_rsa_with_pkcs1_padding(desk, tmp_path, path):
    made = packet()

    sign(
        desk,
        made,
        "CBQL",
        provider=RsaProvider(rsa_file(desk, tmp_path, 2048), "secret"),
    )

    path.write_bytes(made.to_bytes())
    assert xmlsec1(desk, path, "CBQL").startswith("OK\n")


def test_a_key_that_is_too_short_is_named(desk, tmp_path):
    made = packet()

    sign(
        desk,
        made,
        "CBQL",
        provider=Pkcs12Provider(rsa_file(desk, tmp_path, 1024), "secret"),
    )

    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=[SLOTS[3]])
    assert "weak_algorithm" in report.reasons


def test_ecdsa_values_have_a_fixed_length_also_for_larger_curves(desk, tmp_path):
    key = ec.generate_private_key(ec.SECP521R1())
    file = key_file(desk, tmp_path, key, certificate_for(desk, key.public_key()))
    made = packet()

    sign(desk, made, "CBQL", provider=Pkcs12Provider(file, "secret"))

    value = made.places.root.findtext(f".//CBQL/{DS}Signature/{DS}SignatureValue")
    report = verify_xml(made.to_bytes(), desk.trust, NOW, slots=[SLOTS[3]])
    assert len(value) == 176  # base64 of twice 66 bytes
    assert report.verdict == "authentic"
