"""What every step does first and last: claim the row, conclude the change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from django.db.models import F

from documents import ledger, machine
from documents.canonical import digest_of
from documents.models import Record, Signature, User, Version
from documents.querysets import RecordQuerySet
from documents.signals import announce

from ..errors import IllegalTransition, NotAllowed, NotVisible, ReasonMissing


def claim(record_id: int, *, step: str, by: User | None) -> Record:
    """Lock the row, then check. In the other order two callers both pass.

    What ``by`` may do is read anew and held until the commit (``hold_standing``): no
    step is committed after the end of the role that allowed it. ``by`` is None for
    the calendar, which acts for nobody and is asked for no permission. Raises
    NotVisible, NotAllowed, IllegalTransition.
    """
    record = lock_row(record_id, by=by)
    check(record, step=step, by=by)
    return record


def lock_row(record_id: int, *, by: User | None) -> Record:
    """Lock the record's row until the transaction ends. Raises NotVisible.

    Until then what ``by`` may do cannot be taken away either.
    """
    if by is not None:
        by.hold_standing()
    # `of` keeps the lock to the record: its neighbours may be shared.
    rows = rows_visible_to(by).select_for_update(of=("self",))
    return _get(rows.select_related("school_class", "issuer", "custodian"), record_id)


def look(record_id: int, *, by: User | None) -> Record:
    """Return the record without locking it. Raises NotVisible."""
    related = ("book__pupil", "school_class", "issuer", "custodian", "current")
    return _get(rows_visible_to(by).select_related(*related), record_id)


def check(record: Record, *, step: str, by: User | None) -> None:
    """Raise NotAllowed or IllegalTransition unless ``by`` may take ``step`` now."""
    if by is not None and not machine.permitted(record, step, by):
        raise NotAllowed(by, step)
    if not machine.possible(record, step):
        raise IllegalTransition(record, step)


def require_reason(reason: str) -> str:
    """Return the reason without outer spaces. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()


def conclude(
    record: Record,
    step: str,
    *,
    by: User | None,
    at: datetime,
    payload: dict[str, Any],
    fields: tuple[str, ...] = ("state",),
) -> None:
    """Save the row, enter the ledger, tell the later stages after commit."""
    conclude_many(
        [record], step, by=by, at=at, payload=lambda _record: payload, fields=fields
    )


def conclude_many(
    records: Sequence[Record],
    step: str,
    *,
    by: User | None,
    at: datetime,
    payload: Callable[[Record], dict[str, Any]],
    fields: tuple[str, ...] = ("state",),
) -> None:
    """The same for many in a fixed number of queries.

    ``fields`` are those that the step wrote, with one value for all of the records.
    """
    if not records:
        return
    keys = [record.pk for record in records]
    values = {name: getattr(records[0], name) for name in fields}
    Record.objects.filter(pk__in=keys).update(**values, revision=F("revision") + 1)
    for record in records:
        record.revision += 1
    lines = [ledger.Line(record, step, payload(record)) for record in records]
    ledger.append_many(lines, actor=by, at=at)
    announce(keys)


def version_payload(record: Record) -> dict[str, Any]:
    """What a ledger line says of the version that a step was taken on."""
    version = record.current
    assert version is not None  # record_past_draft_has_a_version
    return {"version": version.number, "sha256": version.sha256}


def signatures_digest(version: Version) -> str:
    """The digest by which a ledger line names all signatures of a version, format 1."""
    rows = sorted(version.signatures.all(), key=attrgetter("slot"))
    return digest_of(
        {"format": "hocba/signatures/1", "signatures": list(map(_signature_row, rows))}
    )


def _signature_row(signature: Signature) -> dict[str, Any]:
    at = signature.signed_at.astimezone(UTC)
    row = {
        "slot": signature.slot,
        "signer": signature.signer_id,
        "unit": signature.unit_id,
        "name": signature.name,
        "office": signature.office,
        "organisation": signature.organisation,
        "certificate": signature.certificate,
        "at": at.isoformat(timespec="microseconds"),
        "source": signature.time_source,
    }
    if signature.xml:  # a sign-off without a key has none
        xml = hashlib.sha256(signature.xml.encode()).hexdigest()
        row |= {"xml": xml, "parts": signature.parts, "covers": signature.covers}
    return row


def rows_visible_to(by: User | None) -> RecordQuerySet:
    """The records that ``by`` may see; all of them for the calendar."""
    return Record.objects.all() if by is None else Record.objects.visible_to(by)


def _get(rows: RecordQuerySet, record_id: int) -> Record:
    try:
        return rows.get(pk=record_id)
    except Record.DoesNotExist as error:
        raise NotVisible(f"record {record_id}") from error
