"""One act on many records: an outcome for each, resumed at the exact record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from documents.models import LedgerEntry, Record, Role, State, Unit, User

from ...models import Batch, BatchItem, Consent, ItemStatus
from .. import STEPS
from ..confirming import within_reach
from ..keys.credentials import check_before_signing
from . import outcomes
from .chunks import work_in_chunks
from .consents import ASKED
from .rounds import Rounds, clear_up
from .runs import STALE, Run, nobody_works, tell_of_end, waiting_items
from .scheduling import due_of
from .workers import WORKERS

# What a worker had in its hands when a batch was cancelled was begun before this.
IN_HAND = timedelta(seconds=5)


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
            step=step,
            by=by,
            unit=unit,
            reason=reason,
            created_at=at or timezone.now(),
            due=due_of(visible, step),
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


def run_batch(batch_id: int, *, seconds: float | None = None) -> Iterator[BatchItem]:
    """Work through the items that wait; yield each with its outcome.

    With ``seconds`` it is a slice: whoever calls it again lets it go on. Holds no lock
    while it works. A second run of the same batch ends at once while the first one
    lives, and goes on where it stopped once it is dead. It ends also where a signer is
    asked: once they have answered, it is called again.
    """
    run = Run(batch_id, seconds)
    if run.begin():
        yield from work_through(run)


def work_through(run: Run) -> Iterator[BatchItem]:
    """What a run that has begun does."""
    batch = Batch.objects.select_related("by", "unit").get(pk=run.batch_id)
    got_on = False
    for item in work_in_chunks(run, batch):
        got_on = True
        yield item
    if not got_on:
        run.begin_anew()
    if worker := WORKERS.get(batch.step):
        yield from Rounds(batch, worker, run).run()
    else:
        yield from _one_by_one(run)
    if run.release():
        _end(run.batch_id)


def _one_by_one(run: Run) -> Iterator[BatchItem]:
    while (item := _next_item(run)) is not None:
        _work_on(item)
        yield item


def _end(batch_id: int) -> None:
    batch = Batch.objects.select_related("by", "unit").get(pk=batch_id)
    clear_up(batch)
    tell_of_end(batch)


def progress(batch: Batch) -> dict[str, int]:
    """How many items stand in each status, and ``total``; one query."""
    counts = {s.value: Count("pk", filter=Q(status=s)) for s in ItemStatus}
    return batch.items.aggregate(total=Count("pk"), **counts)


def retry_failed(batch: Batch) -> int:
    """Let the failed items (not the refused ones) wait again; return how many.

    What somebody cancelled stays as it is.
    """
    failed = batch.items.filter(status=ItemStatus.FAILED, batch__cancelled_at=None)
    count = failed.update(status=ItemStatus.PENDING, error="", message="", attempts=0)
    Batch.objects.filter(pk=batch.pk, cancelled_at=None).update(
        finished_at=None, claimed_at=None, told_at=None
    )
    return count


def pause_batch(batch: Batch, *, at: datetime | None = None) -> None:
    """Stop after the item, or the chunk of items, that is being worked on."""
    Batch.objects.filter(pk=batch.pk).update(paused_at=at or timezone.now())


def resume_batch(batch: Batch) -> None:
    """Let a paused batch go on; the caller hands it to a worker."""
    Batch.objects.filter(pk=batch.pk).update(paused_at=None, claimed_at=None)


def cancel_batch(batch: Batch, *, at: datetime | None = None) -> bool:
    """End it: what was not begun is left as it is, what is done stays.

    A record that a worker has in its hands comes to its own outcome. False if the
    batch was over before.
    """
    at = at or timezone.now()
    with transaction.atomic():
        unfinished = Batch.objects.filter(pk=batch.pk, finished_at=None)
        ended = unfinished.update(
            cancelled_at=at,
            finished_at=at,
            paused_at=None,
            claimed_by="",
            claimed_at=None,
        )
        if ended:
            _settle(batch.items.all(), at)
    if ended:
        _end(batch.pk)
    return bool(ended)


def settle_cancelled(at: datetime) -> None:
    """What workers that died after a cancel left: outcomes, pages, questions."""
    lately = Batch.objects.filter(cancelled_at__gte=at - 3 * STALE)
    _settle(BatchItem.objects.filter(batch__in=lately), at)
    for batch in lately:
        clear_up(batch)


def _settle(items: QuerySet[BatchItem], at: datetime) -> None:
    """Items of cancelled batches: done if the step was taken, else cancelled."""
    waiting = items.filter(status=ItemStatus.PENDING)
    waiting.update(status=ItemStatus.CANCELLED, finished_at=at)
    taken = LedgerEntry.objects.filter(
        Q(at__gte=OuterRef("batch__created_at")) | Q(at=OuterRef("at")),
        record=OuterRef("record"),
        action=OuterRef("batch__step"),
        actor=OuterRef("batch__by"),
        # Later it was somebody who took the step on this one record.
        at__lte=OuterRef("batch__cancelled_at") + IN_HAND,
    )
    done = items.filter(Exists(taken), status=ItemStatus.CANCELLED)
    done.update(status=ItemStatus.DONE)


def free_batches(at: datetime, *, named: int | None = None) -> QuerySet[Batch]:
    """Batches that have work left and nobody working.

    But for those that wait for a signer: only they can move these. Of ``named`` it is
    known that one has answered, of several perhaps.
    """
    asked = Consent.objects.filter(status__in=ASKED).values("batch")
    return Batch.objects.filter(
        nobody_works(at),
        ~Q(pk__in=asked) | Q(pk=named),
        finished_at=None,
        paused_at=None,
    )


def stopped_batches(at: datetime | None = None) -> QuerySet[Batch]:
    """Those that ought to have had a turn: the reconciler's list."""
    at = at or timezone.now()
    return free_batches(at).filter(created_at__lt=at - STALE)


def _in_order(records: QuerySet[Record]) -> Iterator[tuple[int, int | None]]:
    # Everybody takes rows in the order of their keys, so nobody waits in a circle.
    return records.order_by("pk").values_list("pk", "current_id").iterator()


def _next_item(run: Run) -> BatchItem | None:
    if not run.goes_on():
        return None
    items = outcomes.to_work_on(waiting_items(run.batch_id))
    return items.order_by("pk").first()


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
    if refusal := outcomes.moved(item):
        raise refusal
    take = STEPS[item.batch.step]
    # Read with the item: a person who loses a role is stopped at the next one.
    by = item.batch.by
    take(record_id=item.record_id, by=by, reason=item.batch.reason)
