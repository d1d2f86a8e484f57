"""What CRLs and OCSP answers say of a certificate, wherever they come from.

They prove by their own signatures: it does not matter whether the file, the trust
store or the network brought them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

# An answer without an end is good for as long as the shortest that has one.
WITHOUT_END = timedelta(hours=1)
Answer = ocsp.OCSPResponse


class Status(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Crl:
    """A CRL that can be told from another, so that it is checked once only."""

    der: bytes = field(repr=False)
    content: x509.CertificateRevocationList


@dataclass(frozen=True)
class Revocations:
    """All that is known. An answer that cannot be read says nothing."""

    crls: tuple[Crl, ...] = field(default=(), repr=False)
    answers: tuple[Answer, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, crls: Iterable[bytes], answers: Iterable[bytes] = ()) -> Revocations:
        """From DER; what cannot be read is left out."""
        return cls(
            tuple(crl for data in crls if (crl := read_crl(data))),
            tuple(answer for data in answers if (answer := read_answer(data))),
        )

    def __add__(self, other: Revocations) -> Revocations:
        return Revocations(self.crls + other.crls, self.answers + other.answers)

    def status(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        *,
        since: datetime,
        until: datetime | None = None,
    ) -> Status:
        """Whether it was revoked at ``until``, and known to be good at ``since``.

        ``since`` is when it was used; what is revoked between then and ``until``
        (by default the same moment) counts as revoked. GOOD needs proof that was
        still in force at ``since``: an older CRL could not know.
        """
        until = until or since
        found = {
            *self._from_crls(certificate, issuer, since, until),
            *self._from_answers(certificate, issuer, since, until),
        }
        if Status.REVOKED in found:
            return Status.REVOKED
        return Status.GOOD if Status.GOOD in found else Status.UNKNOWN

    def _from_crls(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        since: datetime,
        until: datetime,
    ) -> Iterator[Status]:
        for crl in self.crls:
            if not signed_by(crl, issuer):
                continue
            entry = crl.content.get_revoked_certificate_by_serial_number(
                certificate.serial_number
            )
            if entry is not None and entry.revocation_date_utc <= until:
                yield Status.REVOKED
            elif is_complete(crl, certificate) and in_force(crl, certificate, since):
                yield Status.GOOD

    def _from_answers(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        since: datetime,
        until: datetime,
    ) -> Iterator[Status]:
        for answer in self.answers:
            if not is_about(answer, certificate, issuer):
                continue
            if not answered_by(answer, issuer):
                continue
            revoked = answer.revocation_time_utc
            if revoked is not None and revoked <= until:
                yield Status.REVOKED
            end = answer.next_update_utc or answer.this_update_utc + WITHOUT_END
            good = answer.certificate_status is ocsp.OCSPCertStatus.GOOD
            if (good or revoked is not None) and end >= since:
                yield Status.GOOD


@lru_cache(maxsize=512)
def read_crl(data: bytes) -> Crl | None:
    try:
        return Crl(data, x509.load_der_x509_crl(data))
    except ValueError:
        return None


@lru_cache(maxsize=2048)
def read_answer(data: bytes) -> Answer | None:
    """A successful OCSP response about one certificate."""
    try:
        answer = ocsp.load_der_ocsp_response(data)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        # Raises ValueError when it speaks of several.
        answer.serial_number  # noqa: B018
    except ValueError:
        return None
    return answer


def in_force(crl: Crl, certificate: x509.Certificate, since: datetime) -> bool:
    """Whether its silence means "not revoked at ``since``".

    Expired certificates are dropped from CRLs (RFC 5280 §3.3), so one made after the
    certificate's end says nothing by its silence.
    """
    end = crl.content.next_update_utc
    fresh = end is None or end >= since
    return fresh and crl.content.last_update_utc <= certificate.not_valid_after_utc


def is_complete(crl: Crl, certificate: x509.Certificate) -> bool:
    """Whether the CRL would name this certificate: not a delta, not another part."""
    for extension in crl.content.extensions:
        value = extension.value
        if isinstance(value, x509.IssuingDistributionPoint):
            if value.indirect_crl or value.only_some_reasons:
                return False
            if value.only_contains_attribute_certs:
                return False
            is_authority = authority(certificate)
            if value.only_contains_user_certs and is_authority:
                return False
            if value.only_contains_ca_certs and not is_authority:
                return False
        elif extension.critical:
            return False
    return True


def authority(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return found.value.ca


@lru_cache(maxsize=2048)
def signed_by(crl: Crl, issuer: x509.Certificate) -> bool:
    if crl.content.issuer != issuer.subject:
        return False
    return crl.content.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]


def is_about(
    answer: Answer, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    if answer.serial_number != certificate.serial_number:
        return False
    name = hashlib.new(answer.hash_algorithm.name, issuer.subject.public_bytes())
    key = hashlib.new(answer.hash_algorithm.name, key_bits(issuer))
    return (answer.issuer_name_hash, answer.issuer_key_hash) == (
        name.digest(),
        key.digest(),
    )


@lru_cache(maxsize=2048)
def answered_by(answer: Answer, issuer: x509.Certificate) -> bool:
    """Signed by the issuer itself, or by whom it made its responder (RFC 6960)."""
    for responder in (issuer, *answer.certificates):
        try:
            if responder != issuer:
                responder.verify_directly_issued_by(issuer)
                if not is_responder(responder, answer.produced_at_utc):
                    continue
            verify(answer, responder.public_key())
        except (InvalidSignature, ValueError, TypeError):
            continue
        return True
    return False


def is_responder(certificate: x509.Certificate, at: datetime) -> bool:
    try:
        extension = certificate.extensions.get_extension_for_class(
            x509.ExtendedKeyUsage
        )
    except x509.ExtensionNotFound:
        return False
    valid = certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
    return valid and ExtendedKeyUsageOID.OCSP_SIGNING in extension.value


def verify(answer: Answer, key: Any) -> None:
    """Raises InvalidSignature, or TypeError for a key that nobody uses for this."""
    digest = answer.signature_hash_algorithm
    signature, signed = answer.signature, answer.tbs_response_bytes
    if isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
        key.verify(signature, signed, ec.ECDSA(digest))
    elif isinstance(key, rsa.RSAPublicKey) and digest is not None:
        key.verify(signature, signed, padding.PKCS1v15(), digest)
    else:
        raise TypeError("no key of an OCSP responder")


@lru_cache(maxsize=256)
def key_bits(issuer: x509.Certificate) -> bytes:
    """The bit string of the public key, without its algorithm (RFC 6960 §4.1.1)."""
    key = issuer.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.PKCS1
        )
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
