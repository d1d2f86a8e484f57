"""The place of a signature in the file, byte by byte.

The bytes between ``<`` and ``>`` are under no signature of their own. A verifier
that only decodes them lets their padding, the case of their digits and everything
in the CMS that nobody signed be changed unseen.
"""

from __future__ import annotations

from asn1crypto import cms, x509
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from workflow.signing.cms import TOKEN

SIGNER_VERSION = "v1"


def is_exact(data: bytes, signature: EmbeddedPdfSignature) -> bool:
    """Whether the place holds one CMS in DER, upper-case digits, and zeros."""
    ranges = [int(number) for number in signature.byte_range]
    if len(ranges) != 4 or ranges[0] != 0:
        return False
    hole = data[ranges[1] : ranges[2]]
    if hole[:1] != b"<" or hole[-1:] != b">":
        return False
    digits = hole[1:-1]
    content = signature.pkcs7_content
    der = content[: der_length(content)]
    written = der.hex().upper().encode()
    padding = digits[len(written) :]
    return digits.startswith(written) and not padding.strip(b"0")


def der_length(data: bytes) -> int:
    """The length of the first value in ``data``, tag and length included."""
    first = data[1]
    if first < 0x80:
        return 2 + first
    size = first & 0x7F
    return 2 + size + int.from_bytes(data[2 : 2 + size], "big")


def is_plain(signed: cms.SignedData, version: str, leaf: x509.Certificate) -> bool:
    """Whether what nobody signed in the CMS says just what the signed parts say.

    The signer is named to the byte: names compare without case otherwise.
    """
    infos = signed["signer_infos"]
    if len(infos) != 1 or signed["version"].native != version:
        return False
    info = infos[0]
    digest = info["digest_algorithm"]
    return (
        info["version"].native == SIGNER_VERSION
        and info["sid"].name == "issuer_and_serial_number"
        and info["sid"].chosen["issuer"].dump() == leaf.issuer.dump()
        and [one.dump() for one in signed["digest_algorithms"]] == [digest.dump()]
        and digest["parameters"].native is None
        and not signed["crls"]
        and unsigned_attributes(info) <= {TOKEN}
    )


def unsigned_attributes(info: cms.SignerInfo) -> set[str]:
    return {one["type"].native for one in info["unsigned_attrs"] or ()}
