"""A batch that signs, in rounds: all items up to their next question, then the keys.

Keys that answer at once are asked on the way. For the others every item stops at its
question, the questions to one key become one consent, and the worker is given back.
When the consent is there, its signatures are made and written down one by one, and
each item runs again: through what the journal knows, to its next question or its end.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from django.utils import timezone

from documents.errors import RecordsError
from documents.models import User
from documents.rendering import render_pdf

from ...models import (
    Batch,
    BatchItem,
    Consent,
    ConsentStatus,
    Credential,
    ItemStatus,
    JournalEntry,
)
from ...signals import question_asked
from ...signing.errors import SigningUnavailable
from ...signing.providers.base import Authorisation
from ...signing.providers.errors import (
    AuthorisationLapsed,
    AuthorisationPending,
    OtpWrong,
    PinMissing,
    PinWrong,
)
from ..keys.keyring import Key, Keyring
from . import consents, outcomes
from .consents import AskedOf
from .journal import PINNED_FOR, STAMP, Journal, KeepingStamper, Scratch, keep, pin
from .playing import Ended, play
from .runs import Run
from .works import Desk, Work, Worker

# Between two looks at who may still sign and whether anybody paused the batch. What
# was signed for somebody who lost the role meanwhile is never entered: the step asks
# again, in its own transaction.
CHUNK = 50
# The holder has to act again: a new question, not a failure.
AGAIN = (AuthorisationLapsed, PinMissing, PinWrong, OtpWrong)
T = TypeVar("T")
# Yields items that came to an outcome, and returns what its caller asked for.
Outcomes = Generator[BatchItem, None, T]


class Rounds:
    """One run over a batch, or a slice of it: ``turn`` says when to stop."""

    def __init__(self, batch: Batch, worker: Worker, turn: Run) -> None:
        self.batch = batch
        self.worker = worker
        self.turn = turn
        self.keys = Keyring(partial(consents.kept_secrets, batch))
        self.scratch = Scratch.of(batch)
        # Why the holder of a key is asked again.
        self._reasons: dict[int, RecordsError] = {}
        # Those of which it was asked whether an earlier run has done them.
        self._begun: set[int] = set()
        # How much was written down when a key was last asked by itself.
        self._asked_at: dict[int, int] = {}

    def run(self) -> Iterator[BatchItem]:
        """Yield each item that came to an outcome. Ends when nothing can go on."""
        try:
            self._forget_what_changed()
            goes_on = True
            while goes_on and self.turn.lives():
                yield from self._use_consents()
                yield from self._work_through()
                if self.turn.is_over:
                    return  # a holder is asked once, when all questions are known
                goes_on = yield from self._ask_for_more()
        finally:
            self.keys.close()

    # Items

    def _work_through(self) -> Iterator[BatchItem]:
        """Every item that waits for nothing runs to its next question or its end."""
        for pk in self._ready():
            if not self.turn.goes_on():
                return
            items = BatchItem.objects.filter(pk=pk, status=ItemStatus.PENDING)
            item = outcomes.to_work_on(items).first()
            if item and self._work_on(item):
                yield item

    def _ready(self) -> list[int]:
        answered = self._answered()
        items = BatchItem.objects.filter(batch=self.batch, status=ItemStatus.PENDING)
        return [
            pk
            for pk, asks in items.order_by("pk").values_list("pk", "asks")
            if all(
                (pk, slot, digest) in answered for _key, slot, digest, *_more in asks
            )
        ]

    def _work_on(self, item: BatchItem) -> bool:
        """False if it waits for the holder of a key."""
        # A run that was killed may have taken the step and not said so.
        if item.pk not in self._begun and outcomes.is_done(item):
            outcomes.close(item)
            return True
        self._begun.add(item.pk)
        try:
            is_finished = self._advance(item)
        except Exception as error:
            outcomes.judge(item, error)
            return True
        if is_finished:
            outcomes.close(item)
        return is_finished

    def _advance(self, item: BatchItem) -> bool:
        pin(item)
        journal = Journal(item)
        # Read with the item: a person who loses a role is stopped at the next one.
        work = self._begin(item, journal, item.batch.by)
        found = play(work, journal)
        if isinstance(found, Ended):
            work.enter(found.value)
            return True
        item.asks = found
        BatchItem.objects.filter(pk=item.pk).update(asks=found)
        return False

    def _begin(self, item: BatchItem, journal: Journal, by: User) -> Work:
        """Check the rules for one item. Raises what the step raises, VersionMoved."""
        if refusal := outcomes.moved(item):
            raise refusal
        keeper = self.keys.keeper
        stamper = KeepingStamper(keeper.timestamper, journal)
        # An item that stopped once may stop again: its pages are remembered.
        render = self.scratch.render if item.asks else render_pdf
        desk = Desk(self.keys, replace(keeper, timestamper=stamper), render)
        assert item.at is not None  # it has been pinned
        return self.worker(
            record_id=item.record_id,
            by=by,
            at=item.at,
            desk=desk,
            reason=item.batch.reason,
        )

    # Consents that were given

    def _use_consents(self) -> Iterator[BatchItem]:
        for consent in consents.open_consents(self.batch.pk):
            if consent.status == ConsentStatus.GRANTED:
                yield from self._use(consent)

    def _use(self, consent: Consent) -> Iterator[BatchItem]:
        waiting = self._unanswered(consent)
        if not waiting:
            return
        try:
            if not (yield from self._sign(consent, waiting)):
                return
        except AuthorisationPending as pending:
            # A service that has to ask on the phone again, for what is left.
            self._go_on_pending(consent, pending)
        except AGAIN as error:
            self._ask_again(consent, error)
        except RecordsError as error:
            if not isinstance(error, SigningUnavailable):
                consents.end(consent, ConsentStatus.LAPSED)
            yield from outcomes.fail(items_of(self._unanswered(consent)), error)
        else:
            consents.end(consent, ConsentStatus.USED)

    def _sign(self, consent: Consent, waiting: AskedOf) -> Outcomes[bool]:
        """Return False when the batch was stopped. Raises what the key raises."""
        granted = consents.granted_by(consent)
        if granted is None:
            raise AuthorisationLapsed(len(waiting))
        key = self.keys.key_of(consent.credential)
        covered = [digest for digest in waiting if digest in set(granted.digests)]
        for start in range(0, len(covered), CHUNK):
            if not self.turn.goes_on():
                return False
            part = covered[start : start + CHUNK]
            allowed = yield from self._allowed(part, waiting)
            self._sign_part(key, allowed, waiting, granted)
        return True

    def _sign_part(
        self,
        key: Key,
        digests: Sequence[bytes],
        waiting: AskedOf,
        granted: Authorisation,
    ) -> None:
        """Each signature is written down before the next one is asked for."""
        made = key.provider.sign(digests, granted)
        for digest, signature in zip(digests, made, strict=True):
            for item_id, slot in waiting[digest]:
                keep(item_id, slot, digest, signature)

    def _allowed(
        self, digests: Sequence[bytes], waiting: AskedOf
    ) -> Outcomes[list[bytes]]:
        """Return the digests whose items may still be signed; judge the others."""
        allowed = []
        for digest in digests:
            ids = [pk for pk, _slot in waiting[digest]]
            refused = yield from self._refuse_what_may_not(ids)
            if len(refused) < len(ids):
                allowed.append(digest)
        return allowed

    def _refuse_what_may_not(self, ids: Sequence[int]) -> Outcomes[list[BatchItem]]:
        refused = []
        by = User.objects.get(pk=self.batch.by_id)
        items = BatchItem.objects.filter(pk__in=ids, status=ItemStatus.PENDING)
        for item in outcomes.to_work_on(items):
            try:
                self._begin(item, Journal(item), by).act.close()
            except Exception as error:
                outcomes.judge(item, error)
                refused.append(item)
                yield item
        return refused

    def _go_on_pending(self, consent: Consent, pending: AuthorisationPending) -> None:
        consents.end(consent, ConsentStatus.LAPSED)
        left = list(self._unanswered(consent))
        key = self.keys.key_of(consent.credential)
        again = consents.new_consent(self.batch, key, consent.slot, consent.round, left)
        consents.note_pending(again, pending)
        again.save()

    def _ask_again(self, consent: Consent, error: RecordsError) -> None:
        consents.end(consent, ConsentStatus.LAPSED)
        self._reasons[consent.credential_id] = error
        if isinstance(error, PinWrong):
            consents.forget_pins(self.batch, consent.credential)

    # Consents that are still to be asked for

    def _ask_for_more(self) -> Outcomes[bool]:
        """Open what is missing; return whether anything can go on at once."""
        goes_on, wanted = False, self._wanted()
        asked = self._still_open(wanted)
        keys = Credential.objects.filter(pk__in=wanted).select_related("user", "unit")
        for credential in keys.order_by("pk"):
            consent = asked.get(credential.pk)
            if consent is None:
                consent = yield from self._open(credential, wanted[credential.pk])
            goes_on |= consent is not None and consent.status == ConsentStatus.GRANTED
        return goes_on

    def _still_open(self, wanted: Mapping[int, AskedOf]) -> dict[int, Consent]:
        """The questions that stand, by key; one that has served makes room."""
        found = {}
        for consent in consents.open_consents(self.batch.pk):
            if self._unanswered(consent):
                found[consent.credential_id] = consent
            elif consent.credential_id in wanted:
                consents.end(consent, ConsentStatus.USED)
        return found

    def _open(
        self, credential: Credential, wanted: AskedOf
    ) -> Outcomes[Consent | None]:
        """Return the consent, or None where the key cannot be asked at all."""
        try:
            key = self.keys.key_of(credential)
            consent = self._question(key, wanted)
            self._ask_by_itself(consent, key)
        except RecordsError as error:
            yield from outcomes.fail(items_of(wanted), error)
            return None
        # Only now: a question that asks for nothing must never be left standing.
        consent.save()
        if consent.status in consents.ASKED:
            question_asked.send_robust(sender=Consent, consent=consent)
        return consent

    def _ask_by_itself(self, consent: Consent, key: Key) -> None:
        """Where nobody has to type. Raises what the holder cannot mend by typing."""
        try:
            if self._may_ask_by_itself(consent):
                consents.authorise(consent, key.provider)
        except AGAIN as error:
            if isinstance(error, PinWrong):
                consents.forget_pins(self.batch, consent.credential)
            consents.explain(consent, error)

    def _question(self, key: Key, wanted: AskedOf) -> Consent:
        (item_id, slot), *_others = next(iter(wanted.values()))
        asks = BatchItem.objects.values_list("asks", flat=True).get(pk=item_id)
        number = next(one[-1] for one in asks if one[0] == key.credential.pk)
        consent = consents.new_consent(self.batch, key, slot, number, list(wanted))
        if reason := self._reasons.pop(key.credential.pk, None):
            consents.explain(consent, reason)
        return consent

    def _may_ask_by_itself(self, consent: Consent) -> bool:
        """Whether nothing is to be typed, and the last time was not in vain."""
        kept = consents.kept_secrets(self.batch, consent.credential)
        if consent.needs not in ("", "pin") or (consent.needs and not kept.pin):
            return False
        written = JournalEntry.objects.filter(item__batch=self.batch).count()
        before = self._asked_at.get(consent.credential_id, -1)
        self._asked_at[consent.credential_id] = written
        return written > before

    # What is asked, and what is answered

    def _answered(self) -> set[tuple[int, str, str]]:
        entries = JournalEntry.objects.filter(item__batch=self.batch)
        rows = entries.exclude(slot=STAMP).values_list("item_id", "slot", "digest")
        return set(rows)

    def _unanswered(self, consent: Consent) -> AskedOf:
        answered = self._answered()
        found = {}
        for digest, pairs in consents.waiting_for(consent).items():
            left = [one for one in pairs if (*one, digest.hex()) not in answered]
            if left:
                found[digest] = left
        return found

    def _wanted(self) -> dict[int, AskedOf]:
        """What the items wait for and nobody has answered, by key."""
        answered = self._answered()
        found: dict[int, AskedOf] = {}
        for pk, asks in consents.pending_asks(self.batch.pk):
            for credential, slot, digest, *_more in asks:
                if (pk, slot, digest) not in answered:
                    of_key = found.setdefault(credential, {})
                    of_key.setdefault(bytes.fromhex(digest), []).append((pk, slot))
        return found

    def _forget_what_changed(self) -> None:
        """Another certificate, or another time, means other digests: ask anew."""
        limit = timezone.now() - PINNED_FOR
        items = BatchItem.objects.filter(batch=self.batch, status=ItemStatus.PENDING)
        items.filter(at__lt=limit).update(asks=[])
        present: dict[int, Key | None] = {}
        for pk, asks in consents.pending_asks(self.batch.pk):
            for credential, _slot, _digest, fingerprint, _round in asks:
                if credential not in present:
                    present[credential] = self._present_key(credential)
                key = present[credential]
                asked = (credential, fingerprint)
                if key and (key.credential.pk, key.fingerprint) != asked:
                    BatchItem.objects.filter(pk=pk).update(asks=[])
        for consent in consents.open_consents(self.batch.pk):
            if not self._unanswered(consent):
                consents.end(consent, ConsentStatus.LAPSED)

    def _present_key(self, credential_id: int) -> Key | None:
        """The key with which the owner of that one would sign now.

        None when it cannot be told: its own fault shows where it is used.
        """
        owners = Credential.objects.select_related("user", "unit")
        try:
            return self.keys.key_of(owners.get(pk=credential_id))
        except RecordsError:
            return None


def items_of(wanted: Mapping[bytes, Sequence[tuple[int, str]]]) -> list[int]:
    return sorted({pk for pairs in wanted.values() for pk, _slot in pairs})


def clear_up(batch: Batch) -> None:
    """After its end: nothing of what was typed or rendered for it is left."""
    consents.forget_pins(batch)
    for consent in consents.open_consents(batch.pk):
        consents.end(consent, ConsentStatus.LAPSED)
    Scratch.of(batch).clear()
