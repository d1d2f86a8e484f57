"""The rows of records, compared with what their ledgers tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from documents import machine
from documents.canonical import content_digest
from documents.kinds import KINDS
from documents.models import ISSUED_STATES, LedgerEntry, Record, State, Version
from documents.models.signatures import Purpose

from ..models import BatchItem, ItemStatus
from ..services.exchange.arrivals import RECEIVED
from ..services.exchange.recalls import RECEIVED as RECALLED
from ..services.steps import signatures_digest
from .base import CHUNK, Flaw, register

# Where a line of the ledger takes a record (documents.machine).
TARGETS = {step.name: step.target for step in machine.table().values() if step.target}
# What a line of the ledger calls each file. The dated one has no line of its own: it
# extends the issued one (``files``).
FILES = {
    Purpose.ISSUED: "file",
    Purpose.PACKET: "packet",
    Purpose.RENEWED: "renewed",
}


@register
def versions_match_their_digests() -> Iterator[Flaw]:
    versions = Version.objects.select_related("record__book").order_by("pk")
    for version in versions.iterator(chunk_size=CHUNK):
        kind = version.record.kind
        text = version.canonical.encode()
        if content_digest(kind, version.format_version, text) != version.sha256:
            where = f"{version.record} v{version.number}"
            since = version.created_at
            yield Flaw("version_altered", where, "content and digest differ", since)


@register
def records_match_their_ledgers() -> Iterator[Flaw]:
    """Each row, version, signature and file is the one that the ledger tells of."""
    versions = Version.objects.defer("canonical", "lineage")
    kept = ("signatures", "artifacts")
    records = (
        Record.objects.select_related(
            "book", "current", "issuer", "custodian", "school_class"
        )
        .prefetch_related(
            "ledger", Prefetch("versions", versions.prefetch_related(*kept))
        )
        .order_by("pk")
    )
    for record in records.iterator(chunk_size=CHUNK):
        told = tell(record)
        found = [*_row_flaws(record, told), *_versions_flaws(record, told)]
        # What the ledger tells was true when its last line was written.
        yield from (replace(flaw, since=told.at) for flaw in found)


@register
def nothing_is_stuck() -> Iterator[Flaw]:
    """Signed by all, but not signed; final, but never signed; without a version."""
    printed = {s.code for k in KINDS.values() for s in k.slots if s.in_pdf}
    issuing = Q(current__signatures__slot__in=printed)
    slots = Count("current__signatures", filter=issuing)
    counted = Record.objects.select_related("book").annotate(slots=slots)
    unissued = counted.filter(state__in=(State.DRAFT, State.REVIEWED), slots__gt=0)
    # Recalled elsewhere, the version that came from there keeps its signatures.
    told = LedgerEntry.objects.filter(record=OuterRef("pk"), action=RECALLED)
    for record in unissued.exclude(Exists(told)):
        yield Flaw("signed_but_not_issued", str(record), f"is {record.state}")
    for record in counted.filter(state__in=ISSUED_STATES, slots__lt=2):
        yield Flaw("issued_without_signatures", str(record), f"is {record.state}")


@register
def items_name_what_happened() -> Iterator[Flaw]:
    """A finished batch has no item that waits."""
    waiting = BatchItem.objects.filter(
        status=ItemStatus.PENDING, batch__finished_at__isnull=False
    )
    for item in waiting.select_related("batch").iterator(chunk_size=CHUNK):
        yield Flaw("item_forgotten", str(item), "its batch is finished")


@dataclass
class Told:
    """What the lines of one record's ledger arrive at; dictionaries by version.

    ``files`` has the digests by purpose, in the order of their lines; ``at`` is the
    time of the last line.
    """

    state: str
    custodian: str
    at: datetime | None = None
    locked_at: datetime | None = None
    current: tuple[int, str] | None = None
    versions: dict[int, str] = field(default_factory=dict)
    signatures: dict[int, str] = field(default_factory=dict)
    files: dict[tuple[int, str], list[str]] = field(default_factory=dict)

    def hear(self, entry: LedgerEntry) -> None:
        payload, self.at = entry.payload, entry.at
        self.state = TARGETS.get(entry.action, self.state)
        if entry.action == "lock":
            self.locked_at = entry.at
        if entry.action == "receive":
            self.custodian = payload.get("to", "")
        if entry.action == RECEIVED:
            self._hear_of_arrival(payload)
        if entry.action == RECALLED:
            self.state = State.DRAFT
        if number := payload.get("version"):
            self.current = number, payload.get("sha256", "")
            self.versions[number] = self.current[1]
            self._hear_of_files(number, payload)

    def _hear_of_arrival(self, payload: dict[str, Any]) -> None:
        """A packet brings a record with its past, or with another keeper."""
        since = payload["locked_at"]
        self.state, self.custodian = payload["state"], payload["custodian"]
        self.locked_at = datetime.fromisoformat(since) if since else None

    def _hear_of_files(self, number: int, payload: dict[str, Any]) -> None:
        if "signatures" in payload:
            self.signatures[number] = payload["signatures"]
        for purpose, key in FILES.items():
            if key in payload:
                self.files.setdefault((number, purpose), []).append(payload[key])


def tell(record: Record) -> Told:
    """Read a record's ledger from its first line to its last."""
    told = Told(state=State.DRAFT, custodian=record.issuer.code)
    for entry in record.ledger.all():
        told.hear(entry)
    return told


def _row_flaws(record: Record, told: Told) -> Iterator[Flaw]:
    where = str(record)
    if record.state != told.state:
        text = f"is {record.state}, its ledger says {told.state}"
        yield Flaw("state_altered", where, text)
    current = record.current
    if current and (current.number, current.sha256) != told.current:
        yield Flaw("version_swapped", where, "not the version of the ledger")
    if record.locked_at != told.locked_at:
        text = f"locked at {record.locked_at}, its ledger says {told.locked_at}"
        yield Flaw("lock_date_altered", where, text)
    if record.custodian.code != told.custodian:
        text = f"kept by {record.custodian.code}, its ledger says {told.custodian}"
        yield Flaw("custody_without_receipt", where, text)
    if record.school_class.school_id != record.issuer_id:
        text = f"issued by {record.issuer.code}, its class is of another school"
        yield Flaw("issuer_altered", where, text)


def _versions_flaws(record: Record, told: Told) -> Iterator[Flaw]:
    versions = {version.number: version for version in record.versions.all()}
    for number, version in versions.items():
        yield from _version_flaws(version, told, f"{record} v{number}")
    for number in sorted(told.versions.keys() - versions.keys()):
        yield Flaw("version_missing", f"{record} v{number}", "it is in the ledger")


def _version_flaws(version: Version, told: Told, where: str) -> Iterator[Flaw]:
    if told.versions.get(version.number) != version.sha256:
        yield Flaw("version_not_in_ledger", where, "the ledger has another digest")
    signed = told.signatures.get(version.number)
    if (signed or version.signatures.all()) and signed != signatures_digest(version):
        yield Flaw("signature_altered", where, "not the signatures of the ledger")
    for purpose in FILES:
        artifacts = [a for a in version.artifacts.all() if a.purpose == purpose]
        kept = [a.sha256 for a in sorted(artifacts, key=attrgetter("number"))]
        named = told.files.get((version.number, purpose), [])
        # Whether a file is there at all is said by issued_records_have_their_file.
        if kept and kept != named:
            yield Flaw("file_swapped", where, f"{purpose}: not as in the ledger")
