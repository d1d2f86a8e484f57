"""Triggers and hash chains: nothing of the past was changed, removed or put in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from documents import ledger, reading, triggers
from documents.models import LedgerEntry, ReadLog

from .base import CHUNK, Flaw, register


@register
def triggers_stand() -> Iterator[Flaw]:
    """Nothing that refuses to rewrite history was dropped, switched off or changed."""
    for table, name, how in triggers.faults():
        yield Flaw(f"trigger_{how}", table or name, f"{name} is {how}")


@register
def ledgers_hold() -> Iterator[Flaw]:
    """No line of a record's ledger was changed, removed or put in between."""
    entries = LedgerEntry.objects.select_related("record__book")
    ordered = entries.order_by("record_id", "sequence").iterator(chunk_size=CHUNK)
    for _record_id, chain in groupby(ordered, key=lambda entry: entry.record_id):
        if entry := ledger.first_break(chain):
            where = f"{entry.record} #{entry.sequence}"
            yield Flaw("ledger_broken", where, entry.action, entry.at)


@register
def reads_hold() -> Iterator[Flaw]:
    """No line of who read a record was changed, removed or put in between."""
    lines = ReadLog.objects.select_related("record__book")
    ordered = lines.order_by("record_id", "sequence").iterator(chunk_size=CHUNK)
    for _record_id, chain in groupby(ordered, key=lambda line: line.record_id):
        if line := reading.first_break(chain):
            where = f"{line.record} read #{line.sequence}"
            yield Flaw("read_log_broken", where, line.access, line.at)
