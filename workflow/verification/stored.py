"""The validation data in the file itself (DSS, EN 319 142-1 §5.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils import generic

from workflow.signing.update import follow
from workflow.verification.revocation import Revocations

# No file of ours has more than some ten of each; a hostile one is not worked through.
MOST = 200


@dataclass(frozen=True)
class Stored:
    """Certificates that help to find the way, and what is known of revocation."""

    certificates: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    revocations: Revocations = field(default_factory=Revocations, repr=False)


def stored_in(handler: Any) -> Stored:
    """What one revision brings; what cannot be read in it says nothing."""
    store = follow(handler.root, "/DSS", {})
    if not isinstance(store, dict):
        return Stored()
    found = (read_stored(data) for data in streams(store, "/Certs"))
    return Stored(
        certificates=tuple(one for one in found if one is not None),
        revocations=Revocations.of(
            streams(store, "/CRLs"), list(streams(store, "/OCSPs"))
        ),
    )


def streams(store: Any, key: str) -> Iterator[bytes]:
    """The content of each stream in the list ``store[key]``."""
    listed = follow(store, key, ())
    if not isinstance(listed, list):
        return
    for one in list(listed)[:MOST]:
        stream = one.get_object()
        if isinstance(stream, generic.StreamObject):
            yield bytes(stream.data)


@lru_cache(maxsize=2048)
def read_stored(data: bytes) -> x509.Certificate | None:
    try:
        certificate = x509.Certificate.load(data, strict=True)
        certificate.subject  # noqa: B018  raises for what is no certificate
    except (ValueError, TypeError, KeyError):
        return None
    return certificate
