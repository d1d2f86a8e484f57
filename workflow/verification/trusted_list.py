"""Read the certificates to trust from an ETSI TS 119 612 trusted list (TSL).

Authorities that issue qualified certificates (CA/QC) and time-stamping services, as
far as the supervisor has granted their status. The list is the operator's word: who
imports it vouches for it, or names the certificate that must have signed it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.parsers import expat

from asn1crypto import x509
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

NS = "{http://uri.etsi.org/02231/v2#}"
TYPES = "http://uri.etsi.org/TrstSvc/Svctype/"
AUTHORITY = f"{TYPES}CA/QC"
STAMPING = (f"{TYPES}TSA/QTST", f"{TYPES}TSA", f"{TYPES}TSA/TSS-QC")
GRANTED = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted"
# The largest national list has some ten megabytes.
LARGEST = 50 * 1024 * 1024
INFORMATION = "/".join(
    f"{NS}{name}"
    for name in (
        "TrustServiceProviderList",
        "TrustServiceProvider",
        "TSPServices",
        "TSPService",
        "ServiceInformation",
    )
)


class ListRefused(ValueError):
    """The list is not used at all; the text says why."""


@dataclass(frozen=True)
class Service:
    """One granted service and the certificate that stands for it."""

    name: str
    type: str
    certificate: x509.Certificate


@dataclass(frozen=True)
class TrustedList:
    """What is trusted, and until when the list says so itself."""

    services: tuple[Service, ...]
    next_update: datetime | None


def read_trusted_list(
    data: bytes, *, at: datetime, signer: bytes | None = None
) -> TrustedList:
    """The granted services of a list that is in force at ``at``.

    ``signer`` is the certificate (PEM) that must have signed the whole list; only what
    its signature covers is read. Raises ListRefused.
    """
    require_plain(data)
    root = parse(data if signer is None else signed_part(data, signer))
    if root.tag != f"{NS}TrustServiceStatusList":
        raise ListRefused("this is no trusted list")
    found = TrustedList(tuple(services(root)), next_update(root))
    if found.next_update is not None and found.next_update < at:
        raise ListRefused(f"the list was to be replaced by {found.next_update}")
    if not found.services:
        raise ListRefused("the list grants no service")
    return found


def require_plain(data: bytes) -> None:
    """Raises ListRefused for a DOCTYPE, and with it for every entity of its own."""
    if len(data) > LARGEST:
        raise ListRefused("the list is too long")

    def refuse(*declaration: object) -> None:
        raise ListRefused("the list brings definitions of its own")

    reader = expat.ParserCreate()
    reader.StartDoctypeDeclHandler = refuse
    reader.EntityDeclHandler = refuse
    try:
        reader.Parse(data, True)
    except expat.ExpatError as error:
        raise ListRefused(f"not XML: {error}") from error


def parse(data: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise ListRefused(f"not XML: {error}") from error


def signed_part(data: bytes, signer: bytes) -> bytes:
    """The canonical bytes of the list that ``signer`` signed.

    A list carries an enveloped signature with two references (TS 119 612 §5.7): to
    the list, and to the properties of the signature.
    """
    config = SignatureConfiguration(expect_references=True, require_x509=True)
    try:
        result = XMLVerifier().verify(
            data, x509_cert=signer.decode(), expect_config=config
        )
    except (SignXMLException, ValueError) as error:
        raise ListRefused(f"its signature: {error}") from error
    results = result if isinstance(result, list) else [result]
    for one in results:
        if covers_list(one):
            return bytes(one.signed_data)
    raise ListRefused("its signature covers something else")


def covers_list(result: VerifyResult) -> bool:
    signed = result.signed_xml
    return signed is not None and signed.tag == f"{NS}TrustServiceStatusList"


def services(root: ElementTree.Element) -> Iterator[Service]:
    """Those that are granted now; what they were before stands elsewhere."""
    for one in root.iterfind(INFORMATION):
        kind = text(one, "ServiceTypeIdentifier")
        if text(one, "ServiceStatus") != GRANTED:
            continue
        if kind != AUTHORITY and kind not in STAMPING:
            continue
        name = text(one, "ServiceName/Name")
        for place in one.iterfind(
            f"{NS}ServiceDigitalIdentity/{NS}DigitalId/{NS}X509Certificate"
        ):
            yield Service(name, kind, certificate(place.text or "", name))


def certificate(encoded: str, name: str) -> x509.Certificate:
    try:
        der = base64.b64decode("".join(encoded.split()), validate=True)
        found = x509.Certificate.load(der, strict=True)
        found.subject  # noqa: B018  raises for what is no certificate
    except (binascii.Error, ValueError, TypeError) as error:
        raise ListRefused(f"{name}: {error}") from error
    return found


def next_update(root: ElementTree.Element) -> datetime | None:
    """None stands for a list that is closed (TS 119 612 §5.3.15)."""
    written = text(root, "SchemeInformation/NextUpdate/dateTime")
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise ListRefused(f"NextUpdate: {error}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def text(parent: ElementTree.Element, path: str) -> str:
    place = "/".join(f"{NS}{name}" for name in path.split("/"))
    return (parent.findtext(place) or "").strip()
