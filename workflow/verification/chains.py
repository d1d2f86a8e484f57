"""The way from a certificate to an anchor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from asn1crypto import x509
from cryptography import x509 as pyca
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
)
from pyhanko_certvalidator.path import ValidationPath

from workflow.signing.algorithms import AlgorithmPolicy, Use, uses_of_certificate
from workflow.verification.revocation import Revocations, Status

if TYPE_CHECKING:
    from workflow.verification.trust import TrustStore

NOTHING = Revocations()
# What was found stays found: a class of records has the same few certificates.
MOST_WAYS = 4096
WAYS: dict[tuple[bytes, ...], Chain] = {}


class ChainFault(StrEnum):
    """Why a certificate does not lead to an anchor; also codes of the report."""

    NOT_TRUSTED = "certificate_not_trusted"
    EXPIRED = "certificate_expired"
    NOT_YET_VALID = "certificate_not_yet_valid"
    REVOKED = "certificate_revoked"


@dataclass(frozen=True, eq=False)
class Chain:
    """A way that stands from ``valid_from`` to ``valid_until``, the anchor first."""

    certificates: tuple[x509.Certificate, ...]
    store: str
    policy: AlgorithmPolicy = field(repr=False)
    valid_from: datetime
    valid_until: datetime

    def stands(self, at: datetime) -> bool:
        return self.valid_from <= at <= self.valid_until

    @cached_property
    def ders(self) -> frozenset[bytes]:
        return frozenset(one.dump() for one in self.certificates)

    @cached_property
    def pairs(self) -> tuple[tuple[pyca.Certificate, pyca.Certificate], ...]:
        """Each certificate below the anchor with its issuer, the nearest first."""
        loaded = [load(one.dump()) for one in self.certificates]
        return tuple((certificate, issuer) for issuer, certificate in pairwise(loaded))[
            ::-1
        ]

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """What the certificates below the anchor were signed with."""
        below = self.certificates[1:]
        return tuple(use for one in below for use in uses_of_certificate(one))

    def statuses(
        self, known: Revocations, *, since: datetime, until: datetime | None = None
    ) -> Iterator[Status]:
        """What is known of each certificate below the anchor."""
        for certificate, issuer in self.pairs:
            if not is_never_asked_about(certificate):
                yield known.status(certificate, issuer, since=since, until=until)

    def status(
        self, known: Revocations, *, since: datetime, until: datetime | None = None
    ) -> Status:
        """The worst that is known of any of them."""
        found = set(self.statuses(known, since=since, until=until))
        if Status.REVOKED in found:
            return Status.REVOKED
        return Status.UNKNOWN if Status.UNKNOWN in found else Status.GOOD


@lru_cache(maxsize=4096)
def load(data: bytes) -> pyca.Certificate:
    return pyca.load_der_x509_certificate(data)


@lru_cache(maxsize=4096)
def is_never_asked_about(certificate: pyca.Certificate) -> bool:
    """Whether its issuer says that nobody need ask (RFC 6960 §4.2.2.2.1)."""
    try:
        certificate.extensions.get_extension_for_class(pyca.OCSPNoCheck)
    except pyca.ExtensionNotFound:
        return False
    return True


def find_chain(
    leaf: x509.Certificate,
    *,
    trust: TrustStore,
    at: datetime,
    extra: Iterable[x509.Certificate] = (),
    known: Revocations = NOTHING,
) -> Chain | ChainFault:
    """The way from ``leaf`` to an anchor at ``at``, or why there is none.

    REVOKED if the trust store or ``known`` says so. That nothing is known of a
    certificate is no fault here: ask ``Chain.status``.
    """
    extra = list(extra)
    key = (trust.key, leaf.dump(), *sorted(one.dump() for one in extra))
    chain: Chain | ChainFault | None = WAYS.get(key)
    if not isinstance(chain, Chain) or not chain.stands(at):
        chain = validate(leaf, trust, at, extra)
        if isinstance(chain, ChainFault):
            return chain
        if len(WAYS) >= MOST_WAYS:
            WAYS.clear()
        WAYS[key] = chain
    every = trust.revocations + known
    revoked = chain.status(every, since=at) is Status.REVOKED
    return ChainFault.REVOKED if revoked else chain


def validate(
    leaf: x509.Certificate,
    trust: TrustStore,
    at: datetime,
    extra: list[x509.Certificate],
) -> Chain | ChainFault:
    """The way by RFC 5280 §6, revocation aside."""
    context = ValidationContext(
        trust_roots=list(trust.anchors),
        other_certs=[*trust.intermediates, *extra],
        moment=at,
        allow_fetching=False,
    )
    validator = CertificateValidator(leaf, validation_context=context)
    try:
        way: ValidationPath = asyncio.run(validator.async_validate_path())
    except ExpiredError:
        return ChainFault.EXPIRED
    except NotYetValidError:
        return ChainFault.NOT_YET_VALID
    except (PathBuildingError, PathValidationError):
        return ChainFault.NOT_TRUSTED
    certificates = tuple(way.iter_certs(include_root=True))
    store = trust.of_anchor(certificates[0])
    # Of an anchor that the operator put in no end is asked, but of a leaf that is
    # its own anchor there is nothing else to ask.
    limited = certificates[1:] or certificates
    return Chain(
        certificates=certificates,
        store=store.name,
        policy=store.policy,
        valid_from=max(one.not_valid_before for one in limited),
        valid_until=min(one.not_valid_after for one in limited),
    )
