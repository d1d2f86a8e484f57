"""Signed records, judged by tools that we did not write."""

from __future__ import annotations

import subprocess
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

from tests.workflow.signing.material import (
    HEAD,
    NOW,
    SCHOOL,
    Desk,
    block,
    printed_record,
)
from workflow.signing.errors import (
    AuthorisationMismatch,
    NotSignable,
    TimestampRefused,
    TimestampUnavailable,
)
from workflow.signing.pades import finish, prepare, sign_pdf
from workflow.signing.profiles import Profile, build_certificate, person_name
from workflow.signing.providers.pkcs12 import Pkcs12Provider
from workflow.signing.timestamps import DevelopmentTimeStamper, HttpTimeStamper


def run(*command: str | Path) -> str:
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def issued(desk: Desk) -> bytes:
    return desk.issue(printed_record())


@pytest.fixture(scope="session")
def locked(desk: Desk, issued: bytes) -> bytes:
    return desk.lock(issued)


@pytest.fixture
def nss(desk: Desk, tmp_path: Path) -> Path:
    """What pdfsig trusts: our root alone."""
    folder = tmp_path / "nss"
    folder.mkdir()
    base = f"sql:{folder}"
    run("certutil", "-N", "-d", base, "--empty-password")
    root = desk.ca.directory / "root.pem"
    run("certutil", "-A", "-d", base, "-n", "root", "-t", "C,C,C", "-i", root)
    return folder


def judge_of(desk: Desk) -> ValidationContext:
    """What pyHanko needs to judge by our root, revocation aside."""
    return ValidationContext(
        trust_roots=list(desk.trust.anchors),
        other_certs=list(desk.trust.intermediates),
        moment=NOW,
        allow_fetching=False,
    )


def test_every_step_only_appends(desk, issued, locked):
    certified = desk.sign(printed_record(), "head")

    assert certified.startswith(printed_record())
    assert desk.sign(certified, "seal").startswith(certified)
    assert locked.startswith(issued)


def test_pdfsig_finds_both_signatures_valid_and_trusted(locked, nss, tmp_path):
    path = tmp_path / "record.pdf"
    path.write_bytes(locked)

    said = run("pdfsig", "-nssdir", nss, path)

    head, seal, *stamps = said.split("Signature #")[1:]
    for part, name in ((head, HEAD), (seal, SCHOOL)):
        assert f"Certificate Common Name: {name}" in part
        assert "Signature is Valid" in part
        assert "Certificate is Trusted" in part
        assert "ETSI.CAdES.detached" in part
    assert len(stamps) == 2
    assert "Total document signed" in stamps[-1]


def test_qpdf_finds_no_fault_after_each_step(desk, issued, locked, tmp_path):
    path = tmp_path / "record.pdf"

    for pdf in (desk.sign(printed_record(), "head"), issued, locked):
        path.write_bytes(pdf)
        assert "No syntax or stream encoding errors" in run("qpdf", "--check", path)


def test_the_blocks_and_the_effective_date_can_be_read(locked, tmp_path):
    path = tmp_path / "record.pdf"
    path.write_bytes(locked)

    text = run("pdftotext", path, "-")
    fonts = run("pdffonts", path).splitlines()[2:]

    assert HEAD in text
    assert "Hiệu trưởng" in text
    assert SCHOOL in text
    assert text.count("Có hiệu lực từ: 10/07/2026") == 6
    assert fonts
    assert all(" yes yes " in line for line in fonts), "a font is not embedded"


def test_pyhankos_own_policy_accepts_what_came_after_each_signature(desk, locked):
    reader = PdfFileReader(BytesIO(locked))
    context = judge_of(desk)

    for signature in reader.embedded_regular_signatures:
        status = validate_pdf_signature(signature, context)
        assert status.bottom_line, status.pretty_print_details()
        stamp_status = status.timestamp_validity
        assert stamp_status is not None and stamp_status.trusted
    for stamp in reader.embedded_timestamp_signatures:
        verdict = validate_pdf_timestamp(stamp, context)
        assert verdict.valid and verdict.trusted


def test_the_first_signature_certifies_and_allows_form_filling_only(issued):
    reader = PdfFileReader(BytesIO(issued))

    head, seal = reader.embedded_regular_signatures

    assert head.docmdp_level.value == 2
    assert seal.docmdp_level is None
    assert reader.root["/Perms"]["/DocMDP"] == head.sig_object


@pytest.mark.parametrize("field", ["head", "seal"])
def test_a_field_is_signed_once(desk, issued, field):
    with pytest.raises(NotSignable) as caught:
        desk.sign(issued, field)

    assert caught.value.field == field


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", b"not a pdf"])
def test_what_is_no_form_of_ours_is_not_signed(desk, pdf):
    with pytest.raises(NotSignable):
        desk.sign(pdf, "head")


def test_a_record_takes_effect_once(desk, locked):
    with pytest.raises(NotSignable):
        desk.lock(locked, "Có hiệu lực từ: 11/07/2026")


