from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents import machine
from documents.models import Record, Transfer, Unit, User
from documents.models.units import UnitKind

from ..errors import IllegalTransition, NotAllowed, WrongReceiver
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
    if to_unit.kind != UnitKind.SCHOOL or to_unit.pk == record.custodian_id:
        raise WrongReceiver(to_unit.name)
    record.dispatch(at=at)
    transfer = Transfer.objects.create(
        record=record,
        from_unit=record.custodian,
        to_unit=to_unit,
        reason=reason.strip(),
        dispatched_by=by,
        dispatched_at=at,
    )
    payload = {"from": record.custodian.code, "to": to_unit.code, "reason": reason}
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
    record.receive(at=at)
    transfer.received_by, transfer.received_at = by, at
    transfer.save(update_fields=["received_by", "received_at"])
    payload = {"from": transfer.from_unit.code, "to": transfer.to_unit.code}
    fields = ("state", "custodian")
    conclude(record, "receive", by=by, at=at, payload=payload, fields=fields)
    return record


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
    transfer.withdrawn_at = at
    transfer.save(update_fields=["withdrawn_at"])
    payload = {"from": transfer.from_unit.code, "to": transfer.to_unit.code}
    conclude(record, "withdraw", by=by, at=at, payload=payload)
    return transfer
