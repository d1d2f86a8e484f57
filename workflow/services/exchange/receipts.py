"""The signed word of a receiver: given for what came in, filed for what went out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents import storage
from documents.exchange.receipts import Receipt, ReceiptHeader, ReceiptLine
from documents.models import (
    Direction,
    Package,
    PackageItem,
    PackageOutcome,
    PackagePurpose,
    Role,
    Unit,
    User,
)

from ...errors import NotAllowed
from ...verification.xml import ReceiptReport, verify_receipt
from ..keys import credentials
from ..transferring import settle_transfer
from .envelopes import sealed
from .refusals import PacketNotTaken

TAKEN = (PackageOutcome.ACCEPTED, PackageOutcome.UNCHANGED)


@dataclass(frozen=True)
class Filed:
    """A receipt and the package that it is about; ``is_new`` unless it was filed."""

    package: Package
    is_new: bool


def receipt_of(package: Package, *, at: datetime) -> bytes:
    """The receipt of what was received; made once, then always the same.

    Raises what the seal and the time-stamper raise: the next call tries again.
    """
    if package.receipt:
        return storage.get(package.receipt)
    header = ReceiptHeader(
        receipt=uuid.uuid4().hex,
        package=package.uuid.hex,
        package_sha256=package.sha256,
        received_at=package.entered_at,
        receiver_code=package.receiver.code,
        receiver_tax_code=package.receiver.tax_code,
        sender_code=package.sender.code,
    )
    lines = [line_of(item) for item in package.items.order_by("pk")]
    # A time-stamp may take a while, so no row is locked meanwhile.
    data = sealed(Receipt.write(header, lines), package.receiver, at=at)
    return keep_receipt(package, data, at=at)


@transaction.atomic
def keep_receipt(package: Package, data: bytes, *, at: datetime) -> bytes:
    """File it with its package; of two made at once the first one counts."""
    kept = Package.objects.select_for_update().get(pk=package.pk)
    if kept.receipt:
        return storage.get(kept.receipt)
    kept.receipt, kept.receipt_at = storage.put(data), at
    kept.save(update_fields=["receipt", "receipt_at"])
    package.receipt, package.receipt_at = kept.receipt, kept.receipt_at
    return data


def line_of(item: PackageItem) -> ReceiptLine:
    return ReceiptLine(
        record=item.record_uuid.hex,
        number=item.number,
        sha256=item.sha256,
        accepted=item.outcome in TAKEN,
        code=item.code,
    )


def file_receipt(*, data: bytes, by: User | None, at: datetime | None = None) -> Filed:
    """Put a receiver's receipt beside the package that went out.

    Each record gets its outcome; what was handed over changes hands now, and comes
    back where the receiver refused it. The same receipt again changes nothing.
    Raises PacketNotTaken, NotAllowed, CustodyMoved, and then nothing is changed.
    """
    at = at or timezone.now()
    source = credentials.ONLINE
    report = verify_receipt(data, credentials.trust(at), at, source=source)
    if report.reasons:
        codes = [reason.value for reason in report.reasons]
        raise PacketNotTaken(codes, place=report.place)
    with transaction.atomic():
        package = sent_package(report)
        require_office(by, package.sender)
        if package.receipt == report.sha256:
            return Filed(package, is_new=False)
        require_fit(package, report)
        enter_outcomes(package, report.lines, by=by, at=at)
        package.receipt, package.receipt_at = storage.put(data), at
        package.save(update_fields=["receipt", "receipt_at"])
    return Filed(package, is_new=True)


def require_office(by: User | None, sender: Unit) -> None:
    """A school's registrar files, a department's own officer. Raises NotAllowed."""
    if by is None or by.holds(Role.REGISTRAR, sender):
        return
    if not any(a.unit_id == sender.pk and a.locks(sender) for a in by.standing):
        raise NotAllowed(by, "file a receipt")


def sent_package(report: ReceiptReport) -> Package:
    """The package that the receipt names, its row locked. Raises PacketNotTaken."""
    assert report.header is not None  # nothing was wrong with it
    sent = Package.objects.filter(
        direction=Direction.SENT, uuid=uuid.UUID(report.header.package)
    )
    rows = sent.select_for_update(of=("self",)).select_related("sender", "receiver")
    package = rows.first()
    if package is None:
        raise PacketNotTaken(["package_unknown"], report.header.package)
    return package


def require_fit(package: Package, report: ReceiptReport) -> None:
    """The receipt is about these bytes, from this receiver, on these records."""
    header = report.header
    assert header is not None  # nothing was wrong with it
    receiver = package.receiver
    seal = (receiver.code, receiver.tax_code)
    named = (header.receiver_code, header.receiver_tax_code)
    # The seal was judged by the tax code that the receipt names: none judges nothing.
    if not receiver.tax_code or named != seal:
        raise PacketNotTaken(["another_receiver"])
    if header.package_sha256 != package.sha256:
        raise PacketNotTaken(["another_package"])
    if package.receipt:
        raise PacketNotTaken(["receipt_filed"])
    items = {item.record_uuid: item for item in package.items.all()}
    named_records = sorted(uuid.UUID(line.record) for line in report.lines)
    fits = all(
        is_of(line, items[uuid.UUID(line.record)])
        for line in report.lines
        if line.accepted and uuid.UUID(line.record) in items
    )
    is_ours = header.sender_code == package.sender.code
    if not (fits and is_ours and named_records == sorted(items)):
        raise PacketNotTaken(["receipt_does_not_fit"])


def is_of(line: ReceiptLine, item: PackageItem) -> bool:
    """What was taken is what was sent; of what was refused nothing may be readable."""
    return (line.number, line.sha256) == (item.number, item.sha256)


def enter_outcomes(
    package: Package, lines: Sequence[ReceiptLine], *, by: User | None, at: datetime
) -> None:
    said = {uuid.UUID(line.record): line for line in lines}
    items = list(package.items.select_related("record"))
    for item in items:
        line = said[item.record_uuid]
        refused = not line.accepted
        item.outcome = PackageOutcome.REFUSED if refused else PackageOutcome.ACCEPTED
        item.code = (line.code or "refused")[:60] if refused else ""
        if package.purpose == PackagePurpose.TRANSFER and item.record is not None:
            settle_transfer(item.record, package, refused=item.code, by=by, at=at)
    PackageItem.objects.bulk_update(items, ["outcome", "code"], batch_size=100)
