"""One act on many records: an outcome for each, resumed at the exact record."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from documents.models import Record, Role, State, Unit, User

from ..errors import VersionMoved
from ..models import Batch, BatchItem, Consent, ItemStatus
from . import STEPS, outcomes
from .confirming import within_reach
from .consents import ASKED
from .credentials import check_before_signing
from .outcomes import MAX_ATTEMPTS
from .rounds import Rounds, clear_up
from .workers import WORKERS

# A run that has not shown itself for this long is taken for dead.
STALE = timedelta(seconds=90)


def start_batch(
    *,
    step: str,
    record_ids: Sequence[int],
    by: User,
    unit: Unit | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> Batch:
    """Write down what is to be done; ``run_batch`` does it, here or in a worker.

    Only records that ``by`` may see become items, each with the version that it has
    now; rules are checked item by item. Call it outside a transaction: before
    signing it asks services outside, and raises what ``check_before_signing`` does.
    """
    visible = within_reach(by, step).filter(pk__in=record_ids)
    agreed = list(_in_order(visible))
    if step in WORKERS:
        _check_signers(step, visible, by)
    with transaction.atomic():
        batch = Batch.objects.create(
            step=step, by=by, unit=unit, reason=reason, created_at=at or timezone.now()
        )
        BatchItem.objects.bulk_create(
            [
                BatchItem(batch=batch, record_id=pk, version_id=version)
                for pk, version in agreed
            ],
            batch_size=500,
        )
    return batch


def _check_signers(step: str, records: QuerySet[Record], by: User) -> None:
    """Ask for each school whose head signs, or for the teacher's own key.

    To all others each item says no, also to a teacher without a key.
    """
    if step != "sign":
        if by.credentials.filter(is_active=True).exists() and records.exists():
            check_before_signing(by, at=timezone.now())
        return
    issuers = records.filter(state=State.REVIEWED).values("issuer")
    for school in Unit.objects.filter(pk__in=issuers).order_by("pk"):
        if by.holds(Role.HEAD, school):
            check_before_signing(by, school, at=timezone.now())


def run_batch(batch_id: int) -> Iterator[BatchItem]:
    """Work through the items that wait; yield each with its outcome.

    Holds no lock while it works. A second run of the same batch ends at once while
    the first one lives, and goes on where it stopped once it is dead. It ends also
    where a signer is asked: once they have answered, it is called again.
    """
    run = uuid.uuid4().hex
    if not _claim(batch_id, run):
        return
    _again(batch_id).update(status=ItemStatus.PENDING, error="", message="")
    batch = Batch.objects.select_related("by", "unit").get(pk=batch_id)
    if worker := WORKERS.get(batch.step):
        yield from Rounds(batch, worker, partial(_claim, batch_id, run)).run()
    else:
        while (item := _next_item(batch_id, run)) is not None:
            _work_on(item)
            yield item
    _release(batch_id, run)


def progress(batch: Batch) -> dict[str, int]:
    """How many items stand in each status, and ``total``; one query."""
    counts = {s.value: Count("pk", filter=Q(status=s)) for s in ItemStatus}
    return batch.items.aggregate(total=Count("pk"), **counts)


def retry_failed(batch: Batch) -> int:
    """Let the failed items (not the refused ones) wait again; return how many."""
    count = batch.items.filter(status=ItemStatus.FAILED).update(
        status=ItemStatus.PENDING, error="", message="", attempts=0
    )
    Batch.objects.filter(pk=batch.pk).update(finished_at=None, claimed_at=None)
    return count


def pause_batch(batch: Batch, *, at: datetime | None = None) -> None:
    """Stop after the item that is being worked on."""
    Batch.objects.filter(pk=batch.pk).update(paused_at=at or timezone.now())


def resume_batch(batch: Batch) -> None:
    """Let a paused batch go on; the caller hands it to a worker."""
    Batch.objects.filter(pk=batch.pk).update(paused_at=None, claimed_at=None)


def stopped_batches(at: datetime | None = None) -> QuerySet[Batch]:
    """Batches that have work left and nobody working: the reconciler's list."""
    at = at or timezone.now()
    nobody = Q(claimed_at=None) | Q(claimed_at__lt=at - STALE)
    unfinished = Batch.objects.filter(
        nobody, finished_at=None, paused_at=None, created_at__lt=at - STALE
    )
    # Only their signers can move these.
    asked = Consent.objects.filter(status__in=ASKED).values("batch")
    return unfinished.exclude(pk__in=asked)


def _in_order(records: QuerySet[Record]) -> Iterator[tuple[int, int | None]]:
    # Everybody takes rows in the order of their keys, so nobody waits in a circle.
    return records.order_by("pk").values_list("pk", "current_id").iterator()


def _next_item(batch_id: int, run: str) -> BatchItem | None:
    if not _claim(batch_id, run):
        return None
    items = BatchItem.objects.filter(batch=batch_id, status=ItemStatus.PENDING)
    return items.select_related("batch").order_by("pk").first()


def _claim(batch_id: int, run: str) -> bool:
    """Take the batch, or show that this run still lives; False if another one does."""
    now = timezone.now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - STALE) | Q(claimed_by=run)
    rows = Batch.objects.filter(free, pk=batch_id, finished_at=None, paused_at=None)
    return bool(rows.update(claimed_by=run, claimed_at=now))


def _again(batch_id: int) -> QuerySet[BatchItem]:
    """Failed items that the next run tries again."""
    return BatchItem.objects.filter(
        batch=batch_id, status=ItemStatus.FAILED, attempts__lt=MAX_ATTEMPTS
    )


def _release(batch_id: int, run: str) -> None:
    """Close the batch, or leave it to the reconciler: paused, or failed items wait."""
    mine = Batch.objects.filter(pk=batch_id, claimed_by=run)
    waiting = BatchItem.objects.filter(batch=batch_id, status=ItemStatus.PENDING)
    if waiting.exists():
        mine.update(claimed_by="", claimed_at=None)
    elif _again(batch_id).exists():
        mine.update(claimed_by="")
    else:
        ended = mine.update(claimed_by="", claimed_at=None, finished_at=timezone.now())
        if ended:
            clear_up(Batch.objects.get(pk=batch_id))


def _work_on(item: BatchItem) -> None:
    # A run that was killed may have taken the step and not said so. To ask only after
    # a refusal would return, or recall, a second time what has come back meanwhile.
    if outcomes.is_done(item):
        outcomes.close(item)
        return
    try:
        _take_step(item)
    except Exception as error:
        outcomes.judge(item, error)
    else:
        outcomes.close(item)


def _take_step(item: BatchItem) -> None:
    # While the batch waited the record may have come back with another content.
    if record := outcomes.moved(item):
        raise VersionMoved(record)
    # Read afresh for each item: a person who loses a role is stopped at the next one.
    by = User.objects.get(pk=item.batch.by_id)
    take = STEPS[item.batch.step]
    take(record_id=item.record_id, by=by, reason=item.batch.reason)
