"""The keys of one run: built once, checked, and checked again while the run lasts."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from documents.models import Unit, User

from ...models import Credential
from ...signing.certificates import CertificateInfo
from ...signing.longterm import Keeper
from ...signing.providers.base import Provider
from ...signing.providers.csc_client import Secrets
from . import credentials, providers

# How long the answer "this key may sign" holds, and the list of whom we trust.
RECHECK_SECONDS = 30.0
Owner = User | Unit


@dataclass(frozen=True)
class Key:
    """A key that may sign now: whose, what is registered, and its certificate."""

    credential: Credential
    provider: Provider
    certificate: CertificateInfo
    alone: bool

    @cached_property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.certificate.der).hexdigest()[:16]


class Keyring:
    """Gives each owner's key, checked.

    ``secrets`` says what the holder of a key has typed for this run; by default
    nobody is there. Close it to log out of tokens.
    """

    def __init__(self, secrets: Callable[[Credential], Secrets] | None = None) -> None:
        self._secrets = secrets or (lambda _credential: Secrets())
        self._keys: dict[tuple[bool, int], tuple[float, Key]] = {}
        self._desk: tuple[float, Keeper] | None = None

    @property
    def keeper(self) -> Keeper:
        if self._desk is None or _is_old(self._desk[0]):
            self._desk = (time.monotonic(), credentials.keeper(timezone.now()))
        return self._desk[1]

    def key(self, owner: Owner) -> Key:
        """Raises NoCredential, a CertificateRefused, AlgorithmRefused,
        RevocationUnavailable, or what a token or a service raises."""
        name = (isinstance(owner, Unit), owner.pk)
        found = self._keys.get(name)
        if found is None or _is_old(found[0]):
            key = self._checked(owner, found[1] if found else None)
            self._keys[name] = found = (time.monotonic(), key)
        return found[1]

    def key_of(self, credential: Credential) -> Key:
        """The same, by what is registered. Raises NoCredential also for a key that
        its owner has replaced."""
        owner = credential.user or credential.unit
        assert owner is not None  # credential_belongs_to_a_person_or_a_unit
        return self.key(owner)

    def close(self) -> None:
        for _at, key in self._keys.values():
            close(key.provider)
        self._keys.clear()

    def _checked(self, owner: Owner, before: Key | None) -> Key:
        credential = credentials.credential_of(owner)
        if before and before.credential == credential:
            provider = before.provider  # keeps its session
        else:
            secrets = self._secrets
            provider = providers.build(credential, lambda: secrets(credential))
        at = timezone.now()
        certificate = credentials.checked(provider, owner, desk=self.keeper, at=at)
        alone = providers.answers_alone(credential)
        return Key(credential, provider, certificate, alone)


def close(provider: Provider) -> None:
    """Log out, if it is a provider that logs in."""
    if log_out := getattr(provider, "close", None):
        log_out()


def _is_old(moment: float) -> bool:
    return time.monotonic() - moment > RECHECK_SECONDS
