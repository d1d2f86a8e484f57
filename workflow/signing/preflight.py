"""Everything that can be known to fail is asked before the first signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import x509

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
from workflow.signing.timestamps import TimeStamper, Token, probe
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
    timestamper: TimeStamper,
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
    timestamper: TimeStamper, *, at: datetime, trust: TrustStore
) -> Token:
    """The service answers, now, with a certificate that leads to an anchor."""
    token = probe(timestamper)
    if abs(token.moment - at) > MAX_SKEW:
        raise ClockSkewed(round((token.moment - at).total_seconds()))
    leaf = stamping_certificate(token)
    way = find_chain(leaf, trust=trust, at=token.moment, extra=token.certificates)
    if isinstance(way, ChainFault):
        raise TimestampRefused(f"its certificate: {way}")
    return token


def stamping_certificate(token: Token) -> x509.Certificate:
    """The certificate that may stamp, among those that the token brings."""
    for certificate in token.certificates:
        purpose = certificate.extended_key_usage_value
        if purpose is not None and purpose.native == ["time_stamping"]:
            return certificate
    raise TimestampRefused("the stamp brings no certificate for stamping")
