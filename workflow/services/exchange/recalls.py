"""Recalls that travel: the next package says which reported versions are void, and why.

With the replacement, where there is one already (báo cáo thay thế), else alone. The
receiver's copy of the old version answers as superseded from then on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import F

from documents import ledger
from documents.exchange.headers import Recalled
from documents.models import (
    FINAL_STATES,
    Direction,
    LedgerEntry,
    Package,
    PackageItem,
    PackageOutcome,
    PackagePurpose,
    Record,
    State,
    User,
)
from documents.querysets import RecordQuerySet
from documents.signals import announce

# What the ledgers of both sides call it.
REPORTED, RECEIVED = "report_recall", "receive_recall"


class Told(NamedTuple):
    """A recall as it is told, and the key of the version that is void."""

    recalled: Recalled
    version_id: int


def untold(records: RecordQuerySet) -> dict[int, Told]:
    """By record: the version that was reported and recalled since, not told of yet.

    It is told until a receipt has come for a package that tells it. Three queries at
    most. What the receiver refused was never there.
    """
    sent = PackageItem.objects.filter(
        package__direction=Direction.SENT,
        package__purpose=PackagePurpose.REPORT,
        record__in=records.order_by(),
    ).exclude(outcome=PackageOutcome.REFUSED)
    rows = sent.order_by("pk").values_list("record", "version", "number", "sha256")
    last = {record: (version, number, sha) for record, version, number, sha in rows}
    entries = LedgerEntry.objects.filter(
        record__in=last, action__in=("recall", REPORTED)
    )
    lines = list(entries.order_by("record", "sequence"))
    answered = _answered(line for line in lines if line.action == REPORTED)
    found: dict[int, Told] = {}
    for line in lines:
        version_id, number, sha256 = last[line.record_id]
        payload = line.payload
        if line.action == "recall" and payload["version"] == number:
            recalled = Recalled(number, sha256, payload["reason"], line.at)
            found[line.record_id] = Told(recalled, version_id)
        elif payload.get("package") in answered and payload["recalled"] == number:
            found.pop(line.record_id, None)
    return found


def _answered(lines: Iterable[LedgerEntry]) -> set[str]:
    """The numbers of those of their packages that the receiver has receipted."""
    numbers = {UUID(line.payload["package"]) for line in lines}
    packages = Package.objects.filter(
        direction=Direction.SENT, uuid__in=numbers, receipt_at__isnull=False
    )
    return {number.hex for number in packages.values_list("uuid", flat=True)}


def note_told(
    told: Iterable[tuple[Record, Recalled]],
    package: Package,
    *,
    by: User | None,
    at: datetime,
) -> None:
    """The ledger's lines of what a package tells. The caller holds the transaction."""
    lines = [
        ledger.Line(
            record,
            REPORTED,
            {
                "recalled": one.number,
                "reason": one.reason,
                "to": package.receiver.code,
                "package": package.uuid.hex,
                "package_sha256": package.sha256,
            },
        )
        for record, one in told
    ]
    # Whoever appends to a chain holds the row of its record.
    keys = [record.pk for record, _one in told]
    list(Record.objects.filter(pk__in=keys).order_by("pk").select_for_update())
    ledger.append_many(lines, actor=by, at=at)


def hear(
    recalled: dict[str, Recalled],
    package: Package,
    replaced: Collection[str],
    *,
    by: User | None,
    at: datetime,
) -> Iterator[PackageItem]:
    """Take in what a package says of earlier ones, before its own records.

    Yields what became of each that is not ``replaced`` by a record of the package,
    which has an outcome of its own. The caller holds the transaction.
    """
    for record, told in sorted(recalled.items()):
        item = PackageItem(
            package=package,
            record_uuid=UUID(record),
            number=told.number,
            sha256=told.sha256,
            is_recall=True,
        )
        _settle(item, told, by=by, at=at)
        if record not in replaced:
            yield item


def _settle(
    item: PackageItem, told: Recalled, *, by: User | None, at: datetime
) -> None:
    rows = Record.objects.select_for_update(of=("self",)).select_related("current")
    record = rows.filter(uuid=item.record_uuid).first()
    item.outcome = PackageOutcome.UNCHANGED
    if record is None or record.current is None:
        return  # it has never been here
    item.record, item.version = record, record.current
    if record.issuer_id != item.package.sender_id:
        item.outcome, item.code = PackageOutcome.REFUSED, "not_the_senders"
    elif record.state in FINAL_STATES:
        item.outcome, item.code = PackageOutcome.REFUSED, "record_locked"
    elif record.state == State.SIGNED and record.current.number <= told.number:
        item.outcome = PackageOutcome.ACCEPTED
        _take_back(record, item.package, told, by=by, at=at)


def _take_back(
    record: Record, package: Package, told: Recalled, *, by: User | None, at: datetime
) -> None:
    """What is here is void; the record waits for its issuer's next version."""
    assert record.current is not None  # the caller has looked
    # Not a step: nobody here decides it.
    Record.objects.filter(pk=record.pk).update(
        state=State.DRAFT, revision=F("revision") + 1
    )
    payload = {
        "version": record.current.number,
        "sha256": record.current.sha256,
        "recalled": told.number,
        "reason": told.reason,
        "from": package.sender.code,
        "package": package.uuid.hex,
        "package_sha256": package.sha256,
    }
    ledger.append(record, action=RECEIVED, actor=by, at=at, payload=payload)
    announce([record.pk])
