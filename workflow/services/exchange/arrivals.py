"""One record of a package against this register: refused, known already, or taken in.

What is written agrees with itself like anything that was written here: the row, the
version, its signatures and its file are those of the ledger's line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from asn1crypto import pem
from django.core.exceptions import ValidationError
from django.db.models import F

from documents import ledger, storage
from documents.exchange.headers import RecordHeader
from documents.exchange.records import Covered, RecordPacket, Standing, Target
from documents.exchange.standing import digest_of
from documents.exchange.trees import canonical
from documents.kinds import Owner
from documents.models import (
    FINAL_STATES,
    ISSUED_STATES,
    Artifact,
    Book,
    Enrolment,
    Package,
    PackageOutcome,
    PackagePurpose,
    Pupil,
    Record,
    SchoolClass,
    Signature,
    State,
    Unit,
    User,
    Version,
)
from documents.models.signatures import Purpose
from documents.signals import announce
from documents.text import fold

from ...verification.report import SignatureReport, TimeSource
from ...verification.xml_signatures import XmlSignature
from ..steps import signatures_digest
from .signers import signers_fault

RECEIVED = "receive_packet"


class Refused(Exception):
    """This record is not taken in; ``code`` is one of ``RECORD_SENTENCES``."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Arrival:
    """A record that the verifier found authentic, in the package that brought it.

    ``books`` are the newest school year that the sender itself issued in this package
    for a look-up code: who issued the later sheet has had the pupil since.
    """

    packet: RecordPacket
    data: bytes
    signatures: tuple[SignatureReport, ...]
    package: Package
    books: Mapping[str, str]
    locked_at: datetime | None = None

    @property
    def header(self) -> RecordHeader:
        return self.packet.header

    @property
    def is_transfer(self) -> bool:
        return self.package.purpose == PackagePurpose.TRANSFER

    @cached_property
    def sha256(self) -> str:
        """Of the record document as it stands alone."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def known(self) -> Record | None:
        """The record as this register has it, its row locked."""
        rows = Record.objects.select_for_update(of=("self",)).select_related(
            "issuer", "custodian", "book__pupil"
        )
        return rows.filter(uuid=UUID(self.header.record)).first()

    @cached_property
    def owner(self) -> Owner:
        record = Record(kind=self.header.kind)
        return record.definition.owner(record.definition.parse(self.packet.content))


@dataclass(frozen=True)
class Taken:
    """What became of it: the outcome, and the rows that hold it now."""

    outcome: PackageOutcome
    record: Record
    version: Version | None


def take_in(arrival: Arrival, *, by: User | None, at: datetime) -> Taken:
    """Write the record, or say that it is known. Raises Refused, nothing written then.

    The caller holds a transaction, and a savepoint for this record.
    """
    issuer = require_right(arrival)
    require_whole(arrival)
    record = arrival.known
    if record is not None and (version := version_here(arrival, record)):
        return settle_known(arrival, record, version, by=by, at=at)
    standing = arrival.packet.standing()
    if code := signers_fault(standing, arrival.signatures, issuer):
        raise Refused(code)
    if record is None:
        record = new_record(arrival, issuer)
    version = add_received(arrival, record, at=at)
    move(arrival, record, version, by=by, at=at)
    return Taken(PackageOutcome.ACCEPTED, record, version)


def require_right(arrival: Arrival) -> Unit:
    """The issuer; the sender is the issuer or the keeper of the record.

    The register says who keeps it; of a record that it has never heard of, a later
    sheet of the same book does, when the sender issued it (only when handed over).
    """
    header, record, sender = arrival.header, arrival.known, arrival.package.sender
    issuer = unit_of(header.issuer_code, header.issuer_tax_code)
    if issuer is None or (record is not None and record.issuer_id != issuer.pk):
        raise Refused("issuer_unknown")
    if arrival.is_transfer and record is not None:
        here = (sender.pk, arrival.package.receiver_id)
        allowed = record.custodian_id in here
    elif arrival.is_transfer:
        later = arrival.books.get(header.lookup_code, "")
        allowed = issuer.pk == sender.pk or header.school_year < later
    else:
        keepers = {issuer.pk} if record is None else {issuer.pk, record.custodian_id}
        allowed = sender.pk in keepers
    if not allowed:
        raise Refused("not_the_senders")
    return issuer


def unit_of(code: str, tax_code: str) -> Unit | None:
    """The unit with both; one without a tax code cannot be known by its seal."""
    if not tax_code:
        return None
    found: Unit | None = Unit.objects.filter(code=code, tax_code=tax_code).first()
    return found


def require_whole(arrival: Arrival) -> None:
    """Head and content say the same; what is handed over is in effect."""
    header, owner = arrival.header, arrival.owner
    named = (header.issuer_code, header.school_year)
    if (owner.school_code, owner.school_year) != named:
        raise Refused("header_differs")
    if not arrival.is_transfer:
        return
    if arrival.locked_at is None:
        raise Refused("not_locked")
    if arrival.locked_at > arrival.package.created_at:
        raise Refused("lock_time_wrong")


def version_here(arrival: Arrival, record: Record) -> Version | None:
    """The version if it stands here; None when the arriving one is a newer one."""
    header, current = arrival.header, record.current
    if record.book.lookup_code != header.lookup_code:
        raise Refused("book_conflict")
    if current is None or header.number > current.number:
        if record.state in FINAL_STATES:
            raise Refused("record_locked")
        return None
    if header.number < current.number:
        raise Refused("older_version")
    packets = current.artifacts.filter(purpose=Purpose.PACKET)
    if current.sha256 != header.sha256:
        raise Refused("version_conflict")
    if record.state not in ISSUED_STATES:
        raise Refused("recalled_here")
    if not packets.filter(sha256=arrival.sha256).exists():
        raise Refused("version_conflict")
    return current


def settle_known(
    arrival: Arrival, record: Record, version: Version, *, by: User | None, at: datetime
) -> Taken:
    """Nothing new, unless custody comes with it."""
    moves = arrival.is_transfer and record.custodian_id != arrival.package.receiver_id
    if not moves:
        return Taken(PackageOutcome.UNCHANGED, record, version)
    move(arrival, record, version, by=by, at=at)
    return Taken(PackageOutcome.ACCEPTED, record, version)


def new_record(arrival: Arrival, issuer: Unit) -> Record:
    """The draft of a record of which this register had never heard."""
    header, owner = arrival.header, arrival.owner
    pupil, book = keep_pupil(arrival)
    year = header.school_year
    if book.records.filter(kind=header.kind, school_year=year).exists():
        raise Refused("sheet_conflict")
    school_class = SchoolClass.objects.filter(
        school=issuer, school_year=year, name=owner.class_name
    ).first()
    if school_class is None:
        school_class = SchoolClass(
            school=issuer, school_year=year, name=owner.class_name, grade=owner.grade
        )
        require_storable(school_class)
        school_class.save()
    Enrolment.objects.get_or_create(pupil=pupil, school_class=school_class)
    return Record.objects.create(
        uuid=UUID(header.record),
        kind=header.kind,
        book=book,
        school_year=year,
        school_class=school_class,
        issuer=issuer,
        custodian=issuer,
    )


def keep_pupil(arrival: Arrival) -> tuple[Pupil, Book]:
    """The pupil and the book that the record names, made where they are new."""
    owner, code = arrival.owner, UUID(arrival.header.lookup_code)
    book = Book.objects.filter(code=code).select_related("pupil").first()
    if book is not None:
        if (book.pupil.code, book.level) != (owner.pupil["code"], owner.level):
            raise Refused("pupil_conflict")
        return book.pupil, book
    pupil = Pupil.objects.filter(code=owner.pupil["code"]).first()
    if pupil is None:
        pupil = Pupil(**owner.pupil)
        require_storable(pupil)
        pupil.save()
    elif not is_same_child(pupil, owner):
        raise Refused("pupil_conflict")
    elif pupil.books.filter(level=owner.level).exists():
        raise Refused("book_conflict")
    return pupil, Book.objects.create(pupil=pupil, level=owner.level, code=code)


def is_same_child(pupil: Pupil, owner: Owner) -> bool:
    """One code, and neither another name nor another day of birth."""
    born = owner.pupil["birth_date"]
    dates = {day for day in (pupil.birth_date, born) if day is not None}
    return fold(pupil.name) == fold(owner.pupil["name"]) and len(dates) < 2


def require_storable(row: Pupil | SchoolClass | Version | Signature) -> None:
    """The columns can hold what others wrote."""
    ours = {field.name for field in row._meta.fields if field.is_relation}
    try:
        row.clean_fields(exclude={"sort_key", *ours})
    except ValidationError as error:
        raise Refused("not_storable") from error


def add_received(arrival: Arrival, record: Record, *, at: datetime) -> Version:
    """The version with its signatures and its file; the record's row stays."""
    header = arrival.header
    version = Version(
        record=record,
        number=header.number,
        form_version=header.form_version,
        format_version=header.format_version,
        canonical=arrival.packet.content.decode(),
        sha256=header.sha256,
        created_at=at,
        lineage={"": {"package": arrival.package.uuid.hex}},
    )
    standing = list(arrival.packet.standing())
    signatures = [
        signature_row(version, record, one, report, arrival.packet.canonical)
        for one, report in zip(standing, arrival.signatures, strict=True)
    ]
    require_storable(version)
    for row in signatures:
        require_storable(row)
    version.save()
    Signature.objects.bulk_create(signatures)
    Artifact.objects.create(
        version=version,
        purpose=Purpose.PACKET,
        sha256=storage.put(arrival.data),
        size=len(arrival.data),
        created_at=at,
    )
    return version


