"""What the bare bytes of a signed PDF say when the file can no longer be read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from asn1crypto import cms

BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
# A record has two signatures and some time-stamps; a hostile file may claim any number.
MOST_SIGNATURES = 16


def signed_bytes_differ(data: bytes) -> bool:
    """Whether some signature's digest is not that of the bytes that it covers.

    Then a file that cannot be read was changed after signing, and is not merely
    broken. A range behind the end of the file says nothing: the rest may be lost.
    """
    return any(
        found != hashlib.sha256(covered).digest()
        for covered, found in _signatures(data)
    )


def _signatures(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The bytes that each signature covers, and the digest that it signs."""
    matches = list(BYTE_RANGE.finditer(data[: 1 << 26]))[:MOST_SIGNATURES]
    for match in matches:
        start, length, resume, rest = (int(number[:12]) for number in match.groups())
        if not start + length < resume <= resume + rest <= len(data):
            continue
        covered = data[start : start + length] + data[resume : resume + rest]
        yield covered, _signed_digest(data[start + length : resume])


def _signed_digest(contents: bytes) -> bytes:
    """What a signature says of the document: messageDigest, or a stamp's imprint.

    Empty, which is no digest of anything, for a signature that cannot be read.
    """
    try:
        raw = bytes.fromhex(contents.strip(b"<> \r\n").decode("ascii"))
        signed = cms.ContentInfo.load(raw)["content"]
        digests: list[bytes] = []
        if signed["encap_content_info"]["content_type"].native == "tst_info":
            statement = signed["encap_content_info"]["content"].parsed
            digests.append(statement["message_imprint"]["hashed_message"].native)
        else:
            digests += [
                attribute["values"][0].native
                for attribute in signed["signer_infos"][0]["signed_attrs"]
                if attribute["type"].native == "message_digest"
            ]
    except (ValueError, TypeError, KeyError, IndexError):
        return b""
    return digests[0] if digests else b""
