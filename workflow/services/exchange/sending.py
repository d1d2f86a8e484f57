"""Signed records on their way out: packages under the sender's seal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents import storage
from documents.exchange.headers import PackageHeader
from documents.exchange.packages import Package as Envelope
from documents.exchange.reading import open_record
from documents.models import (
    FINAL_STATES,
    ISSUED_STATES,
    Artifact,
    Direction,
    Package,
    PackageItem,
    PackagePurpose,
    Record,
    Role,
    Unit,
    User,
)
from documents.models.access import Access
from documents.models.signatures import Purpose
from documents.models.units import UnitKind
from documents.querysets import RecordQuerySet
from documents.reading import log_reads

from ...errors import NotAllowed
from .envelopes import seal_of, sealed
from .recalls import Told, note_told, untold
from .refusals import NoReceiver, NothingToSend

# All records of a package are trees in memory at once, at some four times their size;
# a reader takes more (documents.exchange.trees.PACKAGE_LIMITS).
MOST_BYTES = 24 * 2**20
MOST_RECORDS = 500
# Called in the transaction that enters a package.
Entered = Callable[[Package], None]


@dataclass(frozen=True)
class Parcel:
    """A record with the digest of its finished XML, "" where there is none.

    ``told`` is of the version of it that was sent before and is void.
    """

    record: Record
    sha256: str
    size: int
    told: Told | None = None


@dataclass(frozen=True)
class Dispatch:
    """Who sends what to whom, and when."""

    sender: Unit
    receiver: Unit
    purpose: PackagePurpose
    by: User | None
    at: datetime


@dataclass
class Sending:
    """The packages that were made, and the records that nobody has signed yet."""

    packages: list[Package] = field(default_factory=list)
    missing: list[Record] = field(default_factory=list)

    @property
    def records(self) -> int:
        return sum(package.count for package in self.packages)


def send_report(
    *,
    school: Unit,
    school_year: str,
    class_name: str = "",
    receiver: Unit | None = None,
    by: User | None,
    at: datetime | None = None,
    apart_from: Iterable[int] = (),
    entered: Entered | None = None,
) -> Sending:
    """Pack what a school has signed in a year for its department.

    As many packages as are needed; each stands in the database and in the storage
    before the next is begun. ``by`` is None for the operator. ``apart_from`` are the
    records that are on their way already; ``entered`` is called in the transaction that
    enters a package, and what it raises undoes that. Raises NotAllowed, NoReceiver,
    NothingToSend, and what the seal refuses, before anything is made.
    """
    at = at or timezone.now()
    require_registrar(by, school)
    receiver = receiver or department_of(school)
    records = reported(school, school_year, class_name)
    done = Sending(missing=unsigned(records))
    loads = list(in_loads(reportable(records.exclude(pk__in=list(apart_from)))))
    if not loads:
        raise NothingToSend
    seal_of(school, at=at)
    way = Dispatch(school, receiver, PackagePurpose.REPORT, by, at)
    for load in loads:
        done.packages.append(post(load, way, entered))
    return done


def require_registrar(by: User | None, school: Unit) -> None:
    """Raises NotAllowed."""
    if by is not None and not by.holds(Role.REGISTRAR, school):
        raise NotAllowed(by, "send")


def reported(school: Unit, school_year: str, class_name: str = "") -> RecordQuerySet:
    """The records that a report of that year, or of one class, is about."""
    records = Record.objects.filter(issuer=school, school_year=school_year)
    if class_name:
        records = records.filter(school_class__name=class_name)
    return records


def department_of(school: Unit) -> Unit:
    """The nearest department above. Raises NoReceiver."""
    above = school.get_ancestors().filter(kind=UnitKind.DEPARTMENT)
    department: Unit | None = above.order_by("-depth").first()
    if department is None:
        raise NoReceiver(school.name)
    return department


def unsigned(records: RecordQuerySet) -> list[Record]:
    """Those that are still being written, or lack the finished XML."""
    ready = parcels(records)
    waiting = records.exclude(pk__in=[one.record.pk for one in ready])
    return list(waiting.listed())


def parcels(records: RecordQuerySet) -> list[Parcel]:
    """The issued ones with their finished XML, in the order of classes and names."""
    issued = records.filter(state__in=ISSUED_STATES).listed()
    files = {
        file.version_id: file
        for file in Artifact.objects.filter(
            purpose=Purpose.PACKET, version__in=issued.order_by().values("current")
        )
    }
    return [
        Parcel(record, file.sha256, file.size)
        for record in issued
        if (file := files.get(record.current_id or 0))
    ]


def reportable(records: RecordQuerySet) -> list[Parcel]:
    """The same, and what was sent before and recalled since, with its new XML or alone.

    What has nothing but a recall comes last.
    """
    told = untold(records)
    found = [
        replace(one, told=told.pop(one.record.pk, None)) for one in parcels(records)
    ]
    left = records.filter(pk__in=told).listed()
    return [*found, *(Parcel(record, "", 0, told[record.pk]) for record in left)]


def in_loads(found: Iterable[Parcel]) -> Iterator[list[Parcel]]:
    """Cut into what one package holds."""
    load: list[Parcel] = []
    size = 0
    for one in found:
        if load and (size + one.size > MOST_BYTES or len(load) >= MOST_RECORDS):
            yield load
            load, size = [], 0
        load.append(one)
        size += one.size
    if load:
        yield load


def post(
    load: Sequence[Parcel], way: Dispatch, entered: Entered | None = None
) -> Package:
    """Write, seal and enter one package. Raises what the seal and the storage raise."""
    number = uuid.uuid4()
    data = pack(load, way, number)
    with transaction.atomic():
        package = enter(load, way, number, data)
        if entered is not None:
            entered(package)
    return package


def pack(load: Sequence[Parcel], way: Dispatch, number: uuid.UUID) -> bytes:
    """The sealed bytes; nothing is entered yet."""
    ready = [one for one in load if one.sha256]
    header = PackageHeader(
        package=number.hex,
        purpose=way.purpose.value,
        created_at=way.at,
        sender_code=way.sender.code,
        sender_tax_code=way.sender.tax_code,
        receiver_code=way.receiver.code,
        count=len(ready),
        locked={
            one.record.uuid.hex: one.record.locked_at
            for one in ready
            if one.record.state in FINAL_STATES and one.record.locked_at
        },
        recalled={one.record.uuid.hex: one.told.recalled for one in load if one.told},
    )
    packets = [open_record(storage.get(one.sha256)) for one in ready]
    return sealed(Envelope.write(header, packets), way.sender, at=way.at)


def enter(
    load: Sequence[Parcel], way: Dispatch, number: uuid.UUID, data: bytes
) -> Package:
    """The rows of a package that goes out. The caller holds the transaction."""
    package = Package.objects.create(
        uuid=number,
        direction=Direction.SENT,
        purpose=way.purpose,
        sender=way.sender,
        receiver=way.receiver,
        sha256=storage.put(data),
        size=len(data),
        count=sum(bool(one.sha256) for one in load),
        created_at=way.at,
        entered_at=way.at,
        by=way.by,
    )
    items = [item_of(package, one) for one in load]
    PackageItem.objects.bulk_create(items, batch_size=100)
    told = [(one.record, one.told.recalled) for one in load if one.told]
    note_told(told, package, by=way.by, at=way.at)
    if way.by is not None:
        records = [one.record for one in load]
        log_reads(records, by=way.by, access=Access.EXPORT, at=way.at)
    return package


def item_of(package: Package, one: Parcel) -> PackageItem:
    """What the package says of a record: the version that it brings, or recalls."""
    record, version = one.record, one.record.current
    told = None if one.sha256 else one.told
    if told:
        number, sha256, *_why = astuple(told.recalled)
        version_id = told.version_id
    else:
        assert version is not None  # record_past_draft_has_a_version
        number, sha256, version_id = version.number, version.sha256, version.pk
    return PackageItem(
        package=package,
        record=record,
        version_id=version_id,
        record_uuid=record.uuid,
        number=number,
        sha256=sha256,
        is_recall=told is not None,
    )
