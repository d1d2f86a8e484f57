"""RFC 3161 time-stamps: by a service at a URL, or by the development CA in process."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from asn1crypto import cms, tsp, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from workflow.signing.cms import (
    TIMESTAMP_INFO,
    envelope,
    sha256,
    signed_attributes,
    timestamp_request,
)
from workflow.signing.development import DevelopmentCA
from workflow.signing.errors import TimestampRefused, TimestampUnavailable
from workflow.signing.fetching import fetch
from workflow.signing.providers.base import Mechanism

# A policy of our own, from the arc for UUIDs (ITU-T X.667), as no authority gave one.
DEVELOPMENT_POLICY = "2.25.197214563203581146528462106873225713901"
ANSWER_LIMIT = 64 * 1024
DER = serialization.Encoding.DER
GRANTED = ("granted", "granted_with_mods")

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Token:
    """A time-stamp as it came, and what it states."""

    der: bytes
    moment: datetime
    digest: bytes
    nonce: int | None
    certificates: tuple[x509.Certificate, ...]


class TimeStamper(Protocol):
    """Where time-stamps come from. ``token_size`` is the space to keep for one."""

    token_size: int

    def stamp(self, digest: bytes) -> Token:
        """Stamp a SHA-256 digest.

        Raises TimestampUnavailable (retry may help) or TimestampRefused.
        """


class HttpTimeStamper:
    """The service at a URL (setting ``TSA_URL``)."""

    # Real services send chains of up to three certificates.
    token_size = 8192

    def __init__(self, url: str, *, timeout: float = 10) -> None:
        if not url.startswith(("http://", "https://")):
            raise TimestampRefused(f"not a web address: {url}")
        self.url = url
        self.timeout = timeout

    def stamp(self, digest: bytes) -> Token:
        nonce = secrets.randbits(63)
        answer = self._post(timestamp_request(digest, nonce).dump())
        token = read_response(answer)
        # A service that answers with the stamp of another document would otherwise
        # only be found out by the next verifier.
        if (token.digest, token.nonce) != (digest, nonce):
            raise TimestampRefused("the answer is about another request")
        if len(token.der) > self.token_size:
            raise TimestampRefused(f"the stamp has {len(token.der)} bytes")
        return token

    def _post(self, body: bytes) -> bytes:
        try:
            return fetch(
                self.url,
                timeout=self.timeout,
                limit=ANSWER_LIMIT,
                body=body,
                content_type="application/timestamp-query",
            )
        except OSError as error:
            raise TimestampUnavailable(str(error)) from error
        except ValueError as error:
            raise TimestampRefused(str(error)) from error


class DevelopmentTimeStamper:
    """Real tokens by the TSA key of the development CA, without a network.

    ``clock`` tells the time; only a demo that plays last year sets it.
    """

    token_size = 2560

    def __init__(
        self, ca: DevelopmentCA, clock: Clock = lambda: datetime.now(UTC)
    ) -> None:
        self.clock = clock
        self._key = ca.tsa.key
        self._leaf = x509.Certificate.load(ca.tsa.certificate.public_bytes(DER))
        self._issuer = x509.Certificate.load(ca.issuing.certificate.public_bytes(DER))

    def stamp(self, digest: bytes) -> Token:
        return read_token(self._grant(timestamp_request(digest, secrets.randbits(63))))

    def respond(self, request: bytes) -> bytes:
        """Answer a request in DER as the HTTP service of RFC 3161 §3.4 would."""
        token = cms.ContentInfo.load(self._grant(tsp.TimeStampReq.load(request)))
        status = {"status": "granted"}
        answer = tsp.TimeStampResp({"status": status, "time_stamp_token": token})
        return bytes(answer.dump())

    def _grant(self, request: tsp.TimeStampReq) -> bytes:
        info = self._statement(request)
        attributes = signed_attributes(sha256(info), self._leaf, TIMESTAMP_INFO)
        return envelope(
            attributes=attributes,
            signature=self._key.sign(attributes, ec.ECDSA(hashes.SHA256())),
            mechanism=Mechanism.ECDSA,
            leaf=self._leaf,
            chain=[self._issuer],
            info=info,
        )

    def _statement(self, request: tsp.TimeStampReq) -> bytes:
        fields = {
            "version": "v1",
            "policy": DEVELOPMENT_POLICY,
            "message_imprint": request["message_imprint"],
            "serial_number": secrets.randbits(120),
            "gen_time": self.clock().astimezone(UTC).replace(microsecond=0),
            "accuracy": {"seconds": 1},
        }
        if request["nonce"].native is not None:
            fields["nonce"] = request["nonce"]
        return bytes(tsp.TSTInfo(fields).dump())


def read_response(answer: bytes) -> Token:
    """The token of a TimeStampResp; TimestampRefused if there is none."""
    try:
        response = tsp.TimeStampResp.load(answer, strict=True)
        status = response["status"]["status"].native
        if status not in GRANTED:
            raise TimestampRefused(f"status {status}")
        return read_token(response["time_stamp_token"].dump())
    except (ValueError, TypeError, KeyError) as error:
        raise TimestampRefused(str(error)) from error


def read_token(data: bytes) -> Token:
    """What a token states. Its signature is not checked here.

    Raises ValueError, TypeError or KeyError for what is no token.
    """
    signed = cms.ContentInfo.load(data, strict=True)["content"]
    info = signed["encap_content_info"]["content"].parsed
    choices = signed["certificates"] or ()
    return Token(
        der=data,
        moment=info["gen_time"].native,
        digest=info["message_imprint"]["hashed_message"].native,
        nonce=info["nonce"].native,
        certificates=tuple(choice.chosen for choice in choices),
    )


def probe(timestamper: TimeStamper) -> Token:
    """Ask for a stamp of a random digest, before anybody signs."""
    return timestamper.stamp(os.urandom(32))
