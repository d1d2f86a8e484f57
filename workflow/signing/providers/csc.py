"""A key at a remote signing service: one authorisation for many hashes (CSC API)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Self

from workflow.signing.certificates import CertificateInfo
from workflow.signing.providers.base import Authorisation, Mechanism
from workflow.signing.providers.csc_client import (
    CscClient,
    CscCredential,
    Grant,
    Handle,
    Secrets,
    explain,
)
from workflow.signing.providers.csc_http import Refusal
from workflow.signing.providers.errors import (
    AuthorisationLapsed,
    AuthorisationPending,
    CredentialDisabled,
    PinMissing,
    SignatureWrong,
)
from workflow.signing.providers.proof import is_signature

# Hashes in one call of signHash: a lost answer costs this many at most.
CALL_SIZE = 50
# A SAD that is about to expire is not worth the call.
MARGIN = timedelta(seconds=5)
POLL_SECONDS = 3.0
# New SADs in a row without one signature between them.
RENEWALS = 3

# Called when PIN or one-time code are needed; empty ones mean that nobody is there.
AskSecrets = Callable[[], Secrets]
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Sad:
    """A grant for the next ``count`` digests of the list, until ``until``."""

    count: int
    value: str
    until: str

    @property
    def end(self) -> datetime:
        return datetime.fromisoformat(self.until)


@dataclass(frozen=True)
class Consent:
    """What stands in ``Authorisation.token``: the SADs, and the open question.

    ``handle`` asks about the ``waiting`` digests that follow those of the SADs.
    """

    sads: tuple[Sad, ...] = ()
    handle: str = ""
    waiting: int = 0

    @property
    def count(self) -> int:
        return sum(sad.count for sad in self.sads)

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, token: str) -> Self:
        data = json.loads(token)
        return cls(tuple(Sad(**sad) for sad in data.pop("sads")), **data)


class CscProvider:
    """Asks the signer as seldom as the service allows.

    A PIN is good for as many SADs as ``multisign`` makes necessary, a one-time code
    for one. ``sign`` needs nobody while the SADs hold; a SAD that expired is replaced
    for what is left, if ``ask_secrets`` still knows the PIN.
    """

    def __init__(
        self,
        client: CscClient,
        credential_id: str,
        ask_secrets: AskSecrets = Secrets,
        *,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self.client = client
        self.credential_id = credential_id
        self._ask_secrets = ask_secrets
        self._clock = clock
        self._credential: CscCredential | None = None

    @property
    def credential(self) -> CscCredential:
        """Asked once; says also which factors the screen has to ask for."""
        if self._credential is None:
            self._credential = self.client.credential(self.credential_id)
        return self._credential

    @property
    def mechanism(self) -> Mechanism:
        return self.credential.mechanism

    def describe(self) -> CertificateInfo:
        return self.credential.certificate

    def authorise(self, digests: Sequence[bytes]) -> Authorisation:
        """As many SADs as one typing allows.

        Raises PinWrong, OtpWrong, PinLocked, CredentialDisabled, AuthorisationPending
        when the signer is asked on a phone, ServiceUnavailable.
        """
        return self._gather(tuple(digests), Consent())

    def resume(self, digests: Sequence[bytes], token: str) -> Authorisation:
        """``digests`` are those of ``authorise``, or what ``sign`` had left."""
        consent = Consent.load(token)
        answer = self.client.check(Handle(consent.handle), self.describe().name)
        consent = self._noted(consent, answer, consent.waiting)
        return self._gather(tuple(digests), consent)

    def sign(
        self, digests: Sequence[bytes], authorisation: Authorisation
    ) -> Iterator[bytes]:
        """Each signature is checked before it is yielded.

        Raises AuthorisationLapsed or AuthorisationPending when the signer is needed
        again, SignatureWrong when the service keeps answering with something else.
        """
        authorisation.require(digests)
        sads = by_digest(authorisation)
        for sad, part in groupby(digests, key=sads.__getitem__):
            yield from self._sign_part(list(part), sad)

    def _sign_part(self, left: list[bytes], sad: Sad) -> Iterator[bytes]:
        renewals = 0
        while left:
            try:
                made = self._sign_some(left[:CALL_SIZE], sad)
            except Refusal as said:
                # Expired, or used up by an answer that was lost: which one, only the
                # service's prose says. Refused again and again, it is meant.
                if renewals == RENEWALS:
                    explain(said, self.describe().name)
                sad, renewals = self._renew(left), renewals + 1
                continue
            yield from made
            left, renewals = left[len(made) :], 0

    def _sign_some(self, digests: list[bytes], sad: Sad) -> list[bytes]:
        """Signatures of the first of ``digests``, at least of one."""
        if sad.end - MARGIN < self._clock():
            raise Refusal(400, "expired", "SAD expired")
        transport = self.client.transport
        for attempt in range(transport.patience.attempts):
            answer = self.client.sign(self.credential, digests, sad.value)
            if good := self._proven(digests, answer):
                return good
            transport.pause(attempt)
        raise SignatureWrong

    def _proven(self, digests: list[bytes], answer: list[bytes]) -> list[bytes]:
        """The beginning of ``answer`` that is what was asked for."""
        good: list[bytes] = []
        certificate, mechanism = self.describe(), self.mechanism
        for digest, signature in zip(digests, answer, strict=False):
            if not is_signature(signature, digest, certificate, mechanism):
                break
            good.append(signature)
        return good

    def _renew(self, left: list[bytes]) -> Sad:
        """A SAD for what is left of one part; ``multisign`` allowed that many."""
        secrets = self._secrets()
        if secrets is None or self.credential.needs_otp:
            raise AuthorisationLapsed(len(left))
        answer = self.client.authorise(self.credential, left, secrets)
        return self._noted(Consent(), answer, len(left)).sads[0]

    def _gather(self, digests: tuple[bytes, ...], consent: Consent) -> Authorisation:
        credential = self.credential
        if not credential.enabled:
            raise CredentialDisabled(credential.certificate.name)
        while consent.count < len(digests) and not self._enough(consent):
            secrets = self._secrets()
            if secrets is None:
                if consent.sads:
                    break
                raise PinMissing(credential.certificate.name)
            part = digests[consent.count :][: credential.multisign]
            answer = self.client.authorise(credential, part, secrets)
            consent = self._noted(consent, answer, len(part))
        until = min((sad.end for sad in consent.sads), default=None)
        return Authorisation(digests[: consent.count], until, consent.dump())

    def _enough(self, consent: Consent) -> bool:
        """A one-time code opens once; the caller comes back with the next."""
        return bool(consent.sads) and self.credential.needs_otp

    def _noted(self, consent: Consent, answer: Grant | Handle, count: int) -> Consent:
        if isinstance(answer, Handle):
            asked = replace(consent, handle=answer.value, waiting=count)
            raise AuthorisationPending(asked.dump(), retry_after=POLL_SECONDS)
        until = self._clock() + timedelta(seconds=answer.lifetime)
        sad = Sad(count, answer.sad, until.isoformat())
        return Consent((*consent.sads, sad))

    def _secrets(self) -> Secrets | None:
        """None when something is needed and nobody is there to say it."""
        secrets, credential = self._ask_secrets(), self.credential
        missing = (credential.needs_pin and not secrets.pin) or (
            credential.needs_otp and not secrets.otp
        )
        return None if missing else secrets


def by_digest(authorisation: Authorisation) -> dict[bytes, Sad]:
    """Which SAD was given for which digest: they follow the list's order."""
    consent = Consent.load(authorisation.token)
    owners = [sad for sad in consent.sads for _ in range(sad.count)]
    return dict(zip(authorisation.digests, owners, strict=True))
