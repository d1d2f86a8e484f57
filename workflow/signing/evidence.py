"""What a verifier needs in thirty years: certificates, CRLs and OCSP answers.

Asked for before anything is signed, so that a service that is down is found out then,
and put into the file, so that nobody has to ask again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from asn1crypto import x509
from cryptography import x509 as pyca
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from workflow.signing.errors import CertificateRevoked, RevocationUnavailable
from workflow.signing.fetching import fetch
from workflow.verification.chains import (
    Chain,
    ChainFault,
    find_chain,
    is_never_asked_about,
)
from workflow.verification.revocation import Revocations, Status, read_crl
from workflow.verification.trust import TrustStore

DER = serialization.Encoding.DER
# Lists of the largest authorities have a few megabytes.
ANSWER_LIMIT = 20 * 1024 * 1024
# How long an answer is used again before the service is asked anew.
KEPT = timedelta(minutes=10)
MOST_KEPT = 4096


@dataclass(frozen=True)
class Evidence:
    """DER of what goes into the file, each once, in the order in which it was found."""

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    answers: tuple[bytes, ...] = field(default=(), repr=False)

    def __add__(self, other: Evidence) -> Evidence:
        return Evidence(
            once(self.certificates + other.certificates),
            once(self.crls + other.crls),
            once(self.answers + other.answers),
        )

    @property
    def revocations(self) -> Revocations:
        return Revocations.of(self.crls, self.answers)


class EvidenceSource(Protocol):
    """Where proof of non-revocation comes from."""

    def ask(
        self, certificate: pyca.Certificate, issuer: pyca.Certificate, at: datetime
    ) -> Evidence:
        """A CRL or an OCSP answer in force at ``at``.

        Raises RevocationUnavailable when there is none. Whether it says "revoked" is
        for the caller to read.
        """


class ListsAtHand:
    """CRLs that are here already: of the development CA, or of the trust store.

    ``read`` gives them in DER as of a time.
    """

    def __init__(self, read: Callable[[datetime], Iterable[bytes]]) -> None:
        self.read = read

    def ask(
        self, certificate: pyca.Certificate, issuer: pyca.Certificate, at: datetime
    ) -> Evidence:
        for data in self.read(at):
            crl = read_crl(data)
            if crl is not None and crl.content.issuer == issuer.subject:
                found = Evidence(crls=(data,))
                if speaks(found, certificate, issuer, at):
                    return found
        raise RevocationUnavailable(holder_of(certificate), "no CRL in force")


@dataclass
class OnlineEvidence:
    """The services that the certificate itself names: OCSP first, as it is small."""

    timeout: float = 10
    kept: dict[bytes, tuple[datetime, Evidence]] = field(
        default_factory=dict, repr=False
    )

    def ask(
        self, certificate: pyca.Certificate, issuer: pyca.Certificate, at: datetime
    ) -> Evidence:
        key = certificate.fingerprint(hashes.SHA256())
        asked, found = self.kept.get(key, (None, Evidence()))
        if asked is not None and timedelta() <= at - asked < KEPT:
            return found
        found = self._ask(certificate, issuer, at)
        if len(self.kept) >= MOST_KEPT:
            self.kept.clear()
        self.kept[key] = at, found
        return found

    def _ask(
        self, certificate: pyca.Certificate, issuer: pyca.Certificate, at: datetime
    ) -> Evidence:
        failures = ["the certificate names no service"]
        for url in ocsp_links(certificate):
            try:
                return self._answer(url, certificate, issuer, at)
            except (OSError, ValueError) as error:
                failures.append(f"{url}: {error}")
        for url in crl_links(certificate):
            try:
                return self._list(url, certificate, issuer, at)
            except (OSError, ValueError) as error:
                failures.append(f"{url}: {error}")
        raise RevocationUnavailable(holder_of(certificate), failures[-1])

    def _answer(
        self,
        url: str,
        certificate: pyca.Certificate,
        issuer: pyca.Certificate,
        at: datetime,
    ) -> Evidence:
        # SHA-1 names the issuer here and protects nothing; every responder knows it.
        builder = ocsp.OCSPRequestBuilder().add_certificate(
            certificate,
            issuer,
            hashes.SHA1(),
        )
        data = fetch(
            url,
            timeout=self.timeout,
            limit=ANSWER_LIMIT,
            body=builder.build().public_bytes(DER),
            content_type="application/ocsp-request",
        )
        return require(Evidence(answers=(data,)), certificate, issuer, at)

    def _list(
        self,
        url: str,
        certificate: pyca.Certificate,
        issuer: pyca.Certificate,
        at: datetime,
    ) -> Evidence:
        data = fetch(url, timeout=self.timeout, limit=ANSWER_LIMIT)
        return require(Evidence(crls=(data,)), certificate, issuer, at)


@dataclass(frozen=True)
class FirstOf:
    """The first source that knows; what the last one said if none does."""

    sources: Sequence[EvidenceSource]

    def ask(
        self, certificate: pyca.Certificate, issuer: pyca.Certificate, at: datetime
    ) -> Evidence:
        failure = RevocationUnavailable(holder_of(certificate), "nobody to ask")
        for source in self.sources:
            try:
                return source.ask(certificate, issuer, at)
            except RevocationUnavailable as error:
                failure = error
        raise failure


def evidence_for(
    leaf: x509.Certificate,
    *,
    extra: Iterable[x509.Certificate],
    trust: TrustStore,
    source: EvidenceSource,
    at: datetime,
    used: datetime | None = None,
) -> Evidence:
    """What the services say at ``at`` of ``leaf`` and all above it up to the anchor.

    ``used`` is when it signed, if that was earlier. Raises RevocationUnavailable
    (trying again may help), or CertificateRevoked if it was revoked before that.
    A certificate that leads nowhere has no evidence: whether that matters is the
    caller's question, asked of ``check_certificate``.
    """
    used = used or at
    chain = find_chain(leaf, trust=trust, at=used, extra=extra)
    if chain is ChainFault.REVOKED:
        raise CertificateRevoked(leaf.subject.human_friendly)
    if not isinstance(chain, Chain):
        return Evidence()
    found = Evidence(tuple(one.dump() for one in chain.certificates))
    for certificate, issuer in chain.pairs:
        if not is_never_asked_about(certificate):
            found += source.ask(certificate, issuer, at)
    if chain.status(found.revocations, since=used) is Status.REVOKED:
        raise CertificateRevoked(leaf.subject.human_friendly)
    return found


def require(
    found: Evidence,
    certificate: pyca.Certificate,
    issuer: pyca.Certificate,
    at: datetime,
) -> Evidence:
    """Raises ValueError when the answer is about something else, or out of date."""
    if not speaks(found, certificate, issuer, at):
        raise ValueError("the answer cannot be used")
    return found


def speaks(
    found: Evidence,
    certificate: pyca.Certificate,
    issuer: pyca.Certificate,
    at: datetime,
) -> bool:
    status = found.revocations.status(certificate, issuer, since=at)
    return status is not Status.UNKNOWN


@lru_cache(maxsize=1024)
def ocsp_links(certificate: pyca.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(
            pyca.AuthorityInformationAccess
        )
    except pyca.ExtensionNotFound:
        return ()
    return tuple(
        one.access_location.value
        for one in found.value
        if one.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(one.access_location, pyca.UniformResourceIdentifier)
    )


@lru_cache(maxsize=1024)
def crl_links(certificate: pyca.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(
            pyca.CRLDistributionPoints
        )
    except pyca.ExtensionNotFound:
        return ()
    return tuple(
        name.value
        for point in found.value
        for name in point.full_name or ()
        if isinstance(name, pyca.UniformResourceIdentifier)
    )


def holder_of(certificate: pyca.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def once(values: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(values))
