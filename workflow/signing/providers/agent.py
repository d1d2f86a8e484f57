"""A key that only the signer's own machine reaches; the browser carries the messages.

The server never speaks with the agent. It prepares the records, gives the page one
``SigningRequest``, and later takes the answer that the page brings (``accept``). The
signatures, checked, then stand in for the key: ``DetachedSignatures``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from asn1crypto import x509

from documents.errors import RecordsError
from workflow.signing.certificates import CertificateInfo, describe_certificate
from workflow.signing.providers.base import Authorisation, Mechanism, list_digest
from workflow.signing.providers.errors import (
    AgentStopped,
    AnswerRefused,
    AuthorisationDeclined,
    AuthorisationPending,
    KeyAbsent,
    PinLocked,
    PinWrong,
    SignatureWrong,
    TokenAbsent,
    TokenLost,
)
from workflow.signing.providers.proof import is_signature

LIFETIME = timedelta(minutes=10)
# A class of 50 with RSA-4096 has 35 kB; a school of 1,600 about 1.1 MB.
ANSWER_LIMIT = 2 * 1024 * 1024
CODE = re.compile("[a-z0-9_ ]{1,40}")
MAX_CHAIN = 5
FITTING = {
    "ec": {Mechanism.ECDSA},
    "rsa": {Mechanism.RSA_PSS, Mechanism.RSA_PKCS1},
}
NAMED = (KeyAbsent, PinLocked, PinWrong, TokenAbsent, TokenLost)


@dataclass(frozen=True)
class SigningRequest:
    """What the page hands to the agent, and what the server keeps to know it again.

    Keep ``dump()`` with the person who asked; an answer counts for them alone.
    """

    id: str
    key: str
    purpose: str
    digests: tuple[bytes, ...]
    until: datetime

    @classmethod
    def new(
        cls,
        digests: Sequence[bytes],
        certificate: CertificateInfo,
        *,
        purpose: str,
        at: datetime,
    ) -> Self:
        """``purpose`` is what the person reads beside the code: how many, of what."""
        key = hashlib.sha256(certificate.der).hexdigest()
        id = secrets.token_hex(16)
        return cls(id, key, purpose, tuple(digests), at + LIFETIME)

    @property
    def code(self) -> str:
        """Shown by the page and by the agent; the person compares them."""
        return list_digest(self.digests)

    def for_browser(self) -> dict[str, Any]:
        """The body of the agent's ``/v1/sign``."""
        return {
            "request": self.id,
            "key": self.key,
            "purpose": self.purpose,
            "digests": [digest.hex() for digest in self.digests],
            "code": self.code,
            "until": self.until.isoformat(),
        }

    def dump(self) -> str:
        return json.dumps(self.for_browser())

    @classmethod
    def load(cls, dumped: str) -> Self:
        """What ``dump`` wrote."""
        data = json.loads(dumped)
        digests = tuple(map(bytes.fromhex, data["digests"]))
        until = datetime.fromisoformat(data["until"])
        return cls(data["request"], data["key"], data["purpose"], digests, until)


@dataclass(frozen=True)
class Accepted:
    """Signatures by digest, each checked; and what stopped the agent, if it did."""

    signatures: Mapping[bytes, bytes]
    stopped_by: RecordsError | None = None


