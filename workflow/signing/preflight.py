"""Everything that can be known to fail is asked before the first signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import x509

from workflow.signing.algorithms import Use, uses_of_key
from workflow.signing.certificates import CertificateInfo
from workflow.signing.errors import (
    AlgorithmRefused,
    CertificateExpired,
    CertificateMismatch,
    CertificateNotForSigning,
    CertificateNotTrusted,
    CertificateNotYetValid,
    CertificateRevoked,
    ClockSkewed,
    TimestampRefused,
)
from workflow.signing.evidence import Evidence, evidence_for
from workflow.signing.longterm import Keeper
from workflow.signing.providers.base import DIGEST, Mechanism, Provider
from workflow.signing.timestamps import Token, probe
from workflow.verification.trust import ChainFault, TrustStore, find_chain

MAX_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Owner:
    """Whose certificate it has to be: a person, or a school by its tax code."""

    personal_number: str = ""
    tax_code: str = ""

    def owns(self, certificate: CertificateInfo) -> bool:
        """Every number given here must stand in the certificate.

        One of the staff names the school too, and is no seal of it.
        """
        if self.tax_code and not self.personal_number and certificate.personal_number:
            return False
        wanted = (self.personal_number, self.tax_code)
        found = (certificate.personal_number, certificate.tax_code)
        pairs = zip(wanted, found, strict=True)
        return any(wanted) and all(not want or want == have for want, have in pairs)


def preflight(
    provider: Provider,
    *,
    owner: Owner,
    at: datetime,
    keeper: Keeper,
) -> CertificateInfo:
    """Return the certificate that will sign; nothing is signed here.

    Raises the CertificateRefused that fits, AlgorithmRefused, RevocationUnavailable
    and TimestampUnavailable (retry may help), TimestampRefused, or ClockSkewed.
    """
    certificate = provider.describe()
    mechanism = provider.mechanism
    check_certificate(
        certificate, owner=owner, at=at, trust=keeper.trust, mechanism=mechanism
    )
    check_revocation(certificate, keeper=keeper, at=at)
    check_timestamper(keeper, at=at)
    return certificate


def check_certificate(
    certificate: CertificateInfo,
    *,
    owner: Owner,
    at: datetime,
    trust: TrustStore,
    mechanism: Mechanism | None = None,
) -> None:
    """Purpose, validity, owner, chain, known revocation, algorithms, in this order.

    The algorithms are judged by the policy of the store that trusts the certificate.
    """
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
    uses = [*way.uses, uses_of_key(certificate.leaf)]
    if not way.policy.accepts(way.uses, at):
        raise AlgorithmRefused(name, "its authority's signature")
    if not way.policy.may_sign([*uses[-1:], *uses_of_mechanism(mechanism)], at):
        raise AlgorithmRefused(name, f"{uses[-1]} {mechanism or ''}")


def check_revocation(
    certificate: CertificateInfo, *, keeper: Keeper, at: datetime
) -> Evidence:
    """Somebody says, now, that it has not been revoked: what a verifier will need.

    Raises RevocationUnavailable or CertificateRevoked.
    """
    return evidence_for(
        certificate.leaf,
        extra=certificate.chain,
        trust=keeper.trust,
        source=keeper.source,
        at=at,
    )


def check_timestamper(keeper: Keeper, *, at: datetime) -> Token:
    """The service answers, now, with a certificate that leads to an anchor."""
    token = probe(keeper.timestamper)
    if abs(token.moment - at) > MAX_SKEW:
        raise ClockSkewed(round((token.moment - at).total_seconds()))
    leaf = stamping_certificate(token)
    extra = token.certificates
    way = find_chain(leaf, trust=keeper.trust, at=token.moment, extra=extra)
    if isinstance(way, ChainFault):
        raise TimestampRefused(f"its certificate: {way}")
    evidence_for(leaf, extra=extra, trust=keeper.trust, source=keeper.source, at=at)
    return token


def uses_of_mechanism(mechanism: Mechanism | None) -> list[Use]:
    """What a signature will be made with; nothing, if that is not known yet."""
    if mechanism is None:
        return []
    identifier = mechanism.identifier()
    return [Use("digest", DIGEST), Use("signature", str(identifier.signature_algo))]


def stamping_certificate(token: Token) -> x509.Certificate:
    """The certificate that may stamp, among those that the token brings."""
    for certificate in token.certificates:
        purpose = certificate.extended_key_usage_value
        if purpose is not None and purpose.native == ["time_stamping"]:
            return certificate
    raise TimestampRefused("the stamp brings no certificate for stamping")
