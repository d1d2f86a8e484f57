"""An envelope under the seal of the unit that answers for it."""

from __future__ import annotations

from datetime import datetime

from documents.exchange.envelopes import Envelope
from documents.models import Unit

from ...signing import xades
from ...signing.asking import Act, Ask, carry_out
from ...signing.certificates import CertificateInfo
from ...signing.providers.base import Mechanism, Provider
from ...signing.timestamps import TimeStamper
from ..keys import credentials
from .refusals import NoTaxCode

SEAL = "seal"


def seal_of(unit: Unit, *, at: datetime) -> tuple[Provider, CertificateInfo]:
    """The key of the unit's seal, checked; ask before anything else is done.

    Raises NoTaxCode, NoCredential, a CertificateRefused, RevocationUnavailable.
    """
    if not unit.tax_code:
        raise NoTaxCode(unit.name)
    return credentials.signer_of(unit, at=at)


def sealed(envelope: Envelope, unit: Unit, *, at: datetime) -> bytes:
    """The finished bytes. Raises what ``seal_of`` and the time-stamper raise."""
    provider, certificate = seal_of(unit, at=at)
    act = seal_envelope(
        envelope,
        certificate=certificate,
        mechanism=provider.mechanism,
        timestamper=credentials.timestamper(),
        at=at,
    )
    return carry_out(act, {SEAL: provider})


def seal_envelope(
    envelope: Envelope,
    *,
    certificate: CertificateInfo,
    mechanism: Mechanism,
    timestamper: TimeStamper,
    at: datetime,
) -> Act[bytes]:
    """Ask for one signature over the envelope, and put it in."""
    prepared = xades.prepare(
        envelope.target(), certificate=certificate, mechanism=mechanism, at=at
    )
    (value,) = yield [Ask(SEAL, prepared.digest)]
    envelope.attach(xades.finish(prepared, value, timestamper=timestamper))
    return envelope.to_bytes()