def prepared(desk, key, pdf=None, at=NOW):
    provider = Pkcs12Provider(key.path, key.passphrase)
    waiting = prepare(
        pdf or printed_record(),
        field="head",
        certificate=provider.describe(),
        mechanism=provider.mechanism,
        stamp_pdf=block(HEAD, "Hiệu trưởng"),
        reason="Xác nhận",
        location="Mỹ Ngãi",
        at=at,
        token_size=desk.timestamper.token_size,
    )
    return provider, waiting


def test_a_revision_that_is_written_twice_has_the_same_bytes(desk):
    _, first = prepared(desk, desk.head)
    _, second = prepared(desk, desk.head)

    assert first.output.getvalue() == second.output.getvalue()
    assert first.digest == second.digest


def test_one_authorisation_signs_many_records(desk):
    times = [NOW + timedelta(seconds=n) for n in range(3)]
    waiting = [prepared(desk, desk.head, at=at)[1] for at in times]
    provider, _ = prepared(desk, desk.head)
    digests = [one.digest for one in waiting]

    authorisation = provider.authorise(digests)
    signatures = list(provider.sign(digests, authorisation))
    files = [
        finish(one, signature, timestamper=desk.timestamper)
        for one, signature in zip(waiting, signatures, strict=True)
    ]

    assert len(set(digests)) == 3
    for pdf in files:
        (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
        status = validate_pdf_signature(signature, judge_of(desk))
        assert status.bottom_line


def test_what_was_not_authorised_is_not_signed(desk):
    provider, waiting = prepared(desk, desk.head)
    authorisation = provider.authorise([b"\0" * 32])

    with pytest.raises(AuthorisationMismatch):
        next(provider.sign([waiting.digest], authorisation))


def test_an_rsa_key_signs_with_pss(desk, tmp_path):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = person_name(name=HEAD, personal_number="1", office="", school=SCHOOL)
    certificate = build_certificate(
        subject=subject,
        public_key=key.public_key(),
        issuer=desk.ca.issuing.certificate,
        issuer_key=desk.ca.issuing.key,
        at=NOW,
        profile=Profile(),
    )
    path = tmp_path / "rsa.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            None,
            key,
            certificate,
            [desk.ca.issuing.certificate],
            serialization.BestAvailableEncryption(b"secret"),
        )
    )

    provider = Pkcs12Provider(path, "secret")
    signed = sign_pdf(
        printed_record(),
        field="head",
        provider=provider,
        stamp_pdf=block(HEAD),
        reason="",
        location="",
        at=NOW,
        timestamper=desk.timestamper,
    )

    (signature,) = PdfFileReader(BytesIO(signed)).embedded_signatures
    status = validate_pdf_signature(signature, judge_of(desk))
    assert status.bottom_line
    assert status.pkcs7_signature_mechanism == "rsassa_pss"


def test_without_a_time_stamp_the_level_is_b_b(desk):
    provider, waiting = prepared(desk, desk.head)
    (signature,) = provider.sign([waiting.digest], provider.authorise([waiting.digest]))

    signed = finish(waiting, signature, timestamper=None)

    (found,) = PdfFileReader(BytesIO(signed)).embedded_signatures
    status = validate_pdf_signature(found, judge_of(desk))
    assert status.intact and status.valid
    assert status.timestamp_validity is None


class Service:
    """A time-stamping service over HTTP on this machine."""

    def __init__(self, answer):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):  # the name that http.server calls
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, data = answer(body)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *arguments):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.server.server_close()


def test_the_service_at_a_url_is_asked(desk):
    with Service(lambda body: (200, desk.timestamper.respond(body))) as service:
        token = HttpTimeStamper(service.url).stamp(b"\1" * 32)

    assert token.digest == b"\1" * 32
    assert abs(token.moment - NOW) < timedelta(minutes=10)


def test_a_stamp_of_another_document_is_refused(desk):
    earlier = []

    def replay(body):
        earlier.append(desk.timestamper.respond(body))
        return 200, earlier[0]

    with Service(replay) as service:
        stamper = HttpTimeStamper(service.url)
        stamper.stamp(b"\1" * 32)
        with pytest.raises(TimestampRefused):
            stamper.stamp(b"\2" * 32)


@pytest.mark.parametrize(
    ("status", "data", "error"),
    [
        (500, b"", TimestampUnavailable),
        (200, b"", TimestampRefused),
        (200, b"<html>", TimestampRefused),
        (200, b"\x30\x05\x30\x03\x02\x01\x02", TimestampRefused),
        (200, b"0" * 70_000, TimestampRefused),
    ],
)
def test_a_service_that_answers_badly_is_told_apart(status, data, error):
    with Service(lambda body: (status, data)) as service, pytest.raises(error):
        HttpTimeStamper(service.url).stamp(b"\1" * 32)


def test_the_clock_of_the_development_service_can_be_set(desk):
    then = NOW - timedelta(days=140)

    token = DevelopmentTimeStamper(desk.ca, lambda: then).stamp(b"\1" * 32)

    assert token.moment == then