def signature_row(
    version: Version,
    record: Record,
    standing: Standing,
    report: SignatureReport,
    spelled: Callable[..., bytes],
) -> Signature:
    """A signature as its own installation entered it, without the account."""
    found = XmlSignature.of(standing.element)
    leaf = found.leaf or found.certificates[0]
    certificate: bytes = pem.armor("CERTIFICATE", leaf.dump())
    named = [one.uri.removeprefix("#") for one in found.references]
    covered = [name for name in named if name in standing.allowed]
    elements = tuple(Covered(n, spelled(standing.allowed[n])) for n in covered)
    return Signature(
        version=version,
        slot=".".join([standing.slot.role, *report.parts[:1]]),
        unit=record.issuer,
        name=report.signer[:200],
        office=report.office[:120],
        organisation=report.organisation[:200],
        certificate=certificate.decode(),
        signed_at=report.signed_at or found.claimed,
        time_source="tsa" if report.time_source == TimeSource.TIMESTAMP else "clock",
        xml=canonical(standing.element).decode(),
        parts=list(report.parts),
        covers=digest_of(Target("", elements)),
    )


def move(
    arrival: Arrival,
    record: Record,
    version: Version,
    *,
    by: User | None,
    at: datetime,
) -> None:
    """Where the record stands from now on, and the ledger's line that says so."""
    package = arrival.package
    was_here = record.state in FINAL_STATES
    state, custodian, locked_at = record.state, record.custodian, record.locked_at
    if arrival.is_transfer:
        state = State.TRANSFERRED if was_here else State.LOCKED
        custodian = package.receiver
        locked_at = locked_at or arrival.locked_at
        close_dispatch(record, by=by, at=at)
    elif not was_here:
        state = State.SIGNED
    # Not a step: nobody here decides it, and the row comes with its past.
    Record.objects.filter(pk=record.pk).update(
        state=state,
        custodian=custodian,
        locked_at=locked_at,
        current=version,
        revision=F("revision") + 1,
    )
    payload = {
        "package": package.uuid.hex,
        "package_sha256": package.sha256,
        "from": package.sender.code,
        "to": package.receiver.code,
        "version": version.number,
        "sha256": version.sha256,
        "state": str(state),
        "custodian": custodian.code,
        "locked_at": locked_at.isoformat() if locked_at else None,
    }
    if version != record.current:
        payload["signatures"] = signatures_digest(version)
        payload["packet"] = arrival.sha256
    ledger.append(record, action=RECEIVED, actor=by, at=at, payload=payload)
    announce([record.pk])


def close_dispatch(record: Record, *, by: User | None, at: datetime) -> None:
    """Where both schools are in one installation the dispatch is received herewith."""
    transfer = record.open_transfer()
    if transfer is None:
        return
    transfer.received_by, transfer.received_at = by or transfer.dispatched_by, at
    transfer.save(update_fields=["received_by", "received_at"])
