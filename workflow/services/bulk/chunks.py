"""A batch whose step asks no key: as many items at a time as one statement takes.

The step and its outcomes are two transactions, as for one item: a run that is killed
between them finds in the ledger what it did.

A chunk is one transaction, and the right to the step is held in it (``claim_many``):
from the moment that a role's end is committed no further record takes the step,
wherever in a chunk it stands. Whoever ends the role waits for the chunk that is being
written, no longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import structlog
from django.db.models import Exists, OuterRef, QuerySet

from documents.models import Role, Signature, User

from ...models import Batch, BatchItem
from ..locking import lock_records
from ..many import Taken
from ..returning import return_records
from ..signing_off import NotSigned, may_click
from ..submitting import submit_records
from . import outcomes
from .runs import Run, waiting_items
from .workers import WORKERS

# Between two looks at whether anybody paused the batch.
CHUNK = 200

logger = structlog.get_logger(__name__)


class Bulk(NamedTuple):
    """A step on many records, and which of the items it is tried on."""

    take: Callable[[Sequence[int], User, Batch], Taken]
    among: Callable[[QuerySet[BatchItem], User], QuerySet[BatchItem]]


def work_in_chunks(run: Run, batch: Batch) -> Iterator[BatchItem]:
    """Take the step where no key has to be asked; yield what came to an outcome.

    What is left waits for whoever takes items one by one.
    """
    bulk = BULK.get(batch.step)
    # Where keys may be asked next, the clock of the slice starts only with them.
    goes_on = run.lives if batch.step in WORKERS else run.goes_on
    after = 0
    while bulk and goes_on():
        by = User.objects.get(pk=batch.by_id)
        waiting = waiting_items(batch.pk).filter(pk__gt=after)
        rows = outcomes.to_work_on(bulk.among(waiting, by)).order_by("pk")
        items = list(islice(rows, CHUNK))
        if not items:
            return
        after = items[-1].pk
        yield from _work_on(items, bulk, by)


def _work_on(items: Sequence[BatchItem], bulk: Bulk, by: User) -> Iterator[BatchItem]:
    done = outcomes.done_among(items)
    outcomes.close_many([item for item in items if item.pk in done])
    left = {item.record_id: item for item in items if item.pk not in done}
    for item in items:
        if item.pk in done:
            yield item
        elif refusal := outcomes.moved(item):
            outcomes.judge(item, refusal)
            yield left.pop(item.record_id)
    try:
        taken = bulk.take(list(left), by, items[0].batch)
    except Exception:
        # One by one each of them comes to its own outcome.
        logger.exception("chunk_failed", batch=items[0].batch_id, items=len(left))
        return
    yield from _note(left, taken)


def _note(items: Mapping[int, BatchItem], taken: Taken) -> Iterator[BatchItem]:
    outcomes.close_many([items[record.pk] for record in taken.records])
    for record_id, item in items.items():
        error = taken.refused.get(record_id)
        if isinstance(error, NotSigned):
            continue
        if error is not None:
            outcomes.judge(item, error)
        yield item


def _all(items: QuerySet[BatchItem], _by: User) -> QuerySet[BatchItem]:
    return items


def _signed_before(items: QuerySet[BatchItem], by: User) -> QuerySet[BatchItem]:
    """Those whose class teacher has signed the sheet, as it stands or as it stood."""
    if may_click(by):
        return items
    sheets = Signature.objects.filter(
        version__record=OuterRef("record"), slot=Role.CLASS_TEACHER
    )
    return items.filter(Exists(sheets), asks=[])


BULK = {
    "lock": Bulk(
        lambda keys, by, _batch: lock_records(record_ids=keys, by=by),
        _all,
    ),
    "return": Bulk(
        lambda keys, by, batch: return_records(
            record_ids=keys, by=by, reason=batch.reason
        ),
        _all,
    ),
    "submit": Bulk(
        lambda keys, by, _batch: submit_records(record_ids=keys, by=by),
        _signed_before,
    ),
}
