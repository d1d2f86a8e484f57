"""RFC 3161 time-stamps: from a service by URL, or from the development CA in process."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper

from workflow.signing.development import DevelopmentCA
from workflow.signing.errors import TimestampRefused, TimestampUnavailable
from workflow.signing.providers.base import DIGEST, Mechanism

# A policy of our own, from the arc for UUIDs (ITU-T X.667), as no authority gave one.
DEVELOPMENT_POLICY = "2.25.197214563203581146528462106873225713901"

Clock = Callable[[], datetime]


class CheckedTimeStamper(TimeStamper):  # type: ignore[misc]
    """A time-stamper whose answers are about our digest, or errors of ours.

    pyHanko compares the nonce but not the digest: a service that answers with the
    stamp of another document would only be found out by the next verifier.
    """

    # Bytes to keep free for one token; real services send chains of up to three.
    token_size = 8192

    async def async_timestamp(
        self, message_digest: bytes, md_algorithm: str
    ) -> cms.ContentInfo:
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            imprint = token_info(token)["message_imprint"]
        except TimestampRequestError as error:
            raise TimestampUnavailable(str(error)) from error
        except (ValueError, TypeError, KeyError) as error:
            raise TimestampRefused(str(error)) from error
        if imprint["hashed_message"].native != message_digest:
            raise TimestampRefused("the stamp is about another digest")
        return token


class HttpTimeStamper(CheckedTimeStamper, RequestsHTTPTimeStamper):  # type: ignore[misc]
    """The service at a URL (setting ``TSA_URL``)."""

    def __init__(self, url: str, *, timeout: float = 10) -> None:
        RequestsHTTPTimeStamper.__init__(self, url, timeout=timeout)


class DevelopmentTimeStamper(CheckedTimeStamper):
    """Real tokens by the TSA key of the development CA, without a network.

    ``clock`` tells the time; only a demo that plays last year sets it.
    """

    token_size = 3072

    def __init__(self, ca: DevelopmentCA, clock: Clock = lambda: datetime.now(UTC)):
        super().__init__()
        self.clock = clock
        self._key = ca.tsa.key
        self._leaf = as_asn1(ca.tsa.certificate.public_bytes(DER))
        self._issuer = as_asn1(ca.issuing.certificate.public_bytes(DER))

    async def async_request_tsa_response(
        self, req: tsp.TimeStampReq
    ) -> tsp.TimeStampResp:
        return self.respond(req)

    def respond(self, request: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Grant the request; also what an HTTP view in front of it would send."""
        info = self._token_info(request)
        signed = self._signed_attributes(info)
        signature = self._key.sign(signed.dump(), ec.ECDSA(hashes.SHA256()))
        token = self._token(info, signed, signature)
        return tsp.TimeStampResp(
            {"status": {"status": "granted"}, "time_stamp_token": token}
        )

    def _token_info(self, request: tsp.TimeStampReq) -> tsp.TSTInfo:
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
        return tsp.TSTInfo(fields)

    def _signed_attributes(self, info: tsp.TSTInfo) -> cms.CMSAttributes:
        digest = hashlib.sha256(info.dump()).digest()
        certificate = as_signing_certificate_v2(self._leaf)
        return cms.CMSAttributes(
            [
                simple_cms_attribute("content_type", "tst_info"),
                simple_cms_attribute("message_digest", digest),
                simple_cms_attribute("signing_certificate_v2", certificate),
            ]
        )

    def _token(
        self, info: tsp.TSTInfo, signed: cms.CMSAttributes, signature: bytes
    ) -> cms.ContentInfo:
        digest_algorithm = algos.DigestAlgorithm({"algorithm": DIGEST})
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": signer_identifier(self._leaf),
                "digest_algorithm": digest_algorithm,
                "signature_algorithm": Mechanism.ECDSA.identifier(),
                "signed_attrs": signed,
                "signature": signature,
            }
        )
        content = {
            "content_type": "tst_info",
            "content": core.ParsableOctetString(info.dump()),
        }
        data = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [digest_algorithm],
                "encap_content_info": content,
                "certificates": [self._leaf, self._issuer],
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": data})


DER = serialization.Encoding.DER


def as_asn1(der: bytes) -> x509.Certificate:
    return x509.Certificate.load(der)


def signer_identifier(leaf: x509.Certificate) -> cms.SignerIdentifier:
    numbers = {"issuer": leaf.issuer, "serial_number": leaf.serial_number}
    return cms.SignerIdentifier("issuer_and_serial_number", numbers)


def token_info(token: cms.ContentInfo) -> tsp.TSTInfo:
    """The statement inside a token: which digest, when."""
    return token["content"]["encap_content_info"]["content"].parsed


def token_time(token: cms.ContentInfo) -> datetime:
    moment: datetime = token_info(token)["gen_time"].native
    return moment


def token_certificates(token: cms.ContentInfo) -> Iterable[x509.Certificate]:
    return [choice.chosen for choice in token["content"]["certificates"]]


def probe(timestamper: TimeStamper) -> cms.ContentInfo:
    """Ask for a stamp of a random digest, before anybody signs.

    Raises TimestampUnavailable or TimestampRefused.
    """
    token: cms.ContentInfo = asyncio.run(
        timestamper.async_timestamp(os.urandom(32), DIGEST)
    )
    return token
