"""Batches of drafts, as the tests of their runs begin them."""

from __future__ import annotations

from django.db.models import QuerySet

from documents.models import LedgerEntry, Record, User
from workflow.models import Batch
from workflow.services.bulk.batches import start_batch


def keys(records: list[Record]) -> list[int]:
    return [record.pk for record in records]


def submitting(drafts: list[Record], by: User) -> Batch:
    return start_batch(step="submit", record_ids=keys(drafts), by=by)


def submits() -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(action="submit")
