"""One act on many records: an outcome for each, resumed at the exact record."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.errors import RecordsError
from documents.models import LedgerEntry, Record, Role, State, Unit, User

from ..errors import IllegalTransition, VersionMoved
from ..models import Batch, BatchItem, ItemStatus
from ..signing.errors import SigningUnavailable
from . import STEPS
from .credentials import check_before_signing

# A run that has not shown itself for this long is taken for dead.
STALE = timedelta(seconds=90)
MAX_ATTEMPTS = 5

logger = structlog.get_logger(__name__)


class UnexpectedFault(RecordsError):
    """A fault of the program; the log has the traceback."""

    code = "unexpected_fault"
    user_message = _("Something went wrong. The administrator finds more in the log.")


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
    visible = Record.objects.visible_to(by).filter(pk__in=record_ids)
    agreed = list(_in_order(visible))
    if step == "sign":
        _check_signers(visible, by)
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


def _check_signers(records: QuerySet[Record], by: User) -> None:
    """Ask for each school whose head signs; to all others each item says no."""
    issuers = records.filter(state=State.REVIEWED).values("issuer")
    for school in Unit.objects.filter(pk__in=issuers).order_by("pk"):
        if by.holds(Role.HEAD, school):
            check_before_signing(by, school, at=timezone.now())


def run_batch(batch_id: int) -> Iterator[BatchItem]:
    """Work through the items that wait; yield each with its outcome.

    Holds no lock while it works. A second run of the same batch ends at once while
    the first one lives, and goes on where it stopped once it is dead.
    """
    run = uuid.uuid4().hex
    if not _claim(batch_id, run):
        return
    _again(batch_id).update(status=ItemStatus.PENDING, error="", message="")
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
    return Batch.objects.filter(
        nobody, finished_at=None, paused_at=None, created_at__lt=at - STALE
    )


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
        mine.update(claimed_by="", claimed_at=None, finished_at=timezone.now())


def _work_on(item: BatchItem) -> None:
    # A run that was killed may have taken the step and not said so. To ask only after
    # a refusal would return, or recall, a second time what has come back meanwhile.
    if _did_it(item):
        _note(item, ItemStatus.DONE)
        return
    # While the batch waited the record may have come back with another content.
    if moved := _moved(item):
        _note(item, ItemStatus.REFUSED, VersionMoved(moved))
        return
    # Read afresh for each item: a person who loses a role is stopped at the next one.
    by = User.objects.get(pk=item.batch.by_id)
    try:
        STEPS[item.batch.step](
            record_id=item.record_id, by=by, reason=item.batch.reason
        )
    except SigningUnavailable as error:
        _note(item, ItemStatus.FAILED, error)
    except IllegalTransition as error:
        # Another run may have been faster between our question and our step.
        done = _did_it(item)
        _note(item, ItemStatus.DONE if done else ItemStatus.REFUSED, error)
    except RecordsError as error:
        _note(item, ItemStatus.REFUSED, error)
    except Exception:
        # A fault of ours in one record must not stop the others for ever.
        logger.exception("batch_item_failed", item=item.pk)
        _note(item, ItemStatus.FAILED, UnexpectedFault(str(item)))
    else:
        _note(item, ItemStatus.DONE)


def _did_it(item: BatchItem) -> bool:
    """Whether this batch took the step before it was killed."""
    return LedgerEntry.objects.filter(
        record=item.record_id,
        action=item.batch.step,
        actor=item.batch.by_id,
        at__gte=item.batch.created_at,
    ).exists()


def _moved(item: BatchItem) -> Record | None:
    """The record, if it has another version than the one that was agreed to."""
    moved = Record.objects.filter(pk=item.record_id).exclude(current=item.version_id)
    return moved.first() if item.version_id else None


def _note(
    item: BatchItem, status: ItemStatus, error: RecordsError | None = None
) -> None:
    wrong = error is not None and status is not ItemStatus.DONE
    item.status = status
    item.error = error.code if error and wrong else ""
    item.message = error.for_user()[:500] if error and wrong else ""
    item.finished_at = timezone.now()
    item.attempts += 1
    BatchItem.objects.filter(pk=item.pk).update(
        status=item.status,
        error=item.error,
        message=item.message,
        finished_at=item.finished_at,
        attempts=F("attempts") + 1,
    )
