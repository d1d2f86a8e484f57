"""Everything that can be known to fail is asked before the first signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import cms

from workflow.signing.certificates import CertificateInfo
from workflow.signing.errors import (
    CertificateExpired,
    CertificateMismatch,
    CertificateNotForSigning,
    CertificateNotTrusted,
    CertificateNotYetValid,
    CertificateRevoked,
    ClockSkewed,
    TimestampRefused,
)
from workflow.signing.providers.base import Provider
from workflow.signing.timestamps import (
    CheckedTimeStamper,
    probe,
    token_certificates,
    token_time,
)
from workflow.verification.trust import ChainFault, TrustStore, find_chain

MAX_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Owner:
    """Whose certificate it has to be: a person, or a school by its tax code."""

    personal_number: str = ""
    tax_code: str = ""

    def owns(self, certificate: CertificateInfo) -> bool:
        """Every number given here must stand in the certificate."""
        wanted = (self.personal_number, self.tax_code)
        found = (certificate.personal_number, certificate.tax_code)
        pairs = zip(wanted, found, strict=True)
        return any(wanted) and all(not want or want == have for want, have in pairs)


def preflight(
    provider: Provider,
    *,
    owner: Owner,
    at: datetime,
    trust: TrustStore,
    timestamper: CheckedTimeStamper,
) -> CertificateInfo:
    """Return the certificate that will sign; nothing is signed here.

    Raises the CertificateRefused that fits, TimestampUnavailable (retry may help),
    TimestampRefused, or ClockSkewed.
    """
    certificate = provider.describe()
    check_certificate(certificate, owner=owner, at=at, trust=trust)
    check_timestamper(timestamper, at=at, trust=trust)
    return certificate


def check_certificate(
    certificate: CertificateInfo, *, owner: Owner, at: datetime, trust: TrustStore
) -> None:
    """Purpose, validity, owner, chain and revocation, in this order."""
    name = certificate.name or certificate.serial
    if not certificate.for_signing:
        raise CertificateNotForSigning(name)
    if at < certificate.valid_from:
        raise CertificateNotYetValid(name, certificate.valid_from)
    if at > certificate.valid_until:
        raise CertificateExpired(name, certificate.valid_until)
    if not owner.owns(certificate):
        raise CertificateMismatch(name)
    way = find_chain(certificate.leaf, trust=trust, at=at, extra=certificate.chain)
    if way is ChainFault.REVOKED:
        raise CertificateRevoked(name)
    if isinstance(way, ChainFault):
        raise CertificateNotTrusted(name, way)


def check_timestamper(
    timestamper: CheckedTimeStamper, *, at: datetime, trust: TrustStore
) -> cms.ContentInfo:
    """The service answers, now, with a certificate that leads to an anchor."""
    token = probe(timestamper)
    moment = token_time(token)
    if abs(moment - at) > MAX_SKEW:
        raise ClockSkewed(round((moment - at).total_seconds()))
    leaf, *others = stamping_certificates(token)
    way = find_chain(leaf, trust=trust, at=moment, extra=others)
    if isinstance(way, ChainFault):
        raise TimestampRefused(f"its certificate: {way}")
    return token


def stamping_certificates(token: cms.ContentInfo) -> list[cms.Certificate]:
    """The certificates of a token, the one that stamps first."""
    certificates = list(token_certificates(token))
    certificates.sort(
        key=lambda one: (
            one.extended_key_usage_value is None
            or "time_stamping" not in one.extended_key_usage_value.native
        )
    )
    if not certificates:
        raise TimestampRefused("the stamp brings no certificate")
    return certificates
