"""Whose key signs, which time-stamper answers, and whom we trust."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asn1crypto import pem
from django.conf import settings
from django.utils import timezone

from documents.models import Unit, User

from ...errors import NoCredential
from ...models import Credential
from ...signing.certificates import CertificateInfo
from ...signing.development import DevelopmentCA, ensure_development_ca
from ...signing.evidence import FirstOf, ListsAtHand, OnlineEvidence
from ...signing.longterm import Keeper
from ...signing.preflight import (
    Owner,
    check_certificate,
    check_revocation,
    check_timestamper,
)
from ...signing.providers.base import Provider
from ...signing.providers.csc import AskSecrets
from ...signing.providers.csc_client import Secrets
from ...signing.timestamps import DevelopmentTimeStamper, HttpTimeStamper, TimeStamper
from ...verification.trust import TrustStore
from . import providers

# One for the process: it remembers for some minutes what the services answered.
ONLINE = OnlineEvidence()


@dataclass(frozen=True)
class ReadyKey:
    """A key that may sign now, as the page names it."""

    credential: Credential
    certificate: CertificateInfo


@dataclass(frozen=True)
class Readiness:
    """What was found before the first signature: who signs, and what answered."""

    keys: tuple[ReadyKey, ...]
    stamped_at: datetime

    @property
    def is_asked(self) -> bool:
        """Whether the holder of a key will have to confirm."""
        return not all(providers.answers_alone(one.credential) for one in self.keys)


def credential_of(owner: User | Unit) -> Credential:
    """What is registered about the key in use. Raises NoCredential."""
    credential: Credential | None = owner.credentials.filter(is_active=True).first()
    if credential is None:
        raise NoCredential(str(owner))
    return credential


def provider_of(owner: User | Unit, ask: AskSecrets = Secrets) -> Provider:
    """The key of a person, or of a school's seal; ``ask`` is what its holder typed.

    Raises NoCredential, or what ``providers.build`` raises.
    """
    return providers.build(credential_of(owner), ask)


def signer_of(owner: User | Unit, *, at: datetime) -> tuple[Provider, CertificateInfo]:
    """The key with its certificate, checked: valid, for signing, the owner's own.

    Raises NoCredential, the CertificateRefused that fits, AlgorithmRefused, or
    RevocationUnavailable when nobody says now that it is not revoked; and what a
    token or a service raises that cannot be asked.
    """
    provider = provider_of(owner)
    return provider, checked(provider, owner, desk=keeper(at), at=at)


def checked(
    provider: Provider, owner: User | Unit, *, desk: Keeper, at: datetime
) -> CertificateInfo:
    """The certificate of a key that ``owner`` may sign with. Raises as above."""
    certificate = provider.describe()
    check_certificate(
        certificate,
        owner=_owner(owner),
        at=at,
        trust=desk.trust,
        mechanism=provider.mechanism,
    )
    check_revocation(certificate, keeper=desk, at=at)
    return certificate


def check_before_signing(*owners: User | Unit, at: datetime) -> Readiness:
    """Everything that can be known to fail, asked before a batch is signed.

    Raises what ``signer_of`` raises, TimestampUnavailable, TimestampRefused,
    ClockSkewed.
    """
    desk = keeper(at)
    found = [_ready(one, desk, at) for one in owners]
    token = check_timestamper(desk, at=at)
    return Readiness(tuple(found), token.moment)


def _ready(owner: User | Unit, desk: Keeper, at: datetime) -> ReadyKey:
    credential = credential_of(owner)
    provider = providers.build(credential)
    return ReadyKey(credential, checked(provider, owner, desk=desk, at=at))


def timestamper() -> TimeStamper:
    """The service at TSA_URL, or the development CA's own."""
    if settings.TSA_URL:
        return HttpTimeStamper(settings.TSA_URL)
    return DevelopmentTimeStamper(development_ca())


def trust(at: datetime | None = None) -> TrustStore:
    """What the operator put under DATA_DIR/trust, with the development CA in trials.

    Outside trials an anchor of any development CA is refused, whoever put it there.
    Raises TrustUnreadable.
    """
    store = TrustStore.from_directory(Path(settings.DATA_DIR) / "trust")
    if not settings.DEVELOPMENT_CA:
        return store.without_development()
    ca = development_ca()
    names = ("root.pem", "issuing.pem")
    certificates = [(ca.directory / name).read_bytes() for name in names]
    crls = ca.crls(at=at or timezone.now())
    return store + TrustStore.of(certificates, crls=crls, name="development")


def keeper(at: datetime) -> Keeper:
    """What makes signed files last: lists at hand first, then the named services."""
    store = trust(at)
    lists = ListsAtHand(lambda _at: [crl.der for crl in store.crls])
    return Keeper(store, FirstOf([lists, ONLINE]), timestamper())


def development_ca() -> DevelopmentCA:
    """Raises DevelopmentOnly where the development CA is refused."""
    return ensure_development_ca(
        Path(settings.DATA_DIR) / "pki",
        at=timezone.now(),
        allow_development=settings.DEVELOPMENT_CA,
    )


def pem_of(certificate: CertificateInfo) -> str:
    armoured: bytes = pem.armor("CERTIFICATE", certificate.der)
    return armoured.decode()


def _owner(owner: User | Unit) -> Owner:
    if isinstance(owner, User):
        return Owner(personal_number=owner.personal_number)
    return Owner(tax_code=owner.tax_code)
