"""The hash chain of a record's history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connections, router
from django.db.models import OuterRef, Subquery
from django.db.models.sql import InsertQuery

from .canonical import digest_of
from .models import LedgerEntry, Record, User

GENESIS = "0" * 64
# The version of the machine on Record; a change of its steps gives the next number.
MACHINE = 1
# SQLite takes 32,766 values in one statement (since 3.32).
MOST_IN_ONE = 3_000


class Line(NamedTuple):
    """What is to be entered for one record."""

    record: Record
    action: str
    payload: dict[str, Any]


def append(
    record: Record,
    *,
    action: str,
    actor: User | None,
    at: datetime,
    payload: dict[str, Any],
) -> LedgerEntry:
    """Add one entry. The caller must hold the lock on ``record``'s row."""
    line = Line(record, action, payload)
    return append_many([line], actor=actor, at=at)[0]


def append_many(
    lines: Sequence[Line], *, actor: User | None, at: datetime
) -> list[LedgerEntry]:
    """Add one entry for each of several records, in two queries.

    The caller must hold the locks on the records' rows; a record stands once. The
    entries come back without their primary keys.
    """
    last = _last_entries([line.record for line in lines])
    entries = [
        _next_entry(last.get(line.record.pk), line, actor=actor, at=at)
        for line in lines
    ]
    _insert(entries)
    return entries


def entry_digest(entry: LedgerEntry) -> str:
    """The hex SHA-256 of an entry's canonical bytes, format 1."""
    return digest_of(
        {
            "format": "hocba/ledger/1",
            "record": entry.record.uuid.hex,
            "sequence": entry.sequence,
            "action": entry.action,
            "actor": entry.actor_id,
            "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "payload": entry.payload,
            "machine": entry.machine,
            "previous": entry.previous_hash,
        }
    )


def first_break(entries: Iterable[LedgerEntry]) -> LedgerEntry | None:
    """Return the first entry that does not follow from the one before it."""
    previous, expected = GENESIS, 1
    for entry in entries:
        if (entry.sequence, entry.previous_hash) != (expected, previous):
            return entry
        if entry.entry_hash != entry_digest(entry):
            return entry
        previous, expected = entry.entry_hash, expected + 1
    return None


def _last_entries(records: Sequence[Record]) -> dict[int, LedgerEntry]:
    newest = LedgerEntry.objects.filter(record=OuterRef("record")).order_by("-sequence")
    entries = LedgerEntry.objects.filter(
        record__in=[record.pk for record in records],
        sequence=Subquery(newest.values("sequence")[:1]),
    )
    needed = entries.only("record_id", "sequence", "entry_hash")
    return {entry.record_id: entry for entry in needed}


def _next_entry(
    last: LedgerEntry | None, line: Line, *, actor: User | None, at: datetime
) -> LedgerEntry:
    entry = LedgerEntry(
        record=line.record,
        sequence=last.sequence + 1 if last else 1,
        action=line.action,
        actor=actor,
        at=at,
        payload=line.payload,
        machine=MACHINE,
        previous_hash=last.entry_hash if last else GENESIS,
    )
    entry.entry_hash = entry_digest(entry)
    return entry


def _insert(entries: Sequence[LedgerEntry]) -> None:
    # Not bulk_create: for SQLite it makes a statement of every 90 rows, to keep to a
    # limit that SQLite had before 3.32.
    for start in range(0, len(entries), MOST_IN_ONE):
        fields = [f for f in LedgerEntry._meta.concrete_fields if not f.primary_key]
        query = InsertQuery(LedgerEntry)
        query.insert_values(fields, list(entries[start : start + MOST_IN_ONE]))
        using = router.db_for_write(LedgerEntry)
        query.get_compiler(connection=connections[using]).execute_sql()
