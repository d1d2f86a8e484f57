"""Who signs remotely in the tests, and with how much patience."""

from __future__ import annotations

from tests.workflow.signing.providers.csc_stub import PIN
from tests.workflow.signing.providers.material import (
    digests,
)
from workflow.signing.providers.base import Mechanism
from workflow.signing.providers.csc_client import (
    Secrets,
)
from workflow.signing.providers.csc_http import Patience
from workflow.signing.providers.proof import is_signature

AUTHORIZE, SIGN = "credentials/authorize", "signatures/signHash"
SIX_HUNDRED = digests(600)
FEW = digests(12)
PATIENCE = Patience(attempts=4, first_wait=0.01, longest_wait=8, connect=30, read=30)


class Signer:
    """Types what is asked for, and counts."""

    def __init__(self, *otps: str, pin: str = PIN) -> None:
        self.otps = list(otps)
        self.pin = pin
        self.asked = 0

    def __call__(self) -> Secrets:
        self.asked += 1
        return Secrets(self.pin, self.otps.pop(0) if self.otps else "")


def all_good(wanted, signatures, provider) -> bool:
    return all(
        is_signature(signature, digest, provider.describe(), Mechanism.ECDSA)
        for digest, signature in zip(wanted, signatures, strict=True)
    )
