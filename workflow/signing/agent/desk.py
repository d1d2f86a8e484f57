"""The agent itself: who is paired, which keys there are, one act at a time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from documents.errors import RecordsError
from workflow.signing.agent.acts import (
    Act,
    Busy,
    Declined,
    Expired,
    KeyUnknown,
    NotPaired,
    Outcome,
    PairingRefused,
    Replayed,
)
from workflow.signing.certificates import CertificateInfo
from workflow.signing.providers.base import Authorisation
from workflow.signing.providers.errors import PinWrong
from workflow.signing.providers.pkcs11 import Pkcs11Provider, list_keys

CODE_TRIES = 5
Clock = Callable[[], datetime]


class Prompt(Protocol):
    """How the agent speaks with the person in front of it."""

    def show_pairing_code(self, code: str) -> None: ...

    def ask(self, act: Act, signer: CertificateInfo, *, wrong_pin: bool) -> str:
        """The PIN, or "" when the person does not want to sign."""


@dataclass(frozen=True)
class Key:
    """A key on a token, named by the SHA-256 of its certificate."""

    id: str
    certificate: CertificateInfo
    provider: Pkcs11Provider

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.certificate.name,
            "mechanism": self.provider.mechanism.value,
            "certificate": b64(self.certificate.der),
            "chain": [b64(bytes(one.dump())) for one in self.certificate.chain],
        }


class Agent:
    """Holds no PIN longer than one act lasts, and writes nothing to the disk."""

    def __init__(
        self,
        module: Path,
        prompt: Prompt,
        *,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self.module = module
        self.prompt = prompt
        self._clock = clock
        self._acting = threading.Lock()
        self._pairing = threading.Lock()
        self._tokens: dict[str, str] = {}
        self._seen: set[str] = set()
        self.new_code()

    def new_code(self) -> None:
        """Show a code that pairs one page, once."""
        self._code = f"{secrets.randbelow(10**6):06d}"
        self._tries = CODE_TRIES
        self.prompt.show_pairing_code(self._code)

    def pair(self, code: str, origin: str) -> str:
        """A token for this origin. Raises PairingRefused; some wrong codes end it."""
        with self._pairing:
            if not hmac.compare_digest(code.encode(), self._code.encode()):
                self._tries -= 1
                if not self._tries:
                    self.new_code()
                raise PairingRefused
            token = secrets.token_urlsafe(32)
            self._tokens[digest(token)] = origin
            self.new_code()
        return token

    def require_paired(self, token: str, origin: str) -> None:
        """A token is good for the origin that it was given to."""
        if self._tokens.get(digest(token)) != origin:
            raise NotPaired

    def available_keys(self) -> list[Key]:
        """What is plugged in now; asks for no PIN."""
        with self._acting_alone():
            return self._keys()

    def sign(self, act: Act) -> Outcome:
        """Ask the person, then sign. Raises Busy, Replayed, Expired, KeyUnknown,
        Declined; what stops it later is told in the outcome."""
        with self._acting_alone():
            self._admit(act)
            key = next((one for one in self._keys() if one.id == act.key), None)
            if key is None:
                raise KeyUnknown
            return self._carry_out(act, key)

    def _keys(self) -> list[Key]:
        found = []
        for name in list_keys(self.module):
            provider = Pkcs11Provider(self.module, name, str)
            certificate = provider.describe()
            if certificate.for_signing:
                id = hashlib.sha256(certificate.der).hexdigest()
                found.append(Key(id, certificate, provider))
        return found

    def _admit(self, act: Act) -> None:
        if act.until < self._clock():
            raise Expired
        if act.request in self._seen:
            raise Replayed
        self._seen.add(act.request)

    def _carry_out(self, act: Act, key: Key) -> Outcome:
        made: list[bytes] = []
        stopped_by = ""
        try:
            provider, consent = self._ask(act, key)
            for signature in provider.sign(act.digests, consent):
                made.append(signature)
        except RecordsError as error:
            stopped_by = error.code
        finally:
            # Logs out, whichever of the two objects logged in.
            key.provider.close()
        return Outcome(act.request, made, stopped_by)

    def _ask(self, act: Act, key: Key) -> tuple[Pkcs11Provider, Authorisation]:
        """A PIN that the token accepts. Raises Declined, PinWrong, PinLocked."""
        for last in (False, True):
            pin = self.prompt.ask(act, key.certificate, wrong_pin=last)
            if not pin:
                break
            provider = with_pin(key.provider, self.module, pin)
            try:
                return provider, provider.authorise(act.digests)
            except PinWrong:
                # A third attempt might lock the token.
                if last:
                    raise
        raise Declined

    def _acting_alone(self) -> Alone:
        return Alone(self._acting)


class Alone:
    """One act at a time: a second page must not slip under the PIN of the first."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise Busy

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def with_pin(provider: Pkcs11Provider, module: Path, pin: str) -> Pkcs11Provider:
    return Pkcs11Provider(module, provider.key, lambda: pin)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
