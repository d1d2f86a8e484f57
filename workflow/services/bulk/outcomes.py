"""What became of one item of a batch, and how it is written down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import structlog
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.errors import RecordsError
from documents.models import LedgerEntry

from ...errors import IllegalTransition, NoCredential, VersionMoved
from ...models import BatchItem, ItemStatus
from ...signing.errors import SigningRefused, SigningUnavailable

MAX_ATTEMPTS = 5

logger = structlog.get_logger(__name__)


class UnexpectedFault(RecordsError):
    """A fault of the program; the log has the traceback."""

    code = "unexpected_fault"
    user_message = _("Something went wrong. The administrator finds more in the log.")


def is_done(item: BatchItem) -> bool:
    """Whether this batch took the step before it was killed.

    Where it took over what an earlier one had signed, the step bears the time of that.
    """
    return LedgerEntry.objects.filter(
        Q(at__gte=item.batch.created_at) | Q(at=item.at),
        record=item.record_id,
        action=item.batch.step,
        actor=item.batch.by_id,
    ).exists()


def done_among(items: Sequence[BatchItem]) -> set[int]:
    """The keys of those of one batch of which ``is_done`` is true; one query."""
    batch = items[0].batch
    lines = LedgerEntry.objects.filter(
        record__in=[item.record_id for item in items],
        action=batch.step,
        actor=batch.by_id,
        at__gte=batch.created_at,
    )
    taken = set(lines.values_list("record", flat=True))
    return {item.pk for item in items if item.record_id in taken}


def to_work_on(items: QuerySet[BatchItem]) -> QuerySet[BatchItem]:
    """With what is asked of an item before its step, all as it is at this moment.

    The batch with the person for whom it acts, and the record.
    """
    return items.select_related("batch__by", "record")


def moved(item: BatchItem) -> VersionMoved | None:
    """The refusal, if the record has another version than was agreed to.

    While the batch waited it may have come back with another content. ``item`` is one
    of ``to_work_on``.
    """
    if item.version_id in (None, item.record.current_id):
        return None
    return VersionMoved(item.record)


def close(item: BatchItem) -> None:
    """The step was taken."""
    _note(item, ItemStatus.DONE)


def close_many(items: Sequence[BatchItem]) -> None:
    """The same for many, in one query."""
    now = timezone.now()
    for item in items:
        item.status, item.error, item.message = ItemStatus.DONE, "", ""
        item.finished_at, item.asks = now, []
        item.attempts += 1
    BatchItem.objects.filter(pk__in=[item.pk for item in items]).update(
        status=ItemStatus.DONE,
        error="",
        message="",
        finished_at=now,
        asks=[],
        attempts=F("attempts") + 1,
    )


def judge(item: BatchItem, error: Exception) -> None:
    """Refused by the rules, or failed: then it is tried again.

    What fails for want of a key or a service waits for the reconciler, what a key
    refuses for the person who has mended it. Call it where ``error`` is handled: a
    fault of ours goes to the log and must not stop the other items for ever.
    """
    match error:
        case IllegalTransition() if is_done(item):
            # Another run was faster between our question and our step.
            _note(item, ItemStatus.DONE)
        case SigningUnavailable():
            _note(item, ItemStatus.FAILED, error)
        case SigningRefused() | NoCredential():
            _note(item, ItemStatus.FAILED, error, attempts=MAX_ATTEMPTS)
        case RecordsError():
            _note(item, ItemStatus.REFUSED, error)
        case _:
            logger.exception("batch_item_failed", item=item.pk)
            _note(item, ItemStatus.FAILED, UnexpectedFault(str(item)))


def fail(item_ids: Iterable[int], error: RecordsError) -> list[BatchItem]:
    """The same for the items that wait for one key; those of them that still waited."""
    items = BatchItem.objects.filter(pk__in=list(item_ids), status=ItemStatus.PENDING)
    found = list(items.select_related("batch").order_by("pk"))
    for item in found:
        judge(item, error)
    return found


def _note(
    item: BatchItem,
    status: ItemStatus,
    error: RecordsError | None = None,
    attempts: int = 1,
) -> None:
    item.status = status
    item.error = error.code if error else ""
    item.message = error.for_user()[:500] if error else ""
    item.finished_at = timezone.now()
    item.attempts += attempts
    if status is ItemStatus.DONE:
        item.asks = []
    BatchItem.objects.filter(pk=item.pk).update(
        status=item.status,
        error=item.error,
        message=item.message,
        finished_at=item.finished_at,
        asks=item.asks,
        attempts=F("attempts") + attempts,
    )