@dataclass(frozen=True)
class DetachedSignatures:
    """The provider for what a browser brought. Signs nothing by itself.

    ``purpose`` and ``at`` go into the request that AuthorisationPending carries while
    signatures are missing.
    """

    certificate: CertificateInfo
    mechanism: Mechanism
    purpose: str
    at: datetime
    signatures: Mapping[bytes, bytes] = field(default_factory=dict)

    def describe(self) -> CertificateInfo:
        return self.certificate

    def authorise(self, digests: Sequence[bytes]) -> Authorisation:
        """The digests whose signatures are there, up to the first that is not.

        Raises AuthorisationPending when the first one is missing; its ``token`` is
        the SigningRequest to hand to the page, dumped.
        """
        ready = self._ready(digests)
        if digests and not ready:
            request = SigningRequest.new(
                digests, self.certificate, purpose=self.purpose, at=self.at
            )
            raise AuthorisationPending(request.dump())
        return Authorisation(ready)

    def resume(self, digests: Sequence[bytes], token: str) -> Authorisation:
        """As ``authorise``; the open request stays the same."""
        ready = self._ready(digests)
        if digests and not ready:
            raise AuthorisationPending(token)
        return Authorisation(ready)

    def sign(
        self, digests: Sequence[bytes], authorisation: Authorisation
    ) -> Iterator[bytes]:
        """Checked again: what was stored in between might have been changed."""
        authorisation.require(digests)
        for digest in digests:
            yield self._checked(digest)

    def _ready(self, digests: Sequence[bytes]) -> tuple[bytes, ...]:
        count = 0
        while count < len(digests) and digests[count] in self.signatures:
            count += 1
        return tuple(digests[:count])

    def _checked(self, digest: bytes) -> bytes:
        signature = self.signatures[digest]
        if not is_signature(signature, digest, self.certificate, self.mechanism):
            raise SignatureWrong
        return signature


def accept(
    request: SigningRequest,
    answer: bytes,
    certificate: CertificateInfo,
    mechanism: Mechanism,
    *,
    at: datetime,
) -> Accepted:
    """Read what the page brought from the agent.

    Raises AnswerRefused for an answer to another request, one that comes too late or
    is none. A signature that does not fit its digest ends the good ones. The same
    answer twice gives the same signatures.
    """
    data = read_answer(answer)
    if data.get("request") != request.id:
        raise AnswerRefused("another request")
    if at > request.until:
        raise AnswerRefused("too late")
    made = read_signatures(data.get("signatures"), len(request.digests))
    good: dict[bytes, bytes] = {}
    for digest, signature in zip(request.digests, made, strict=False):
        if not is_signature(signature, digest, certificate, mechanism):
            return Accepted(good, SignatureWrong())
        good[digest] = signature
    if len(good) < len(request.digests):
        return Accepted(good, reason_of(data.get("error"), certificate.name))
    return Accepted(good)


def certificate_from_browser(answer: bytes) -> tuple[CertificateInfo, Mechanism]:
    """One entry of the agent's ``/v1/keys``. Proves nothing: preflight judges it, and
    each signature must fit it. Raises AnswerRefused."""
    data = read_answer(answer)
    try:
        encoded = [data["certificate"], *data["chain"]]
        if len(encoded) > MAX_CHAIN:
            raise AnswerRefused("too many certificates")
        ders = [base64.b64decode(one, validate=True) for one in encoded]
        leaf, *chain = [x509.Certificate.load(one, strict=True) for one in ders]
        mechanism = Mechanism(data["mechanism"])
        fits = mechanism in FITTING.get(leaf.public_key.algorithm, set())
        certificate = describe_certificate(leaf, chain)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise AnswerRefused(repr(error)) from error
    if not fits:
        raise AnswerRefused(f"{mechanism} does not fit the key")
    return certificate, mechanism


def read_answer(answer: bytes) -> Mapping[str, Any]:
    if len(answer) > ANSWER_LIMIT:
        raise AnswerRefused("too long")
    try:
        data = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise AnswerRefused("no JSON") from error
    if not isinstance(data, dict):
        raise AnswerRefused("no object")
    return data


def read_signatures(listed: Any, limit: int) -> list[bytes]:
    if not isinstance(listed, list) or len(listed) > limit:
        raise AnswerRefused("no list of signatures, or too many")
    try:
        return [base64.b64decode(one, validate=True) for one in listed]
    except (TypeError, ValueError) as error:
        raise AnswerRefused("a signature is no base64") from error


def reason_of(error: Any, name: str) -> RecordsError:
    """The agent's code as an error of ours; what we do not know stays a code."""
    code = str(error.get("code", "")) if isinstance(error, dict) else ""
    # It is kept and shown: what is no name of an error is not.
    code = code if CODE.fullmatch(code) else ""
    if code == AuthorisationDeclined.code:
        return AuthorisationDeclined(code)
    for kind in NAMED:
        if kind.code == code:
            return kind(name)
    return AgentStopped(code)
