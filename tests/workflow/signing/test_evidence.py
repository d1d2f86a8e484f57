"""Proof of non-revocation: over HTTP, in the file, and when nobody answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from tests.workflow.signing.material import (
    HEAD,
    NOW,
    PERSONAL_NUMBER,
    SCHOOL,
    Desk,
)
from workflow.signing.errors import (
    CertificateRevoked,
    RevocationUnavailable,
    SigningUnavailable,
)
from workflow.signing.evidence import Evidence, FirstOf, ListsAtHand, OnlineEvidence
from workflow.signing.longterm import Keeper
from workflow.signing.preflight import Owner, preflight
from workflow.signing.profiles import Profile
from workflow.signing.providers.pkcs12 import Pkcs12Provider
from workflow.verification.chains import load
from workflow.verification.files import pdf_slots
from workflow.verification.reasons import Reason
from workflow.verification.revocation import Revocations
from workflow.verification.stored import stored_in
from workflow.verification.structure import open_file
from workflow.verification.verifier import verify_pdf

Answer = Callable[[bytes], tuple[int, bytes]]
ME = Owner(personal_number=PERSONAL_NUMBER)
# An answer of which the second half never comes.
HALF = b"\x30\x03\x0a\x01\x00" * 100


@contextmanager
def service(answer: Answer) -> Iterator[str]:
    """What answers at the links of a certificate, on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server calls
            self.reply(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self.reply(b"")

        def reply(self, body: bytes) -> None:
            status, data = answer(body)
            self.send_response(status)
            whole = 2 * len(data) if data == HALF else len(data)
            self.send_header("Content-Length", str(whole))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def person(desk: Desk, **links: Any) -> Pkcs12Provider:
    issued = desk.ca.issue_person(
        name=HEAD,
        personal_number=PERSONAL_NUMBER,
        office="Hiệu trưởng",
        school=SCHOOL,
        at=NOW,
        profile=Profile(**links),
    )
    return Pkcs12Provider(issued.path, issued.passphrase)


def blind(desk: Desk, patience: float = 60) -> Keeper:
    """Trusts the root and knows the root's list alone: the rest has to be asked."""
    root_list = desk.ca.crls(at=NOW)[0]
    trust = replace(desk.trust, revocations=Revocations())
    lists = ListsAtHand(lambda at: [root_list])
    source = FirstOf([lists, OnlineEvidence(timeout=patience)])
    return Keeper(trust, source, desk.timestamper)


def ask(desk: Desk, keeper: Keeper, provider: Pkcs12Provider) -> Evidence:
    leaf = load(provider.describe().der)
    return keeper.source.ask(leaf, desk.ca.issuing.certificate, NOW)


def test_an_ocsp_service_is_asked_once_in_a_while(desk):
    asked = []

    def answer(body: bytes) -> tuple[int, bytes]:
        asked.append(body)
        return 200, desk.ca.ocsp_response(body, at=NOW)

    with service(answer) as url:
        provider, keeper = person(desk, ocsp_url=url), blind(desk)
        first = ask(desk, keeper, provider)
        second = ask(desk, keeper, provider)

    assert first == second
    assert len(first.answers) == 1 and first.crls == ()
    assert len(asked) == 1


def test_a_crl_is_fetched_where_no_ocsp_answers(desk):
    def answer(body: bytes) -> tuple[int, bytes]:
        return (404, b"") if body else (200, desk.ca.crls(at=NOW)[1])

    with service(answer) as url:
        found = ask(desk, blind(desk), person(desk, ocsp_url=url, crl_url=url))

    assert len(found.crls) == 1 and found.answers == ()


ENDLESS = threading.Event()


def slow(body: bytes) -> tuple[int, bytes]:
    """Longer than anybody waits in a test, and gone with the one who asked."""
    ENDLESS.wait(60)
    return 200, b""


@pytest.mark.parametrize(
    "answer",
    [
        lambda body: (500, b""),
        lambda body: (429, b""),
        lambda body: (200, b""),
        lambda body: (200, b"<html>"),
        lambda body: (200, b"\x30\x03\x0a\x01\x06"),
        lambda body: (200, HALF),
        slow,
    ],
    ids=["500", "429", "empty", "garbage", "unauthorised", "half", "slow"],
)
@pytest.mark.parametrize("link", ["ocsp_url", "crl_url"])
def test_nothing_is_signed_when_nobody_says_whether_it_is_revoked(desk, answer, link):
    with service(answer) as url:
        provider = person(desk, **{link: url})

        with pytest.raises(RevocationUnavailable) as caught:
            patience = 0.2 if answer is slow else 60
            preflight(provider, owner=ME, at=NOW, keeper=blind(desk, patience))

    assert isinstance(caught.value, SigningUnavailable), "trying again may help"
    assert caught.value.code == "revocation_unavailable"
    assert HEAD in caught.value.for_user()


def test_an_answer_about_another_certificate_is_none(desk):
    other = ocsp.OCSPRequestBuilder().add_certificate(
        desk.head.certificate, desk.ca.issuing.certificate, hashes.SHA1()
    )
    about_other = desk.ca.ocsp_response(
        other.build().public_bytes(serialization.Encoding.DER), at=NOW
    )

    with (
        service(lambda body: (200, about_other)) as url,
        pytest.raises(RevocationUnavailable),
    ):
        ask(desk, blind(desk), person(desk, ocsp_url=url))


def test_what_the_service_calls_revoked_is_refused_before_signing(desk):
    """The list at hand is older and does not know yet."""

    def answer(body: bytes) -> tuple[int, bytes]:
        return 200, desk.ca.ocsp_response(body, at=NOW)

    with service(answer) as url:
        provider = person(desk, ocsp_url=url)
        serial = provider.describe().leaf.serial_number
        desk.ca.revoke(serial, at=NOW - timedelta(hours=1))

        with pytest.raises(CertificateRevoked):
            preflight(provider, owner=ME, at=NOW, keeper=blind(desk))


def test_an_old_list_proves_nothing(desk):
    """A list that had run out when it was used could not know."""
    old = desk.ca.crls(at=NOW)
    keeper = replace(desk.keeper, source=ListsAtHand(lambda at: old))
    later = NOW + timedelta(days=40)

    with pytest.raises(RevocationUnavailable):
        keeper.complete(desk.sign_both(), at=later)


def test_a_file_that_cannot_be_completed_stays_as_good_as_before(desk):
    signed = desk.sign_both()
    nobody = replace(desk.keeper, source=ListsAtHand(lambda at: []))

    with pytest.raises(RevocationUnavailable):
        nobody.complete(signed, at=NOW)

    again = desk.keeper.complete(signed, at=NOW)
    assert again.startswith(signed)
    report = verify_pdf(again, desk.trust, NOW, slots=pdf_slots())
    assert [one.level for one in report.on_pages] == ["B-LTA", "B-LTA"]


def test_ocsp_answers_are_stored_and_prove_offline(desk):
    """Whoever has the root alone needs nobody: everything is in the file."""

    def answer(body: bytes) -> tuple[int, bytes]:
        return 200, desk.ca.ocsp_response(body, at=datetime.now(NOW.tzinfo))

    with service(answer) as url:
        key = desk.ca.issue_person(
            name=HEAD,
            personal_number=PERSONAL_NUMBER,
            office="Hiệu trưởng",
            school=SCHOOL,
            at=NOW,
            profile=Profile(ocsp_url=url),
        )
        signed = desk.sign_both(head=key)
        lists = ListsAtHand(lambda at: desk.ca.crls(at=at))
        source = FirstOf([OnlineEvidence(), lists])
        issued = replace(desk.keeper, source=source).complete(signed, at=NOW)

    stored = stored_in(open_file(issued).reader)
    root_alone = type(desk.trust)(anchors=desk.trust.anchors)
    report = verify_pdf(issued, root_alone, NOW, slots=pdf_slots())
    assert len(stored.revocations.answers) == 1
    assert report.reasons == ()
    assert [one.level for one in report.on_pages] == ["B-LTA", "B-LTA"]


def test_a_stranger_cannot_make_the_verifier_call_an_address(desk, tmp_path):
    """Links are followed only in certificates whose way to an anchor stands."""
    asked = []

    def answer(body: bytes) -> tuple[int, bytes]:
        asked.append(body)
        return 500, b""

    with service(answer) as url:
        key = desk.ca.issue_person(
            name=HEAD,
            personal_number=PERSONAL_NUMBER,
            office="",
            school=SCHOOL,
            at=NOW,
            profile=Profile(ocsp_url=url, crl_url=url),
        )
        signed = desk.sign_both(head=key)
        report = verify_pdf(
            signed,
            type(desk.trust)(),
            NOW,
            slots=pdf_slots(),
            source=OnlineEvidence(timeout=1),
        )

    assert Reason.CERTIFICATE_NOT_TRUSTED in report.reasons
    assert asked == []
