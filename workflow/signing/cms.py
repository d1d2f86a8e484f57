"""The CMS envelope (RFC 5652) of our signatures and time-stamps, written as DER.

Written here and not by asn1crypto's object model, because that encodes every part
several times over: it was two thirds of the cost of a signature. The parts that do
not change (certificates, algorithms) are bytes from the start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from asn1crypto import cms, core, x509
from asn1crypto import tsp as rfc3161
from pyhanko.sign.general import as_signing_certificate_v2

from workflow.signing.providers.base import DIGEST, Mechanism

SEQUENCE, SET, OCTETS = 0x30, 0x31, 0x04
TAG_0, TAG_1 = 0xA0, 0xA1


def der(tag: int, *parts: bytes) -> bytes:
    """Tag, length and content (X.690 §8.1)."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def oid(dotted: str) -> bytes:
    return bytes(core.ObjectIdentifier(dotted).dump())


DATA = oid("1.2.840.113549.1.7.1")
SIGNED_DATA = oid("1.2.840.113549.1.7.2")
CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
TIMESTAMP_INFO = oid("1.2.840.113549.1.9.16.1.4")
SIGNATURE_TIMESTAMP = oid("1.2.840.113549.1.9.16.2.14")
SIGNING_CERTIFICATE = oid("1.2.840.113549.1.9.16.2.47")
SHA256 = der(SEQUENCE, oid("2.16.840.1.101.3.4.2.1"))
TOKEN = "signature_time_stamp_token"
VERSION_1, VERSION_3 = b"\x02\x01\x01", b"\x02\x01\x03"


def attribute(kind: bytes, value: bytes) -> bytes:
    return der(SEQUENCE, kind, der(SET, value))


def signed_attributes(digest: bytes, leaf: x509.Certificate, content: bytes) -> bytes:
    """The SET that is signed: type and digest of the content, and by whom.

    PAdES (EN 319 142-1 §6.3) wants no signing time here; the PDF claims it in /M.
    """
    members = (
        attribute(CONTENT_TYPE, content),
        attribute(MESSAGE_DIGEST, der(OCTETS, digest)),
        attribute(SIGNING_CERTIFICATE, certificate_reference(leaf.dump())),
    )
    return der(SET, *sorted(members))


@lru_cache(maxsize=256)
def certificate_reference(leaf: bytes) -> bytes:
    """ESSCertIDv2 (RFC 5035): nobody can put another certificate in its place."""
    certificate = x509.Certificate.load(leaf)
    return bytes(as_signing_certificate_v2(certificate, DIGEST).dump())


def envelope(
    *,
    attributes: bytes,
    signature: bytes,
    mechanism: Mechanism,
    leaf: x509.Certificate,
    chain: Iterable[x509.Certificate],
    token: bytes | None = None,
    info: bytes | None = None,
) -> bytes:
    """The finished SignedData; detached, unless ``info`` (a TSTInfo) goes inside.

    ``attributes`` is what ``signed_attributes`` gave, ``token`` a time-stamp over
    ``signature``.
    """
    certificates = sorted(one.dump() for one in (leaf, *chain))
    content = (
        der(SEQUENCE, DATA)
        if info is None
        else der(SEQUENCE, TIMESTAMP_INFO, der(TAG_0, der(OCTETS, info)))
    )
    data = der(
        SEQUENCE,
        VERSION_1 if info is None else VERSION_3,
        der(SET, SHA256),
        content,
        der(TAG_0, *certificates),
        der(SET, signer_info(attributes, signature, mechanism, leaf, token)),
    )
    return der(SEQUENCE, SIGNED_DATA, der(TAG_0, data))


def signer_info(
    attributes: bytes,
    signature: bytes,
    mechanism: Mechanism,
    leaf: x509.Certificate,
    token: bytes | None,
) -> bytes:
    number = leaf["tbs_certificate"]["serial_number"].dump()
    unsigned = attribute(SIGNATURE_TIMESTAMP, token) if token else b""
    return der(
        SEQUENCE,
        VERSION_1,
        der(SEQUENCE, leaf.issuer.dump(), number),
        SHA256,
        # In place they are [0] IMPLICIT; signed they are a SET (RFC 5652 §5.4).
        bytes((TAG_0,)) + attributes[1:],
        algorithm(mechanism),
        der(OCTETS, signature),
        der(TAG_1, unsigned) if unsigned else b"",
    )


@lru_cache(maxsize=8)
def algorithm(mechanism: Mechanism) -> bytes:
    return bytes(mechanism.identifier().dump())


def timestamp_request(digest: bytes, nonce: int) -> rfc3161.TimeStampReq:
    """A request for a SHA-256 digest that wants the certificates in the answer."""
    imprint = {"hash_algorithm": {"algorithm": DIGEST}, "hashed_message": digest}
    return rfc3161.TimeStampReq(
        {"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    )


def certificates_of(
    signed: cms.SignedData,
) -> tuple[x509.Certificate, list[x509.Certificate]]:
    """The signer's certificate, named to the byte, and the others that came with it.

    Raises ValueError unless there is one signer, named by issuer and number, and its
    certificate is there.
    """
    infos = signed["signer_infos"]
    if len(infos) != 1 or infos[0]["sid"].name != "issuer_and_serial_number":
        raise ValueError("not one signer, named by issuer and number")
    sid = infos[0]["sid"].chosen
    issuer, number = sid["issuer"].dump(), sid["serial_number"].dump()
    found = [shared(one.chosen) for one in signed["certificates"] or ()]
    for place, one in enumerate(found):
        body = one["tbs_certificate"]
        if (body["issuer"].dump(), body["serial_number"].dump()) == (issuer, number):
            return one, found[:place] + found[place + 1 :]
    raise ValueError("the signer's certificate is missing")


def shared(certificate: x509.Certificate) -> x509.Certificate:
    """The same certificate for the same bytes, so that each is taken apart once.

    What is read anew from bytes compares names and looks for extensions anew, which
    costs more than its signature.
    """
    return _shared(certificate.dump()) or certificate


@lru_cache(maxsize=1024)
def _shared(data: bytes) -> x509.Certificate | None:
    """None for what is no certificate through and through: its reader says why."""
    try:
        certificate = x509.Certificate.load(data, strict=True)
        # Taken apart before any other thread sees it.
        certificate.native  # noqa: B018
        certificate.critical_extensions  # noqa: B018
    except (ValueError, TypeError, KeyError):
        return None
    return certificate


def timestamp_of(signed: cms.SignedData) -> cms.SignedData | None:
    """The token over the signature, if there is exactly one."""
    for one in signed["signer_infos"][0]["unsigned_attrs"] or ():
        if one["type"].native == TOKEN and len(one["values"]) == 1:
            return one["values"][0]["content"]
    return None


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
