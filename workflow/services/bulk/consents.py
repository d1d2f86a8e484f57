"""The holder of a key is asked once for all that a batch needs of it.

A consent is opened by the worker when it knows every digest of a round, answered on
the page, on a phone or by the agent, and used by the worker. Nobody waits in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents import machine
from documents.errors import RecordsError

from ...models import Batch, BatchItem, Consent, ConsentStatus, ItemStatus, KeptPin
from ...models.consents import OPEN
from ...models.credentials import Credential
from ...signing.asking import Ask
from ...signing.errors import SigningRefused
from ...signing.providers.agent import Accepted, SigningRequest, accept
from ...signing.providers.base import Authorisation, Provider, list_digest
from ...signing.providers.csc import CscProvider
from ...signing.providers.csc_client import Secrets
from ...signing.providers.errors import (
    AnswerRefused,
    AuthorisationDeclined,
    AuthorisationPending,
    PinWrong,
)
from ..keys import providers
from ..keys.keyring import Key, close
from .journal import PINNED_FOR, keep
from .outcomes import fail
from .sealing import seal, unseal

# The second question of a batch comes within this time and needs no second typing.
PIN_KEPT = timedelta(minutes=30)
# What the agent takes in one request.
MOST_DIGESTS = 2000
# Credential, slot, digest in hex, fingerprint of the certificate, round.
Asked = list[Any]
# Items and slots by the digest for which they wait, all of one key.
AskedOf = dict[bytes, list[tuple[int, str]]]
ASKED = (ConsentStatus.WAITING, ConsentStatus.PENDING)


class ConsentGone(SigningRefused):
    """The question was answered, or is asked anew because too much time has passed."""

    code = "consent_gone"
    user_message = _("This question is not open any more. Look at the batch again.")


def new_consent(
    batch: Batch, key: Key, slot: str, round: int, digests: Sequence[bytes]
) -> Consent:
    """The question, not saved; nobody is asked yet. Raises what the service raises."""
    listed = list(digests)[:MOST_DIGESTS]
    needs = providers.needs_of(key.credential, key.provider)
    return Consent(
        batch=batch,
        credential=key.credential,
        slot=slot,
        round=round,
        digests=[digest.hex() for digest in listed],
        code=list_digest(listed),
        needs=" ".join(sorted(needs, reverse=True)),
        created_at=timezone.now(),
    )


def authorise(consent: Consent, provider: Provider) -> None:
    """Ask the key's holder through ``provider``: granted, or pending on a phone.

    Raises what ``authorise`` of the provider raises; then the question stays open.
    """
    digests = tuple(map(bytes.fromhex, consent.digests))
    try:
        granted = provider.authorise(digests)
    except AuthorisationPending as pending:
        note_pending(consent, pending)
    else:
        _note_granted(consent, granted)


def answer(consent: Consent, secrets: Secrets) -> None:
    """What the holder typed on the page. Raises ConsentGone, PinWrong, OtpWrong, ….

    The one-time code is used here and kept nowhere. A PIN that was right is kept,
    encrypted, for the rest of this batch, half an hour at most.
    """
    if consent.status != ConsentStatus.WAITING or is_too_old(consent):
        raise ConsentGone
    kept = kept_secrets(consent.batch, consent.credential)
    given = Secrets(secrets.pin or kept.pin, secrets.otp)
    provider = providers.build(consent.credential, lambda: given)
    try:
        authorise(consent, provider)
    except PinWrong:
        forget_pins(consent.batch, consent.credential)
        raise
    finally:
        close(provider)
    if given.pin:
        _keep_pin(consent, given.pin)


def check_phone(consent: Consent) -> None:
    """Ask once what has become of a question on a phone, unless it is too early.

    Raises SigningUnavailable when the service does not answer; what it refuses closes
    the consent and fails the items that wait for it.
    """
    if not _claim_phone(consent):
        return
    secrets = kept_secrets(consent.batch, consent.credential)
    provider = providers.build(consent.credential, lambda: secrets)
    assert isinstance(provider, CscProvider)  # nothing else is pending
    token = unseal(consent.token, str(consent.uuid))
    digests = tuple(map(bytes.fromhex, consent.digests))
    try:
        granted = provider.resume(digests, token)
    except AuthorisationPending as pending:
        note_pending(consent, pending)
    except SigningRefused as error:
        declined = isinstance(error, AuthorisationDeclined)
        waiting = waiting_for(consent).values()
        end(consent, ConsentStatus.DECLINED if declined else ConsentStatus.LAPSED)
        fail([pk for pairs in waiting for pk, _slot in pairs], error)
    else:
        _note_granted(consent, granted)


def new_request(consent: Consent, *, at: datetime) -> SigningRequest:
    """What the page hands to the agent now. Raises ConsentGone."""
    if consent.status != ConsentStatus.WAITING or is_too_old(consent):
        raise ConsentGone
    certificate = providers.read_certificates(consent.credential.certificates)
    digests = tuple(map(bytes.fromhex, consent.digests))
    request = SigningRequest.new(
        digests, certificate, purpose=purpose_of(consent), at=at
    )
    _store(consent, ASKED, token=seal(request.dump(), str(consent.uuid)))
    return request


def take_answer(consent: Consent, body: bytes, *, at: datetime) -> Accepted:
    """Keep the signatures that the page brings from the agent, each checked.

    Raises AnswerRefused for an answer to no open request.
    """
    token = unseal(consent.token, str(consent.uuid))
    if consent.status != ConsentStatus.WAITING or not token:
        raise AnswerRefused("no open request")
    request = SigningRequest.load(token)
    certificate = providers.read_certificates(consent.credential.certificates)
    provider = providers.build(consent.credential)
    accepted = accept(request, body, certificate, provider.mechanism, at=at)
    waiting = waiting_for(consent)
    for digest, signature in accepted.signatures.items():
        for item_id, slot in waiting.get(digest, ()):
            keep(item_id, slot, digest, signature)
    if accepted.stopped_by is None:
        end(consent, ConsentStatus.USED)
    elif accepted.signatures:
        # The rest is asked for with a list and a code of its own.
        end(consent, ConsentStatus.LAPSED)
    return accepted


def purpose_of(consent: Consent) -> str:
    """What the agent shows beside the code: the step, how many, of which classes."""
    step = str(machine.table()[consent.batch.step].label).capitalize()
    counts = ", ".join(f"{name}: {n}" for name, n in classes_of(consent.batch))
    return f"{step} · {counts} · {consent.batch.unit or ''} · {consent.round}"


def classes_of(batch: Batch) -> list[tuple[str, int]]:
    """The classes in a batch, and how many records of each."""
    rows = batch.items.values_list("record__school_class__name")
    return list(rows.annotate(Count("pk")).order_by("record__school_class__name"))


def asked(key: Key, ask: Ask, round: int) -> Asked:
    """What an item waits for, as it is written beside it."""
    return [key.credential.pk, ask.signer, ask.digest.hex(), key.fingerprint, round]


def waiting_for(consent: Consent) -> AskedOf:
    """Which items wait for which digest of this key, and as whose signature."""
    found: AskedOf = {}
    for pk, asks in pending_asks(consent.batch_id):
        for credential, slot, digest, _fingerprint, _round in asks:
            if credential == consent.credential_id:
                found.setdefault(bytes.fromhex(digest), []).append((pk, slot))
    return {d: found[d] for d in map(bytes.fromhex, consent.digests) if d in found}


def pending_asks(batch_id: int) -> list[tuple[int, list[Asked]]]:
    """What the items of a batch wait for, in their order."""
    items = BatchItem.objects.filter(batch=batch_id, status=ItemStatus.PENDING)
    return list(items.exclude(asks=[]).order_by("pk").values_list("pk", "asks"))


def end(consent: Consent, status: ConsentStatus) -> None:
    """Close it; what it allowed is forgotten."""
    _store(consent, OPEN, status=status, token="", closed_at=timezone.now())


def explain(consent: Consent, error: RecordsError) -> None:
    """Say beside the question what went wrong with the last answer."""
    _store(consent, ASKED, error=error.code, message=error.for_user()[:500])


def granted_by(consent: Consent) -> Authorisation | None:
    """What the holder allowed; None once it is over."""
    token = unseal(consent.token, str(consent.uuid))
    over = consent.until is not None and consent.until <= timezone.now()
    return None if over or not token else Authorisation.load(token)


def open_consents(batch_id: int) -> QuerySet[Consent]:
    related = ("batch__by", "batch__unit", "credential__user", "credential__unit")
    found = Consent.objects.filter(batch=batch_id, status__in=OPEN)
    return found.select_related(*related).order_by("pk")


def is_too_old(consent: Consent) -> bool:
    """Whether the times that the digests claim are too long ago to be signed now."""
    limit = timezone.now() - PINNED_FOR
    items = [pk for pairs in waiting_for(consent).values() for pk, _slot in pairs]
    return BatchItem.objects.filter(pk__in=items, at__lt=limit).exists()


def pending_on_phone() -> QuerySet[Consent]:
    """What is to be confirmed on a phone."""
    related = ("batch__by", "credential__user", "credential__unit")
    pending = Consent.objects.filter(status=ConsentStatus.PENDING)
    return pending.select_related(*related).order_by("pk")


def forget_what_is_over(at: datetime) -> None:
    """PINs whose time has passed, and questions that nobody answered in time."""
    over = Q(until__lte=at) | Q(batch__finished_at__isnull=False)
    KeptPin.objects.filter(over).delete()
    for consent in Consent.objects.filter(status__in=ASKED).select_related("batch"):
        if is_too_old(consent):
            end(consent, ConsentStatus.LAPSED)


def kept_secrets(batch: Batch, credential: Credential) -> Secrets:
    """The PIN that was typed for this batch, while it is kept."""
    kept = KeptPin.objects.filter(
        batch=batch, credential=credential, until__gt=timezone.now()
    ).first()
    return Secrets(unseal(kept.sealed, _pin_purpose(kept)) if kept else "")


def forget_pins(batch: Batch, credential: Credential | None = None) -> None:
    kept = KeptPin.objects.filter(batch=batch)
    if credential is not None:
        kept = kept.filter(credential=credential)
    kept.delete()


def _keep_pin(consent: Consent, pin: str) -> None:
    """From the first typing on: the second question does not lengthen it."""
    new = KeptPin(batch=consent.batch, credential=consent.credential)
    until = timezone.now() + PIN_KEPT
    defaults = {"sealed": seal(pin, _pin_purpose(new)), "until": until}
    key = {"batch": consent.batch, "credential": consent.credential}
    KeptPin.objects.filter(**key, until__lte=timezone.now()).delete()
    KeptPin.objects.get_or_create(**key, defaults=defaults)


def _pin_purpose(kept: KeptPin) -> str:
    return f"pin {kept.batch_id} {kept.credential_id}"


def _note_granted(consent: Consent, granted: Authorisation) -> None:
    """If it is open still: the first answer counts."""
    _store(
        consent,
        ASKED,
        status=ConsentStatus.GRANTED,
        until=granted.until,
        token=seal(granted.dump(), str(consent.uuid)),
        error="",
        message="",
    )


def note_pending(consent: Consent, pending: AuthorisationPending) -> None:
    """The holder was asked on a phone and has not answered."""
    _store(
        consent,
        ASKED,
        status=ConsentStatus.PENDING,
        asked_at=timezone.now(),
        token=seal(pending.token, str(consent.uuid)),
        retry_after=pending.retry_after,
        error="",
        message="",
    )


def _store(consent: Consent, standing: Sequence[str], **values: Any) -> None:
    """Write these fields, if the consent still is in one of the states ``standing``."""
    rows = Consent.objects.filter(pk=consent.pk, status__in=standing)
    for name, value in values.items():
        setattr(consent, name, value)
    if consent.pk is not None:
        rows.update(**values)


def _claim_phone(consent: Consent) -> bool:
    """One of all the pages and workers that want to ask now; False for the others."""
    now = timezone.now()
    mine = Consent.objects.filter(
        pk=consent.pk, status=ConsentStatus.PENDING, asked_at=consent.asked_at
    )
    return is_due(consent, now) and bool(mine.update(asked_at=now))


def is_due(consent: Consent, at: datetime) -> bool:
    """Whether the service has been left alone for as long as it wanted."""
    wish = timedelta(seconds=consent.retry_after)
    return consent.asked_at is None or consent.asked_at + wish <= at
