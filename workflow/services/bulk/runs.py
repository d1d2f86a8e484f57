"""A run: whoever works on a batch, as long as it shows that it lives."""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from ...models import Batch, BatchItem, Consent, ItemStatus
from ...models.consents import OPEN
from ...signals import batch_ended
from .outcomes import MAX_ATTEMPTS

# A run that has not shown itself for this long is taken for dead.
STALE = timedelta(seconds=90)
# Whoever wants to know of an end, and was not told because a worker died, is told
# within this time or never.
TOLD_WITHIN = timedelta(days=1)


class Run:
    """One run over a batch, or one slice of it: for ``seconds``, if they are given.

    Holds no lock. A second run gets nothing while the first one lives.
    """

    def __init__(self, batch_id: int, seconds: float | None = None) -> None:
        self.batch_id = batch_id
        self.name = uuid.uuid4().hex
        self._seconds = seconds
        self._began: float | None = None
        self._over = False

    def begin(self) -> bool:
        """Take the batch; False if another run lives, or if there is nothing to do.

        What failed waits until all else has been tried, however many slices that
        takes: a service that is away must not use up its tries in a minute.
        """
        now = timezone.now()
        if not self._claim(now):
            return False
        Batch.objects.filter(pk=self.batch_id).update(turn_at=now)
        if not waiting_items(self.batch_id).exists():
            failed = items_to_try_again(self.batch_id)
            failed.update(status=ItemStatus.PENDING, error="", message="")
        return True

    def lives(self) -> bool:
        """Show that it lives; False once it was paused, cancelled or taken for dead."""
        self._over = self._over or not self._claim(timezone.now())
        return not self._over

    def goes_on(self) -> bool:
        """The same, and False when the slice is over.

        The clock starts with the first question, so that each slice gets on, however
        long it takes to open a key.
        """
        now = time.monotonic()
        if self._began is None:
            self._began = now
        elif self._is_late(now):
            self._over = True
        return self.lives()

    def begin_anew(self) -> None:
        """Set the clock again: of this slice nothing has come yet."""
        self._began, self._over = None, False

    @property
    def is_over(self) -> bool:
        """Whether it was told to stop before it came to the end."""
        return self._over

    def release(self) -> bool:
        """Give the batch back; True if this was its end."""
        mine = Batch.objects.filter(pk=self.batch_id, claimed_by=self.name)
        if waiting_items(self.batch_id).exists():
            free = {"claimed_at": None} if self._may_go_on_at_once() else {}
            mine.update(claimed_by="", **free)
            return False
        if items_to_try_again(self.batch_id).exists():
            mine.update(claimed_by="")
            return False
        now = timezone.now()
        return bool(mine.update(claimed_by="", claimed_at=None, finished_at=now))

    def _may_go_on_at_once(self) -> bool:
        """At the end of a slice, or as soon as a signer answers; else after a rest."""
        asked = Consent.objects.filter(batch=self.batch_id, status__in=OPEN)
        return self._over or asked.exists()

    def _is_late(self, now: float) -> bool:
        if self._seconds is None or self._began is None:
            return False
        return now - self._began >= self._seconds

    def _claim(self, at: datetime) -> bool:
        free = nobody_works(at) | Q(claimed_by=self.name)
        rows = Batch.objects.filter(
            free, pk=self.batch_id, finished_at=None, paused_at=None
        )
        return bool(rows.update(claimed_by=self.name, claimed_at=at))


def nobody_works(at: datetime) -> Q:
    return Q(claimed_at=None) | Q(claimed_at__lt=at - STALE)


def waiting_items(batch_id: int) -> QuerySet[BatchItem]:
    return BatchItem.objects.filter(batch=batch_id, status=ItemStatus.PENDING)


def items_to_try_again(batch_id: int) -> QuerySet[BatchItem]:
    """Failed items that the next run tries again."""
    return BatchItem.objects.filter(
        batch=batch_id, status=ItemStatus.FAILED, attempts__lt=MAX_ATTEMPTS
    )


def tell_of_end(batch: Batch) -> None:
    """Let the listeners hear of it; what this worker cannot note is told again."""
    batch_ended.send_robust(sender=Batch, batch=batch)
    Batch.objects.filter(pk=batch.pk).update(told_at=timezone.now())


def tell_of_ends(at: datetime) -> None:
    """Make up for what workers that died did not tell."""
    untold = Batch.objects.filter(
        told_at=None, finished_at__gte=at - TOLD_WITHIN, finished_at__lt=at - STALE
    )
    for batch in untold.select_related("by", "unit"):
        tell_of_end(batch)
