"""What was signed and stamped for an item of a batch, written down before it is used.

A run that died, a token that was pulled out, a service that went away: the next run
does the same work again, finds every answer here, and asks for what is missing only.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from documents.rendering import FormInput, render_pdf

from ...errors import NotVerified
from ...models import Batch, BatchItem, ItemStatus, JournalEntry
from ...signing.timestamps import TimeStamper, Token, read_token

STAMP = "tsa"
# What a signature claims and what its time-stamp says may be a day apart at most.
PINNED_FOR = timedelta(hours=20)
Key = tuple[str, str]


class Journal:
    """The answers for one item, and those that earlier attempts at it left behind.

    Of other items only those count that want the same version signed and never came
    to their end: what has been issued is not taken for a second time, nor what was
    found to be no good.
    """

    def __init__(self, item: BatchItem) -> None:
        self.item = item

    @cached_property
    def known(self) -> dict[Key, bytes]:
        own = Q(item=self.item)
        if self.item.version_id:
            own |= Q(item__in=begun(self.item.version_id))
        rows = JournalEntry.objects.filter(own).order_by("pk")
        found = rows.values_list("slot", "digest", "value")
        return {(slot, digest): bytes(value) for slot, digest, value in found}

    def answer(self, slot: str, digest: bytes) -> bytes | None:
        return self.known.get((slot, digest.hex()))

    def keep(self, slot: str, digest: bytes, value: bytes) -> bytes:
        """Write it down and return what stands: the first answer is the one used."""
        kept = keep(self.item.pk, slot, digest, value)
        self.known[slot, digest.hex()] = kept
        return kept


def keep(item_id: int, slot: str, digest: bytes, value: bytes) -> bytes:
    """Enter an answer; one that is there already stays, and is returned."""
    key = {"item_id": item_id, "slot": slot, "digest": digest.hex()}
    try:
        with transaction.atomic():
            JournalEntry.objects.create(**key, value=value, at=timezone.now())
    except IntegrityError:
        return bytes(JournalEntry.objects.get(**key).value)
    return value


class KeepingStamper:
    """A time-stamper that is asked once about a digest, whatever happens after."""

    def __init__(self, inner: TimeStamper, journal: Journal) -> None:
        self.token_size = inner.token_size
        self._inner = inner
        self._journal = journal

    def stamp(self, digest: bytes) -> Token:
        known = self._journal.answer(STAMP, digest)
        if known is not None:
            return read_token(known)
        token = self._inner.stamp(digest)
        self._journal.keep(STAMP, digest, token.der)
        return token


@dataclass(frozen=True)
class Scratch:
    """Pages that a batch has rendered, so that the next round need not.

    The same input gives the same pages, so that losing them costs time only.
    """

    folder: Path

    @classmethod
    def of(cls, batch: Batch) -> Scratch:
        return cls(Path(settings.DATA_DIR) / "scratch" / str(batch.uuid))

    def render(self, form: FormInput) -> bytes:
        path = self.folder / f"{hashlib.sha256(repr(form).encode()).hexdigest()}.pdf"
        if path.is_file():
            return path.read_bytes()
        pdf = render_pdf(form)
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as part:
            part.write(pdf)
        Path(part.name).replace(path)
        return pdf

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def pin(item: BatchItem) -> None:
    """Set the time that the signatures of ``item`` claim, once and for all attempts.

    Another time would be another thing to sign. Of an earlier attempt by the same
    person it is taken over, with its signatures. After PINNED_FOR all begins anew: a
    claim so far from its time-stamp would not be believed.
    """
    now = timezone.now()
    if item.at and item.at > now - PINNED_FOR:
        return
    earlier = _earlier(item)
    fresh = earlier is not None and earlier.at and earlier.at > now - PINNED_FOR
    item.at, item.asks = earlier.at if earlier and fresh else now, []
    BatchItem.objects.filter(pk=item.pk).update(at=item.at, asks=[])


def begun(version_id: int) -> QuerySet[BatchItem]:
    """The items that want this version signed, and did not come to their end."""
    items = BatchItem.objects.filter(version=version_id)
    return items.exclude(status=ItemStatus.DONE).exclude(error=NotVerified.code)


def _earlier(item: BatchItem) -> BatchItem | None:
    """The last attempt by the same person that has an answer already."""
    if item.version_id is None:
        return None
    same = begun(item.version_id).filter(
        batch__step=item.batch.step, batch__by=item.batch.by_id
    )
    answered = Exists(JournalEntry.objects.filter(item=OuterRef("pk")))
    return same.exclude(pk=item.pk).filter(answered).order_by("-at").first()
