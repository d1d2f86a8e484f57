"""The development CA, judged by openssl."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from tests.workflow.signing.material import NOW, PERSONAL_NUMBER, SCHOOL
from workflow.signing.development import (
    ensure_development_ca,
    open_development_ca,
    open_issued,
)
from workflow.signing.errors import DevelopmentOnly
from workflow.signing.profiles import Profile


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def write_pem(folder: Path, certificate: x509.Certificate) -> Path:
    path = folder / "leaf.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path


def a_person(ca, **profile):
    return ca.issue_person(
        name="Lê Văn Tám",
        personal_number=PERSONAL_NUMBER,
        office="Giáo viên",
        school=SCHOOL,
        at=NOW,
        profile=Profile(**profile),
    )


def test_openssl_accepts_the_chain_of_a_person_and_of_the_seal(desk, tmp_path):
    folder = desk.ca.directory

    for issued in (desk.head, desk.seal):
        answer = openssl(
            "verify",
            "-x509_strict",
            "-CAfile",
            folder / "root.pem",
            "-untrusted",
            folder / "issuing.pem",
            write_pem(tmp_path, issued.certificate),
        )
        assert answer.endswith(": OK\n")


def test_openssl_finds_a_revoked_certificate_on_the_crl(desk, tmp_path):
    folder = desk.ca.directory
    revoked = a_person(desk.ca, revoked_at=NOW)
    crls = desk.ca.crls(at=NOW)
    bundle = tmp_path / "crls.pem"
    bundle.write_bytes(
        b"".join(
            x509.load_der_x509_crl(crl).public_bytes(serialization.Encoding.PEM)
            for crl in crls
        )
    )

    answer = openssl(
        "verify",
        "-crl_check_all",
        "-CRLfile",
        bundle,
        "-CAfile",
        folder / "root.pem",
        "-untrusted",
        folder / "issuing.pem",
        write_pem(tmp_path, revoked.certificate),
    )

    assert "certificate revoked" in answer


def test_openssl_accepts_a_time_stamp_and_refuses_it_for_other_data(desk, tmp_path):
    folder = desk.ca.directory
    data, query, reply = tmp_path / "data", tmp_path / "query", tmp_path / "reply"
    data.write_bytes(b"record")
    openssl("ts", "-query", "-data", data, "-sha256", "-cert", "-out", query)
    reply.write_bytes(desk.timestamper.respond(query.read_bytes()))
    trust = ("-CAfile", folder / "root.pem", "-untrusted", folder / "issuing.pem")

    good = openssl("ts", "-verify", "-data", data, "-in", reply, *trust)
    data.write_bytes(b"another record")
    bad = openssl("ts", "-verify", "-data", data, "-in", reply, *trust)

    assert "Verification: OK" in good
    assert "Verification: FAILED" in bad


def test_openssl_reads_good_and_revoked_from_the_ocsp_answer(desk, tmp_path):
    folder = desk.ca.directory
    revoked = a_person(desk.ca, revoked_at=NOW)
    answers = []

    for certificate in (desk.head.certificate, revoked.certificate):
        request, response = tmp_path / "request", tmp_path / "response"
        leaf = write_pem(tmp_path, certificate)
        issuer = ("-issuer", folder / "issuing.pem")
        openssl("ocsp", *issuer, "-cert", leaf, "-no_nonce", "-reqout", request)
        response.write_bytes(desk.ca.ocsp_response(request.read_bytes(), at=NOW))
        asked = ("-no_nonce", "-respin", response, "-cert", leaf)
        trust = ("-CAfile", folder / "root.pem", "-verify_other", folder / "ocsp.pem")
        answers.append(openssl("ocsp", *issuer, *asked, *trust))

    assert "Response verify OK" in answers[0] and "leaf.pem: good" in answers[0]
    assert "leaf.pem: revoked" in answers[1]


def test_ocsp_answers_for_its_own_issuer_only(desk):
    root = desk.ca.root.certificate
    request = ocsp.OCSPRequestBuilder().add_certificate(
        desk.ca.issuing.certificate, root, hashes.SHA1()
    )
    der = request.build().public_bytes(serialization.Encoding.DER)

    answer = ocsp.load_der_ocsp_response(desk.ca.ocsp_response(der, at=NOW))

    assert answer.response_status == ocsp.OCSPResponseStatus.UNAUTHORIZED


@pytest.mark.concurrency
def test_callers_at_once_get_the_same_ca(tmp_path):
    folder = tmp_path / "var" / "pki"

    def make(_number: int) -> bytes:
        ca = ensure_development_ca(folder, at=NOW, allow_development=True)
        return ca.root.certificate.fingerprint(hashes.SHA256())

    with ThreadPoolExecutor(8) as pool:
        roots = set(pool.map(make, range(8)))

    assert len(roots) == 1
    assert [path.name for path in folder.parent.glob(".pki-*")] == []


def test_private_keys_are_readable_by_their_owner_only(desk):
    folder = desk.ca.directory

    keys = [*folder.glob("*.key"), *folder.glob("issued/*")]

    assert len(keys) >= 8
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}


def test_an_issued_key_opens_again_by_its_path(desk):
    again = open_issued(desk.head.path)

    assert again == desk.head


def test_a_crl_is_renewed_before_it_is_out_of_date(desk):
    later = NOW + timedelta(days=25)

    first, renewed = desk.ca.crls(at=NOW)[1], desk.ca.crls(at=later)[1]

    assert first != renewed
    assert x509.load_der_x509_crl(renewed).last_update_utc == later


def test_certificates_carry_no_link_to_a_service_that_is_not_there(desk):
    extensions = desk.head.certificate.extensions

    assert not [one for one in extensions if "access" in type(one.value).__name__]
    for kind in (x509.AuthorityInformationAccess, x509.CRLDistributionPoints):
        with pytest.raises(x509.ExtensionNotFound):
            extensions.get_extension_for_class(kind)


def test_the_development_ca_is_refused_where_it_is_not_allowed(tmp_path):
    folder = tmp_path / "pki"

    with pytest.raises(DevelopmentOnly):
        ensure_development_ca(folder, at=NOW, allow_development=False)
    with pytest.raises(DevelopmentOnly):
        open_development_ca(folder, allow_development=False)

    assert not folder.exists()


def test_a_folder_with_other_things_in_it_is_not_replaced(tmp_path):
    folder = tmp_path / "pki"
    folder.mkdir()
    (folder / "vgca.pem").write_text("ours")

    with pytest.raises(OSError):
        ensure_development_ca(folder, at=NOW, allow_development=True)

    assert (folder / "vgca.pem").read_text() == "ours"
