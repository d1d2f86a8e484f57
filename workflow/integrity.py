"""What must be true of the whole installation, as queries and recomputed digests.

Each check yields findings; none of them repairs anything. Later stages add their own
with ``register``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, Prefetch, Q

from documents import ledger, machine, storage, triggers
from documents.canonical import content_digest
from documents.errors import RecordsError
from documents.models import (
    ISSUED_STATES,
    Artifact,
    ImportRun,
    LedgerEntry,
    Record,
    State,
    Version,
)
from documents.models.signatures import Purpose

from .models import BatchItem, ItemStatus
from .services.steps import signatures_digest

CHUNK = 2000
# Where a line of the ledger takes a record (documents.machine).
TARGETS = {step.name: step.target for step in machine.table().values() if step.target}


@dataclass(frozen=True)
class Flaw:
    """One thing that is not as it must be: a stable code, where, what, since when."""

    code: str
    where: str
    message: str
    since: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Check = Callable[[], Iterator[Flaw]]
CHECKS: list[Check] = []


def register(check: Check) -> Check:
    CHECKS.append(check)
    return check


def flaws() -> Iterator[Flaw]:
    """Every finding of every check."""
    for check in CHECKS:
        yield from check()


@register
def triggers_stand() -> Iterator[Flaw]:
    """Nothing that refuses to rewrite history was dropped, switched off or changed."""
    for table, name, how in triggers.faults():
        yield Flaw(f"trigger_{how}", table or name, f"{name} is {how}")


@register
def chains_hold() -> Iterator[Flaw]:
    """No ledger line was changed, removed or put in between."""
    entries = LedgerEntry.objects.select_related("record__book")
    ordered = entries.order_by("record_id", "sequence").iterator(chunk_size=CHUNK)
    for _record_id, chain in groupby(ordered, key=lambda entry: entry.record_id):
        if entry := ledger.first_break(chain):
            where = f"{entry.record} #{entry.sequence}"
            yield Flaw("ledger_broken", where, entry.action, entry.at)


@register
def versions_match_their_digests() -> Iterator[Flaw]:
    versions = Version.objects.select_related("record__book").order_by("pk")
    for version in versions.iterator(chunk_size=CHUNK):
        kind = version.record.kind
        text = version.canonical.encode()
        if content_digest(kind, version.format_version, text) != version.sha256:
            where = f"{version.record} v{version.number}"
            yield Flaw("version_altered", where, "content and digest differ")


@register
def records_match_their_ledgers() -> Iterator[Flaw]:
    """Each row, version, signature and file is the one that the ledger tells of."""
    versions = Version.objects.defer("canonical", "lineage")
    kept = ("signatures", "artifacts")
    records = (
        Record.objects.select_related("book", "current", "issuer", "custodian")
        .prefetch_related(
            "ledger", Prefetch("versions", versions.prefetch_related(*kept))
        )
        .order_by("pk")
    )
    for record in records.iterator(chunk_size=CHUNK):
        told = tell(record)
        yield from _row_flaws(record, told)
        for version in record.versions.all():
            yield from _version_flaws(version, told, f"{record} v{version.number}")
        for number in told.versions.keys() - {v.number for v in record.versions.all()}:
            yield Flaw("version_missing", f"{record} v{number}", "it is in the ledger")


@register
def nothing_is_stuck() -> Iterator[Flaw]:
    """Signed by all, but not signed; final, but never signed; without a version."""
    slots = Count("current__signatures", filter=~Q(current__signatures__certificate=""))
    counted = Record.objects.select_related("book").annotate(slots=slots)
    for record in counted.filter(state__in=(State.DRAFT, State.REVIEWED), slots__gt=0):
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


@register
def files_are_whole() -> Iterator[Flaw]:
    """Every stored file is there and has the digest that it is named by."""
    artifacts = Artifact.objects.select_related("version__record__book").order_by("pk")
    for artifact in artifacts.iterator(chunk_size=CHUNK):
        yield from _file(artifact.sha256, str(artifact.version.record))
    for run in ImportRun.objects.order_by("pk").iterator(chunk_size=CHUNK):
        for file in run.files:
            yield from _file(file["sha256"], f"{file['name']} ({run})")


@register
def issued_records_have_their_file() -> Iterator[Flaw]:
    issued = Artifact.objects.filter(purpose=Purpose.ISSUED).values("version")
    records = Record.objects.filter(state__in=ISSUED_STATES).exclude(current__in=issued)
    for record in records.select_related("book"):
        yield Flaw("file_not_recorded", str(record), "issued without a file")


def _file(sha256: str, where: str) -> Iterator[Flaw]:
    try:
        storage.get(sha256)
    except RecordsError as error:
        yield Flaw(error.code, where, sha256)


@dataclass
class Told:
    """What the lines of one record's ledger arrive at; dictionaries by version."""

    state: str
    custodian: str
    locked_at: datetime | None = None
    current: tuple[int, str] | None = None
    versions: dict[int, str] = field(default_factory=dict)
    signatures: dict[int, str] = field(default_factory=dict)
    files: dict[int, str] = field(default_factory=dict)

    def hear(self, entry: LedgerEntry) -> None:
        payload = entry.payload
        self.state = TARGETS.get(entry.action, self.state)
        if entry.action == "lock":
            self.locked_at = entry.at
        if entry.action == "receive":
            self.custodian = payload.get("to", "")
        if number := payload.get("version"):
            self.current = number, payload.get("sha256", "")
            self.versions[number] = self.current[1]
        for told, key in ((self.signatures, "signatures"), (self.files, "file")):
            if number and key in payload:
                told[number] = payload[key]


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


def _version_flaws(version: Version, told: Told, where: str) -> Iterator[Flaw]:
    if told.versions.get(version.number) != version.sha256:
        yield Flaw("version_not_in_ledger", where, "the ledger has another digest")
    signed = told.signatures.get(version.number)
    if (signed or version.signatures.all()) and signed != signatures_digest(version):
        yield Flaw("signature_altered", where, "not the signatures of the ledger")
    for artifact in version.artifacts.all():
        issued = artifact.purpose == Purpose.ISSUED
        if issued and artifact.sha256 != told.files.get(version.number):
            yield Flaw("file_swapped", where, "not the file of the ledger")
