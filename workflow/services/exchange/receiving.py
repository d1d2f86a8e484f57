"""Packages that come in: judged, taken over record by record, and receipted.

What is judged is the file alone, with the trust in force; what is allowed is said by
this register. A package is written whole or not at all, and once.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from documents import storage
from documents.exchange.headers import PackageHeader
from documents.exchange.reading import open_record
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
from documents.models.units import UnitKind

from ...errors import NotAllowed
from ...verification.signatures import Slot
from ...verification.xml import Heard, PackageReport, PacketReport, verify_package
from ..evidence.verdicts import issued_slots
from ..keys import credentials
from ..signing_off import WHERE_POSSIBLE
from .arrivals import Arrival, Refused, take_in, unit_of
from .envelopes import seal_of
from .recalls import hear
from .receipts import receipt_of
from .refusals import PacketNotTaken

# So far clocks may differ.
SKEW = timedelta(minutes=10)
NAMED = re.compile(rb"<MA_HO_SO>([0-9a-f]{32})</MA_HO_SO>")
RECEIPT_ROOT = b"<BIEN_NHAN>"


@dataclass(frozen=True)
class Reception:
    """The package as it is kept, and the receipt; ``is_new`` unless it was here."""

    package: Package
    receipt: bytes
    is_new: bool

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.package.items.values_list("outcome", flat=True))

    def refused(self) -> list[PackageItem]:
        return list(self.package.items.filter(outcome=PackageOutcome.REFUSED))


def is_receipt(data: bytes) -> bool:
    """Whether the file begins like a receipt; anything else is read as a package."""
    return RECEIPT_ROOT in data[:200]


def receive_package(
    *,
    data: bytes,
    by: User | None,
    at: datetime | None = None,
    heard: Heard | None = None,
) -> Reception:
    """Take a package in and give its receipt, signed with the receiver's seal.

    The same package again changes nothing and has the same receipt. ``by`` is None for
    the operator. ``heard`` is told after each record that is judged. Raises
    PacketNotTaken or NotAllowed, and what the seal refuses, with nothing kept. When
    only the receipt cannot be signed, the package is kept and the next call signs.
    """
    at = at or timezone.now()
    sha256 = hashlib.sha256(data).hexdigest()
    package = known_package(sha256)
    is_new = package is None
    if package is None:
        report = judge(data, at, heard)
        header = report.header
        assert header is not None  # nothing was wrong with the envelope
        sender, receiver = parties(header, at)
        require_office(receiver, by)
        seal_of(receiver, at=at)
        package = write(report, header, (sender, receiver), data, by=by, at=at)
    require_office(package.receiver, by)
    return Reception(package, receipt_of(package, at=at), is_new)


def known_package(sha256: str) -> Package | None:
    rows = Package.objects.filter(direction=Direction.RECEIVED, sha256=sha256)
    return rows.select_related("sender", "receiver").first()


def judge(data: bytes, at: datetime, heard: Heard | None = None) -> PackageReport:
    """The envelope is good; its records may be or not. Raises PacketNotTaken."""
    store, source = credentials.trust(at), credentials.ONLINE
    report = verify_package(
        data, store, at, slots=demanded(), source=source, heard=heard
    )
    if report.reasons:
        codes = [reason.value for reason in report.reasons]
        raise PacketNotTaken(codes, place=report.place)
    return report


def demanded() -> list[Slot] | None:
    """Every signature of the kind; in a trial with teachers without keys head and seal.

    This register does not know who has signed off elsewhere by a click.
    """
    return issued_slots() if settings.TEACHER_SIGNATURES == WHERE_POSSIBLE else None


def parties(header: PackageHeader, at: datetime) -> tuple[Unit, Unit]:
    """Sender and receiver in this register. Raises PacketNotTaken."""
    receiver = Unit.objects.filter(code=header.receiver_code).first()
    if receiver is None:
        raise PacketNotTaken(["receiver_unknown"], header.receiver_code)
    # The seal was judged by the tax code that the package names: that it is the
    # school's own says only the register.
    sender = unit_of(header.sender_code, header.sender_tax_code)
    if sender is None or sender.pk == receiver.pk:
        raise PacketNotTaken(["sender_unknown"], header.sender_code)
    made_on = timezone.localdate(header.created_at)
    if sender.valid_until is not None and sender.valid_until < made_on:
        raise PacketNotTaken(["sender_not_in_force"], sender.name)
    if header.created_at > at + SKEW:
        raise PacketNotTaken(["made_in_future"])
    if header.purpose not in PackagePurpose.values:
        raise PacketNotTaken(["purpose_unknown"], header.purpose)
    is_report = header.purpose == PackagePurpose.REPORT
    if is_report and not receiver.contains(sender):
        raise PacketNotTaken(["sender_elsewhere"], sender.name)
    return sender, receiver


def require_office(receiver: Unit, by: User | None) -> None:
    """The registrar of the receiving school, the officer of the department."""
    if by is None:
        return
    if receiver.kind == UnitKind.SCHOOL:
        allowed = by.holds(Role.REGISTRAR, receiver)
    else:
        allowed = any(a.locks(receiver) for a in by.standing)
    if not allowed:
        raise NotAllowed(by, "receive a package")


def write(
    report: PackageReport,
    header: PackageHeader,
    units: tuple[Unit, Unit],
    data: bytes,
    *,
    by: User | None,
    at: datetime,
) -> Package:
    """All rows of a package in one transaction. Raises PacketNotTaken."""
    sender, receiver = units
    try:
        with transaction.atomic():
            package = Package.objects.create(
                uuid=UUID(header.package),
                direction=Direction.RECEIVED,
                purpose=header.purpose,
                sender=sender,
                receiver=receiver,
                sha256=report.sha256,
                size=len(data),
                count=header.count,
                created_at=header.created_at,
                entered_at=at,
                by=by,
            )
            here = {one.header.record for one in report.records if one.header}
            items = list(hear(dict(header.recalled), package, here, by=by, at=at))
            items += outcomes(report, header, package, by=by, at=at)
            PackageItem.objects.bulk_create(items, batch_size=100)
            storage.put(data)
    except IntegrityError as error:
        # The number was taken before, or by somebody in this moment.
        again = known_package(report.sha256)
        if again is not None:
            return again
        if not Package.objects.filter(
            direction=Direction.RECEIVED, uuid=UUID(header.package)
        ).exists():
            raise
        raise PacketNotTaken(["package_reused"], header.package) from error
    return package


def outcomes(
    report: PackageReport,
    header: PackageHeader,
    package: Package,
    *,
    by: User | None,
    at: datetime,
) -> Iterator[PackageItem]:
    """Each record of the package, in its order, and what became of it."""
    books = newest_years(report.records, package.sender)
    for one, data in zip(report.records, report.documents, strict=True):
        item = named_item(package, one, data)
        if one.reasons:
            refuse(item, one.reasons[0].value)
        else:
            packet = open_record(data)
            locked_at = header.locked.get(packet.header.record)
            signatures = one.signatures
            arrival = Arrival(packet, data, signatures, package, books, locked_at)
            settle(item, arrival, by=by, at=at)
        yield item


def newest_years(records: Sequence[PacketReport], sender: Unit) -> dict[str, str]:
    """By look-up code, the newest school year of a sheet that the sender issued."""
    years: dict[str, str] = {}
    for one in records:
        header = one.header
        if one.reasons or header is None or header.issuer_code != sender.code:
            continue
        known = years.get(header.lookup_code, "")
        years[header.lookup_code] = max(known, header.school_year)
    return years


def settle(
    item: PackageItem, arrival: Arrival, *, by: User | None, at: datetime
) -> None:
    """Take one record in; what it is refused for stops no other."""
    try:
        with transaction.atomic():
            taken = take_in(arrival, by=by, at=at)
    except Refused as error:
        refuse(item, error.code)
        return
    item.outcome = taken.outcome
    item.record, item.version = taken.record, taken.version


def refuse(item: PackageItem, code: str) -> None:
    item.outcome, item.code = PackageOutcome.REFUSED, code


def named_item(package: Package, report: PacketReport, data: bytes) -> PackageItem:
    """The record as its document names it, however little of it may be believed."""
    if report.header is not None:
        record, number = report.header.record, report.header.number
        return PackageItem(
            package=package,
            record_uuid=UUID(record),
            number=number,
            sha256=report.header.sha256,
        )
    found = NAMED.search(data)
    record = found[1].decode() if found else "0" * 32
    return PackageItem(
        package=package, record_uuid=UUID(record), number=0, sha256=report.sha256
    )
