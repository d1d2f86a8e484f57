"""Keeping the index in step with the tables: feed, compare, mend, build anew."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from documents.models import Record

from .backends import get_backend
from .models import Index
from .projection import documents_of

logger = logging.getLogger(__name__)

RECORDS = "records"
BATCH = 500
_PAGE = 2_000
# Each try follows a swap; nobody swaps this often.
_TRIES = 5

T = TypeVar("T")


@dataclass(frozen=True)
class Difference:
    """One thing in which index and tables differ.

    ``code`` is stable: ``missing`` (not in the index), ``behind`` or ``ahead`` (of
    another revision), ``surplus`` (no such record), or what the engine's own check
    finds, without a record.
    """

    code: str
    record_id: int | None = None


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did: documents written, and those replayed before the end."""

    generation: int
    written: int
    replayed: int


def ensure_index() -> Index:
    """The row of the index, made with an empty first generation if there is none."""
    found = Index.objects.filter(pk=RECORDS).first()
    return found or _first_index()


@transaction.atomic
def _first_index() -> Index:
    index, made = Index.objects.get_or_create(
        pk=RECORDS, defaults={"generation": 1, "last_generation": 1}
    )
    if made:
        backend = get_backend()
        # Without the row nobody knows what these are.
        for leftover in backend.generations():
            backend.drop(leftover)
        backend.create(index.generation)
    return index


def index_records(record_ids: Iterable[int]) -> None:
    """Bring some records up to date in the index; harmless when done twice."""
    for ids in batches(record_ids, BATCH):
        _write(ids)


def check_index() -> list[Difference]:
    """Every difference between index and tables. Changes nothing."""
    generation = ensure_index().generation
    faults = [Difference(code) for code in get_backend().faults(generation)]
    seen = set(_differences(generation))
    # What was being fed just then is in step at the second look.
    lasting = [d for d in _differences(generation) if d in seen] if seen else []
    return faults + lasting


def reconcile_index() -> int:
    """Mend what feeding missed, and return the number of records mended."""
    generation = ensure_index().generation
    return _mend(generation)


def rebuild_index(
    *, at: datetime | None = None, progress: Callable[[int], None] | None = None
) -> Rebuilt:
    """Build a new index beside the one that answers, then swap.

    Searching and feeding go on meanwhile. What changed during the build is found
    by revision and replayed before the swap and once more after it, since a
    writer may have read the old number just before. ``progress`` is called with
    the number of records written so far.
    """
    backend, old = get_backend(), ensure_index().generation
    generation = _next_generation()
    backend.create(generation)
    written = _fill(generation, progress)
    backend.settle(generation)
    replayed = _mend(generation)
    Index.objects.filter(pk=RECORDS).update(
        generation=generation, built_at=at or timezone.now()
    )
    replayed += _mend(generation)
    for leftover in backend.generations():
        # Also what killed builds left. A build that began later is not ours.
        if leftover < generation:
            backend.drop(leftover)
    logger.info("index %d has replaced %d: %d records", generation, old, written)
    return Rebuilt(generation, written, replayed)


def _fill(generation: int, progress: Callable[[int], None] | None) -> int:
    written = 0
    for ids in batches(_all_ids(), BATCH):
        # One short transaction for each batch: others want to write too.
        with transaction.atomic():
            get_backend().upsert(generation, documents_of(ids))
        written += len(ids)
        if progress is not None:
            progress(written)
    return written


def _next_generation() -> int:
    index = Index.objects.filter(pk=RECORDS)
    with transaction.atomic():
        index.update(last_generation=F("last_generation") + 1)
        return index.get().last_generation


def _write(record_ids: list[int]) -> None:
    """Write to the generation that answers, and again if it was swapped meanwhile."""
    for _ in range(_TRIES):
        generation = ensure_index().generation
        try:
            _put(generation, record_ids)
        except DatabaseError:
            if ensure_index().generation == generation:
                raise
        if ensure_index().generation == generation:
            return


def _put(generation: int, record_ids: list[int], replaced: Iterable[int] = ()) -> None:
    """Write what exists of these records, and take out what does not.

    ``replaced`` are written even over a higher revision.
    """
    backend, documents = get_backend(), documents_of(record_ids)
    gone = set(record_ids) - {document.record_id for document in documents}
    with transaction.atomic():
        backend.delete(generation, sorted(gone.union(replaced)))
        backend.upsert(generation, documents)


def _mend(generation: int) -> int:
    mended = 0
    for batch in batches(_differences(generation), BATCH):
        ids = {d.record_id: d.code for d in batch if d.record_id is not None}
        # A higher revision than the table's is wrong, and would refuse the right one.
        ahead = [record_id for record_id, code in ids.items() if code == "ahead"]
        _put(generation, list(ids), replaced=ahead)
        mended += len(ids)
    return mended


def _differences(generation: int) -> Iterator[Difference]:
    """Compare two streams in order of id, whatever the engine."""
    held = get_backend().revisions(generation)
    end = (None, 0)
    index_id, index_revision = next(held, end)
    for record_id, revision in _revisions():
        while index_id is not None and index_id < record_id:
            yield Difference("surplus", index_id)
            index_id, index_revision = next(held, end)
        if index_id != record_id:
            yield Difference("missing", record_id)
            continue
        if index_revision != revision:
            code = "behind" if index_revision < revision else "ahead"
            yield Difference(code, record_id)
        index_id, index_revision = next(held, end)
    while index_id is not None:
        yield Difference("surplus", index_id)
        index_id, index_revision = next(held, end)


def _revisions() -> Iterator[tuple[int, int]]:
    """(id, revision) of every record, in pages: no cursor stays open over writes."""
    rows = Record.objects.order_by("pk").values_list("pk", "revision")
    page = list(rows[:_PAGE])
    while page:
        yield from page
        page = list(rows.filter(pk__gt=page[-1][0])[:_PAGE])


def _all_ids() -> Iterator[int]:
    return (record_id for record_id, _ in _revisions())


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    stream = iter(items)
    while batch := list(islice(stream, size)):
        yield batch
