"""Signatures in packets, judged by xmlsec1, xmllint and signxml's own verifier."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from signxml.algorithms import SignatureMethod
from signxml.verifier import SignatureConfiguration, XMLVerifier

from documents.exchange.faults import SlotUnavailable
from documents.exchange.reading import open_record
from documents.exchange.records import RecordPacket
from documents.exchange.trees import DS, SCHEMAS, XADES, canonical, to_bytes
from tests.documents.exchange.packets import OTHER, packet
from tests.workflow.signing.material import (
    HEAD,
    NOW,
    PERSONAL_NUMBER,
    SCHOOL,
    TAX_CODE,
    Desk,
)
from tests.workflow.signing.packets import (
    ART,
    SLOTS,
    issued,
    package_of_two,
    provider_of,
    sign,
    signed_by_teachers,
)
from workflow.signing.cms import sha256
from workflow.signing.profiles import Profile, build_certificate, person_name
from workflow.signing.providers.base import Mechanism
from workflow.signing.providers.pkcs12 import PREHASHED, Pkcs12Provider
from workflow.signing.xades import finish, prepare
from workflow.verification.report import Coverage, TimeSource
from workflow.verification.xml import verify_package, verify_xml

ELEMENTS = (
    "DU_LIEU_HOC_BA",
    "THONG_TIN_HOC_BA",
    "DIEM_TONG_KET",
    "DU_LIEU_GOI",
    f"{DS[1:-1]}:KeyInfo",
    f"{XADES[1:-1]}:SignedProperties",
)


def xmlsec1(desk: Desk, path: Path, slot: str, number: int = 1) -> str:
    folder = desk.ca.directory
    names = [part for name in ELEMENTS for part in ("--id-attr:Id", name)]
    place = f"(//{slot}/*[local-name()='Signature'])[{number}]"
    command: list[str | Path] = ["xmlsec1", "--verify", *names, "--node-xpath", place]
    command += ["--trusted-pem", folder / "root.pem"]
    command += ["--untrusted-pem", folder / "issuing.pem", path]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "packet.xml"


def test_xmlsec1_accepts_every_signature_of_a_finished_record(desk, path):
    path.write_bytes(issued(desk).to_bytes())

    said = [xmlsec1(desk, path, "GVBM", 1), xmlsec1(desk, path, "GVBM", 2)]
    said += [xmlsec1(desk, path, slot) for slot in ("GVCN", "CBQL", "KY_PHAT_HANH")]

    assert all(answer.startswith("OK\n") for answer in said), said
    # Two rows, the signature's own properties and its certificates.
    assert "References (ok/all): 4/4" in said[0]


def test_xmlsec1_accepts_package_and_records_inside_it(desk, path):
    path.write_bytes(package_of_two(desk).to_bytes())

    said = [xmlsec1(desk, path, "KY_GOI")]
    said += [xmlsec1(desk, path, "KY_PHAT_HANH", number) for number in (1, 2)]

    assert all(answer.startswith("OK\n") for answer in said), said


def test_xmlsec1_refuses_a_changed_mark(desk, path):
    data = issued(desk).to_bytes()
    path.write_bytes(data.replace(b"<MUC_DAT>H</MUC_DAT>", b"<MUC_DAT>T</MUC_DAT>", 1))

    said = [xmlsec1(desk, path, slot) for slot in ("GVBM", "CBQL", "KY_PHAT_HANH")]

    assert not any(answer.startswith("OK\n") for answer in said)


def test_xmllint_accepts_the_finished_record(desk, path):
    path.write_bytes(issued(desk).to_bytes())
    schema = SCHEMAS / "primary_year-1.xsd"

    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", schema, path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "validates" in done.stderr


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


def signxml_accepts(made: RecordPacket, slot: str, method: SignatureMethod) -> bool:
    """The verdict of signxml's own verifier on one signature's cryptography."""
    element = made.places.root.find(f".//{slot}/{DS}Signature")
    leaf = element.findtext(f".//{DS}X509Certificate")
    results = XMLVerifier().verify(
        canonical(made.places.root),
        x509_cert=leaf,
        id_attribute="Id",
        expect_config=SignatureConfiguration(
            location=f".//{slot}/",
            expect_references=3,
            signature_methods=frozenset({method}),
        ),
    )
    return isinstance(results, list) and len(results) == 3


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


def test_signxml_accepts_what_signxml_wrote(desk):
    made = issued(desk)

    assert signxml_accepts(made, "KY_PHAT_HANH", SignatureMethod.ECDSA_SHA256)


def test_openssl_accepts_the_time_stamp_over_the_signature_value(desk, tmp_path):
    root = issued(desk).places.root
    folder = desk.ca.directory
    value = root.find(f".//CBQL/{DS}Signature/{DS}SignatureValue")
    stamp = root.findtext(f".//CBQL//{XADES}EncapsulatedTimeStamp")
    data, token = tmp_path / "value", tmp_path / "token"
    data.write_bytes(canonical(value))
    token.write_bytes(b64decode(stamp))

    command = ["openssl", "ts", "-verify", "-data", data, "-in", token, "-token_in"]
    command += ["-CAfile", folder / "root.pem", "-untrusted", folder / "issuing.pem"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "Verification: OK" in done.stdout + done.stderr


def test_the_certificate_is_named_by_its_digest(desk):
    made = issued(desk)
    digest = made.places.root.find(f".//CBQL//{XADES}CertDigest/{DS}DigestValue")
    leaf = desk.head.certificate

    named = b64decode(digest.text)

    assert named == leaf.fingerprint(hashes.SHA256())
