"""A pupil's book on its way to a school with an installation of its own.

The whole book goes in one package under the sender's seal. It stays in the sender's
custody until the receiver's signed receipt is filed (``receipts.file_receipt``).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from documents.models import (
    FINAL_STATES,
    Book,
    Package,
    PackagePurpose,
    Record,
    Transfer,
    Unit,
    User,
)

from ...errors import VersionMoved
from ..steps import check, claim, look
from ..transferring import let_go, require_receiver
from .envelopes import seal_of
from .refusals import NothingToSend, SheetNotLocked
from .sending import Dispatch, Parcel, enter, pack, parcels

# The receiving school answers within three working days (domain.md §8).
ANSWER_DAYS = 5


def dispatch_book(
    *,
    record_id: int,
    to_unit: Unit,
    by: User,
    reason: str = "",
    at: datetime | None = None,
) -> Package:
    """Seal every sheet of the book that a record is in, and put them on their way.

    Raises NotVisible, NotAllowed, IllegalTransition (also when one of them is on its
    way already), WrongReceiver, SheetNotLocked, NothingToSend, VersionMoved, and what
    the seal refuses; then nothing has changed.
    """
    at = at or timezone.now()
    record = look(record_id, by=by)
    require_receiver(to_unit, record)
    load = sheets_of(record.book, record.custodian)
    for one in load:
        check(one.record, step="dispatch", by=by)
    seal_of(record.custodian, at=at)
    way = Dispatch(record.custodian, to_unit, PackagePurpose.TRANSFER, by, at)
    number = uuid.uuid4()
    # The slow part, so no row is locked yet; what was sealed is compared below.
    data = pack(load, way, number)
    with transaction.atomic():
        package = enter(load, way, number, data)
        for one in load:
            release(one, package, to_unit, reason=reason, by=by, at=at)
    return package


def sheets_of(book: Book, keeper: Unit) -> list[Parcel]:
    """What the school keeps of the book. Raises SheetNotLocked, NothingToSend."""
    kept = Record.objects.filter(book=book, custodian=keeper)
    for record in kept.exclude(state__in=FINAL_STATES)[:1]:
        raise SheetNotLocked(record)
    load = parcels(kept)
    if not load or len(load) < kept.count():
        raise NothingToSend
    return load


def release(
    one: Parcel, package: Package, to_unit: Unit, *, reason: str, by: User, at: datetime
) -> None:
    """One sheet is on its way. The caller holds the transaction."""
    record = claim(one.record.pk, step="dispatch", by=by)
    if record.current_id != one.record.current_id:
        raise VersionMoved(record)
    let_go(record, to_unit, reason=reason, by=by, at=at, package=package)


def unanswered(
    user: User, at: datetime | None = None, *, days: int = ANSWER_DAYS
) -> list[Transfer]:
    """Dispatches by file of the user's schools that nobody has receipted for so long.

    The oldest first; one for each record.
    """
    at = at or timezone.now()
    late = Transfer.objects.filter(
        package__in=Package.objects.visible_to(user).without_receipt(),
        received_at=None,
        withdrawn_at=None,
        dispatched_at__lte=at - timedelta(days=days),
    )
    related = ("record__book__pupil", "to_unit", "package")
    return list(late.select_related(*related).order_by("dispatched_at", "pk"))
