"""A prepared PDF that waits for its signature longer than a request or a task lives.

The signer confirms on a phone, or the browser comes back later; until then no worker
holds the file. What is kept is no secret: it is the record without its signature.
"""

from __future__ import annotations

import json
from io import BytesIO

from asn1crypto import x509
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest

from workflow.signing.certificates import describe_certificate
from workflow.signing.pades import PreparedSignature
from workflow.signing.providers.base import Mechanism


def pack(prepared: PreparedSignature) -> bytes:
    """One line of JSON, then the file."""
    place, certificate = prepared.place, prepared.certificate
    chain = [bytes(one.dump()).hex() for one in certificate.chain]
    header = {
        "digest": place.document_digest.hex(),
        "start": place.reserved_region_start,
        "end": place.reserved_region_end,
        "attributes": prepared.attributes.hex(),
        "certificates": [certificate.der.hex(), *chain],
        "mechanism": prepared.mechanism.value,
    }
    return json.dumps(header).encode() + b"\n" + prepared.output.getvalue()


def unpack(data: bytes) -> PreparedSignature:
    """What ``pack`` wrote."""
    line, _, pdf = data.partition(b"\n")
    header = json.loads(line)
    ders = map(bytes.fromhex, header["certificates"])
    leaf, *chain = map(x509.Certificate.load, ders)
    digest = bytes.fromhex(header["digest"])
    return PreparedSignature(
        output=BytesIO(pdf),
        place=PreparedByteRangeDigest(digest, header["start"], header["end"]),
        attributes=bytes.fromhex(header["attributes"]),
        certificate=describe_certificate(leaf, chain),
        mechanism=Mechanism(header["mechanism"]),
    )
