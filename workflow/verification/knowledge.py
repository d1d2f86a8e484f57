"""What a verdict rests on: the trust stores, the file's own data, perhaps services."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from asn1crypto import x509

from workflow.signing.errors import RevocationUnavailable
from workflow.signing.evidence import EvidenceSource
from workflow.verification.chains import (
    Chain,
    ChainFault,
    find_chain,
    is_never_asked_about,
)
from workflow.verification.revocation import Revocations, Status
from workflow.verification.stored import Stored
from workflow.verification.trust import TrustStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Knowledge:
    """``source`` is asked when neither stores nor file know; None: nobody is asked.

    Only services are asked that a certificate names whose way to an anchor stands
    already: a stranger's file cannot make us call an address of its own.
    """

    trust: TrustStore
    stored: Stored = field(default_factory=Stored)
    source: EvidenceSource | None = None

    def way(
        self,
        leaf: x509.Certificate,
        others: Iterable[x509.Certificate],
        *,
        at: datetime,
    ) -> Chain | ChainFault:
        """The way to an anchor, by what was stored if that is enough.

        What came in the same envelope is under no signature: changed there, it must
        not lead astray.
        """
        known, stored = self.stored.revocations, self.stored.certificates
        ask = partial(find_chain, leaf, trust=self.trust, at=at, known=known)
        way = ask(extra=stored)
        if way is ChainFault.NOT_TRUSTED:
            way = ask(extra=(*others, *stored))
        return way

    def expects(self, way: Chain, embedded: Iterable[x509.Certificate]) -> bool:
        """Whether every certificate that an envelope brings is known to the byte.

        It is on the way, or in the trust store, or under the file's last time-stamp. A
        certificate that is none of these has no use but to hide a change of its bytes.
        """
        unknown = {one.dump() for one in embedded} - way.ders
        if not unknown:
            return True
        stored = {one.dump() for one in self.stored.certificates}
        trusted = (*self.trust.anchors, *self.trust.intermediates)
        return unknown <= stored | {one.dump() for one in trusted}

    def status(
        self, chain: Chain, *, since: datetime, until: datetime | None = None
    ) -> Status:
        """Whether any of the chain was revoked, and whether that is known at all."""
        known = self.trust.revocations + self.stored.revocations
        status = chain.status(known, since=since, until=until)
        if status is not Status.UNKNOWN or self.source is None:
            return status
        return chain.status(known + self.ask(chain), since=since, until=until)

    def ask(self, chain: Chain) -> Revocations:
        """What the services say now."""
        found = Revocations()
        now = datetime.now(UTC)
        for certificate, issuer in chain.pairs:
            if self.source is None or is_never_asked_about(certificate):
                continue
            try:
                found += self.source.ask(certificate, issuer, now).revocations
            except RevocationUnavailable as error:
                logger.info("%r", error)
        return found
