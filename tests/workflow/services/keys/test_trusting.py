from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from lxml import etree
from signxml.algorithms import SignatureConstructionMethod
from signxml.signer import XMLSigner

from tests.workflow.signing.material import NOW, Desk, set_up_desk
from workflow.services.keys.credentials import trust
from workflow.services.keys.trusting import TrustRefused, import_trust
from workflow.verification.files import pdf_slots
from workflow.verification.trust import TrustStore
from workflow.verification.trusted_list import (
    AUTHORITY,
    GRANTED,
    STAMPING,
    TYPES,
    ListRefused,
    read_trusted_list,
)
from workflow.verification.verifier import verify_pdf

WITHDRAWN = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn"
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return set_up_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where the operator's trust lies."""
    settings.DATA_DIR = tmp_path
    settings.DEVELOPMENT_CA = True
    return tmp_path / "trust"


def service(kind: str, status: str, certificate: Any) -> str:
    der = base64.b64encode(certificate.public_bytes(DER)).decode()
    return (
        "<TSPService><ServiceInformation>"
        f"<ServiceTypeIdentifier>{kind}</ServiceTypeIdentifier>"
        "<ServiceName><Name xml:lang='vi'>Dịch vụ</Name></ServiceName>"
        "<ServiceDigitalIdentity><DigitalId>"
        f"<X509Certificate>{der}</X509Certificate>"
        "</DigitalId></ServiceDigitalIdentity>"
        f"<ServiceStatus>{status}</ServiceStatus>"
        "</ServiceInformation></TSPService>"
    )


def trusted_list(*services: str, until: datetime = NOW + timedelta(days=180)) -> bytes:
    return (
        '<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#">'
        "<SchemeInformation><NextUpdate><dateTime>"
        f"{until:%Y-%m-%dT%H:%M:%SZ}</dateTime></NextUpdate></SchemeInformation>"
        "<TrustServiceProviderList><TrustServiceProvider><TSPServices>"
        f"{''.join(services)}"
        "</TSPServices></TrustServiceProvider></TrustServiceProviderList>"
        "</TrustServiceStatusList>"
    ).encode()


def signed_list(desk: Desk, data: bytes) -> bytes:
    key = desk.ca.issuing.key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm="ecdsa-sha256",
        c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
    )
    certificate = desk.ca.issuing.certificate.public_bytes(PEM).decode()
    root = signer.sign(etree.fromstring(data), key=key, cert=certificate)
    signed: bytes = etree.tostring(root)
    return signed


def test_a_list_fills_a_store_with_what_is_granted(desk: Desk, folder: Path):
    """An issuing authority is an anchor though it is not self-signed."""
    data = trusted_list(
        service(AUTHORITY, GRANTED, desk.ca.issuing.certificate),
        service(STAMPING[0], GRANTED, desk.ca.tsa.certificate),
        service(AUTHORITY, WITHDRAWN, desk.ca.root.certificate),
        service(f"{TYPES}unspecified", GRANTED, desk.ca.ocsp.certificate),
    )

    stored = import_trust("VGCA", data, name="list.xml", at=NOW)

    store = TrustStore.from_directory(folder)
    assert {one.path.parent for one in stored} == {folder / "VGCA" / "anchors"}
    assert (store.name, len(store.anchors), store.intermediates) == ("VGCA", 2, ())
    report = verify_pdf(desk.issue(), store, NOW, slots=pdf_slots())
    assert report.reasons == ()
    assert {one.trust_store for one in report.signatures} == {"VGCA"}


def test_the_next_list_takes_back_what_it_does_not_grant(desk: Desk, folder: Path):
    one, two = desk.ca.issuing.certificate, desk.ca.tsa.certificate
    services = [service(AUTHORITY, GRANTED, one), service(STAMPING[1], GRANTED, two)]
    import_trust("VGCA", trusted_list(*services), name="", at=NOW)
    import_trust("VGCA", desk.ca.root.certificate.public_bytes(PEM), name="", at=NOW)

    import_trust("VGCA", trusted_list(services[1]), name="", at=NOW)

    store = TrustStore.from_directory(folder)
    subjects = {anchor.subject.native["common_name"] for anchor in store.anchors}
    assert subjects == {"Hocba Development Time-stamping", "Hocba Development Root"}


@pytest.mark.parametrize("encoding", [PEM, DER])
def test_certificates_and_crls_are_taken_as_they_are(
    desk: Desk, folder: Path, encoding: Any
):
    for certificate in (desk.ca.root.certificate, desk.ca.issuing.certificate):
        data = certificate.public_bytes(encoding)
        import_trust("NEAC", data, name="x", at=NOW)
    for crl in desk.ca.crls(at=NOW):
        import_trust("NEAC", crl, name="x", at=NOW)

    store = TrustStore.from_directory(folder)

    assert (len(store.anchors), len(store.intermediates), len(store.crls)) == (1, 1, 2)


def test_a_signed_list_is_read_by_its_signature_only(desk: Desk):
    data = trusted_list(service(AUTHORITY, GRANTED, desk.ca.root.certificate))
    signed = signed_list(desk, data)
    signer = desk.ca.issuing.certificate.public_bytes(PEM)

    found = read_trusted_list(signed, at=NOW, signer=signer)

    assert [one.type for one in found.services] == [AUTHORITY]


def test_a_list_by_somebody_else_or_changed_is_refused(desk: Desk, tmp_path: Path):
    data = trusted_list(service(AUTHORITY, WITHDRAWN, desk.ca.root.certificate))
    signed = signed_list(desk, data)
    mine = desk.ca.issuing.certificate.public_bytes(PEM)
    other = set_up_desk(tmp_path).ca.issuing.certificate.public_bytes(PEM)
    forged = signed.replace(WITHDRAWN.encode(), GRANTED.encode())

    for content, signer in ((data, mine), (signed, other), (forged, mine)):
        with pytest.raises(ListRefused, match="signature"):
            read_trusted_list(content, at=NOW, signer=signer)


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    b'<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#">&b;'
    b"</TrustServiceStatusList>"
)
XXE = BOMB.replace(b'"&a;&a;&a;"', b'SYSTEM "file:///etc/passwd"')


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (BOMB, "definitions of its own"),
        (XXE, "definitions of its own"),
        (b"<x", "not XML"),
        (b"<x/>", "no trusted list"),
        (trusted_list(), "grants no service"),
        (trusted_list(until=datetime(2020, 1, 1, tzinfo=UTC)), "replaced by"),
        (b"hello", ""),
    ],
)
def test_what_is_no_list_leaves_nothing_behind(folder: Path, data: bytes, detail: str):
    with pytest.raises(TrustRefused) as caught:
        import_trust("VGCA", data, name="the list", at=NOW)

    assert detail in caught.value.detail
    assert "the list" in caught.value.for_user()
    assert not folder.exists()


@pytest.mark.parametrize("store", ["", "../pki", "a/b", ".hidden"])
def test_a_store_is_a_name_and_no_path(desk: Desk, folder: Path, store: str):
    with pytest.raises(TrustRefused):
        import_trust(store, desk.ca.root.certificate.public_bytes(PEM), name="", at=NOW)

    assert not folder.exists()


def test_a_development_ca_is_refused_outside_trials(
    desk: Desk, folder: Path, settings: Any
):
    data = desk.ca.root.certificate.public_bytes(PEM)
    import_trust("VGCA", data, name="x", at=NOW)
    settings.DEVELOPMENT_CA = False

    with pytest.raises(TrustRefused):
        import_trust("NEAC", data, name="x", at=NOW)

    assert trust(NOW).anchors == ()
    assert not (folder / "NEAC").exists()
