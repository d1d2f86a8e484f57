from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from documents import machine
from documents.models import Package, Record, Transfer, Unit, User
from documents.models.units import UnitKind

from ..errors import IllegalTransition, NotAllowed, WrongReceiver
from .exchange.refusals import CustodyMoved
from .steps import claim, conclude, lock_row


@transaction.atomic
def dispatch_record(
    *,
    record_id: int,
    to_unit: Unit,
    by: User,
    reason: str = "",
    at: datetime | None = None,
) -> Transfer:
    """The keeping school sends a locked record to the pupil's new school.

    Custody stays until the receipt. Raises NotVisible, NotAllowed,
    IllegalTransition (also when it is on its way already), WrongReceiver.
    """
    at = at or timezone.now()
    record = claim(record_id, step="dispatch", by=by)
    require_receiver(to_unit, record)
    return let_go(record, to_unit, reason=reason, by=by, at=at)


def require_receiver(to_unit: Unit, record: Record) -> None:
    """Raise WrongReceiver unless it is another school."""
    if to_unit.kind != UnitKind.SCHOOL or to_unit.pk == record.custodian_id:
        raise WrongReceiver(to_unit.name)


def let_go(
    record: Record,
    to_unit: Unit,
    *,
    reason: str,
    by: User,
    at: datetime,
    package: Package | None = None,
) -> Transfer:
    """The record is on its way. The caller holds the lock and has checked the step."""
    record.dispatch(at=at)
    transfer = Transfer.objects.create(
        record=record,
        from_unit=record.custodian,
        to_unit=to_unit,
        reason=reason.strip(),
        dispatched_by=by,
        dispatched_at=at,
        package=package,
    )
    payload = {"from": record.custodian.code, "to": to_unit.code, "reason": reason}
    if package is not None:
        payload |= {"package": package.uuid.hex, "package_sha256": package.sha256}
    conclude(record, "dispatch", by=by, at=at, payload=payload)
    return transfer


@transaction.atomic
def receive_record(*, record_id: int, by: User, at: datetime | None = None) -> Record:
    """The new school confirms the receipt: custody moves, the issuer stays.

    Raises NotVisible, NotAllowed (also when nothing is on its way to the user's
    school), IllegalTransition.
    """
    at = at or timezone.now()
    record = claim(record_id, step="receive", by=by)
    transfer = record.open_transfer()
    if transfer is None:
        raise IllegalTransition(record, "receive")
    hand_over(record, transfer, by=by, at=at)
    return record


def hand_over(
    record: Record,
    transfer: Transfer,
    *,
    by: User | None,
    at: datetime,
    more: dict[str, Any] | None = None,
) -> None:
    """Custody moves. The caller holds the lock; ``more`` goes into the ledger line.

    Where no person is at hand the one who dispatched stands for the receipt.
    """
    record.receive(at=at)
    transfer.received_by, transfer.received_at = by or transfer.dispatched_by, at
    transfer.save(update_fields=["received_by", "received_at"])
    payload = {"from": transfer.from_unit.code, "to": transfer.to_unit.code}
    fields = ("state", "custodian")
    conclude(
        record, "receive", by=by, at=at, payload=payload | (more or {}), fields=fields
    )


@transaction.atomic
def withdraw_transfer(
    *, record_id: int, by: User, at: datetime | None = None
) -> Transfer:
    """The sending school takes a dispatch back that nobody has received.

    Raises NotVisible, NotAllowed, IllegalTransition.
    """
    at = at or timezone.now()
    record = lock_row(record_id, by=by)
    if not machine.permitted(record, "dispatch", by):
        raise NotAllowed(by, "withdraw")
    transfer = record.open_transfer()
    if transfer is None:
        raise IllegalTransition(record, "withdraw")
    take_back(record, transfer, by=by, at=at)
    return transfer


def take_back(
    record: Record,
    transfer: Transfer,
    *,
    by: User | None,
    at: datetime,
    more: dict[str, Any] | None = None,
) -> None:
    """The dispatch ends without a receipt. The caller holds the lock."""
    transfer.withdrawn_at = at
    transfer.save(update_fields=["withdrawn_at"])
    payload = {"from": transfer.from_unit.code, "to": transfer.to_unit.code}
    conclude(record, "withdraw", by=by, at=at, payload=payload | (more or {}))


def settle_transfer(
    record: Record, package: Package, *, refused: str, by: User | None, at: datetime
) -> None:
    """What another installation's signed receipt says of a record handed over by file.

    ``refused`` is the receiver's code, empty when it was taken: then custody moves,
    also when the dispatch was taken back meanwhile, for the record is there.
    Raises CustodyMoved; the caller holds the transaction.
    """
    record = lock_row(record.pk, by=None)
    transfer = record.open_transfer()
    if transfer is not None and transfer.package_id != package.pk:
        raise CustodyMoved(record)
    told = {"package": package.uuid.hex}
    if refused:
        if transfer is not None:
            take_back(record, transfer, by=by, at=at, more=told | {"code": refused})
        return
    if record.custodian_id == package.receiver_id:
        return
    if record.custodian_id != package.sender_id:
        raise CustodyMoved(record)
    hand_over(record, transfer or reopen(record, package), by=by, at=at, more=told)


def reopen(record: Record, package: Package) -> Transfer:
    """A dispatch that was taken back, while the other school had it already."""
    before = record.transfers.filter(package=package).order_by("pk").last()
    if before is None:
        raise CustodyMoved(record)
    return Transfer.objects.create(
        record=record,
        from_unit=before.from_unit,
        to_unit=before.to_unit,
        reason=before.reason,
        dispatched_by=before.dispatched_by,
        dispatched_at=before.dispatched_at,
        package=package,
    )
