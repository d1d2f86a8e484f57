"""The one interface of file keys, tokens, HSMs, remote services and browser agents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self

from asn1crypto.algos import RSASSAPSSParams, SignedDigestAlgorithm

from workflow.signing.certificates import CertificateInfo
from workflow.signing.errors import AuthorisationMismatch

DIGEST = "sha256"


class Mechanism(StrEnum):
    """How the key signs a SHA-256 digest; tokens in use still produce PKCS#1 v1.5."""

    ECDSA = "ecdsa"
    RSA_PSS = "rsa_pss"
    RSA_PKCS1 = "rsa_pkcs1"

    def identifier(self) -> SignedDigestAlgorithm:
        """The algorithm identifier that goes beside the signature in the CMS."""
        if self is Mechanism.ECDSA:
            return SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
        if self is Mechanism.RSA_PKCS1:
            return SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
        mask = {"algorithm": "mgf1", "parameters": {"algorithm": DIGEST}}
        parameters = RSASSAPSSParams(
            {
                "hash_algorithm": {"algorithm": DIGEST},
                "mask_gen_algorithm": mask,
                "salt_length": 32,
            }
        )
        return SignedDigestAlgorithm(
            {"algorithm": "rsassa_pss", "parameters": parameters}
        )


@dataclass(frozen=True)
class Authorisation:
    """The signer's consent to sign exactly these digests, once.

    ``token`` is what a remote service gave for it (CSC's SAD); ``until`` is when
    that lapses. Local keys need neither.
    """

    digests: tuple[bytes, ...]
    until: datetime | None = None
    token: str = field(default="", repr=False)

    def require(self, digests: Sequence[bytes]) -> None:
        """Raise AuthorisationMismatch unless every digest was authorised."""
        if not set(digests) <= set(self.digests):
            raise AuthorisationMismatch("a digest was not authorised")

    def dump(self) -> str:
        """For the worker that signs later. Whoever reads it can have these signed."""
        until = self.until.isoformat() if self.until else None
        digests = [digest.hex() for digest in self.digests]
        return json.dumps({"digests": digests, "until": until, "token": self.token})

    @classmethod
    def load(cls, dumped: str) -> Self:
        """What ``dump`` wrote."""
        data = json.loads(dumped)
        until = datetime.fromisoformat(data["until"]) if data["until"] else None
        return cls(tuple(map(bytes.fromhex, data["digests"])), until, data["token"])


class Provider(Protocol):
    """A key that somebody controls. Digests are SHA-256 of the signed attributes."""

    @property
    def mechanism(self) -> Mechanism: ...

    def describe(self) -> CertificateInfo:
        """The certificate and its chain; asks the signer for nothing."""

    def authorise(self, digests: Sequence[bytes]) -> Authorisation:
        """Ask the signer once for all of these; SigningUnavailable may be retried.

        A remote service may allow fewer in one act: then the answer covers the first
        of them (``Authorisation.digests``) and the caller comes back for the rest.
        """

    def sign(
        self, digests: Sequence[bytes], authorisation: Authorisation
    ) -> Iterator[bytes]:
        """Yield one signature per digest, in order.

        What has been yielded stands, also when a later one raises: the caller
        stores each result and resumes behind the last.
        """


class ConfirmingProvider(Provider, Protocol):
    """A key whose holder answers somewhere else, on a phone or in a browser.

    ``authorise`` and ``sign`` may raise AuthorisationPending. The caller stores its
    ``token``, gives the worker back, and after ``retry_after`` seconds asks
    ``resume`` with the digests that are not signed yet.
    """

    def resume(self, digests: Sequence[bytes], token: str) -> Authorisation:
        """The authorisation once the signer has confirmed.

        Raises AuthorisationPending while they have not, AuthorisationDeclined if they
        said no.
        """


def list_digest(digests: Sequence[bytes]) -> str:
    """A code like ``7F3A-91C2`` over the list, for people to compare on two screens.

    Order and number count. Eight characters meet the eye; machines compare the lists.
    """
    listed = hashlib.sha256(b"hocba signing list 1\0")
    listed.update(len(digests).to_bytes(4, "big"))
    for digest in digests:
        listed.update(len(digest).to_bytes(2, "big") + digest)
    code = listed.hexdigest()[:8].upper()
    return f"{code[:4]}-{code[4:]}"
