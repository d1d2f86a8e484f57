"""What must be true of the whole installation, as queries and recomputed digests.

Each check yields findings; none of them repairs anything. Later stages add their own
with ``register``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, F, Q

from documents import ledger, storage, triggers
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

from .models import BatchItem, ItemStatus

CHUNK = 2000


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
    for table, name in sorted(triggers.expected() - triggers.installed()):
        yield Flaw("trigger_missing", table, f"the trigger {name} is missing")


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
def states_match_the_ledger() -> Iterator[Flaw]:
    """The state and version of each record are those that its last lines tell."""
    records = Record.objects.select_related("book", "current").order_by("pk")
    told = _told_by_the_ledger()
    for record in records.iterator(chunk_size=CHUNK):
        state, sha256 = told.get(record.pk, (State.DRAFT, ""))
        if record.state != state:
            text = f"is {record.state}, its ledger says {state}"
            yield Flaw("state_altered", str(record), text)
        if record.current and record.current.sha256 != sha256:
            yield Flaw("version_swapped", str(record), "not the version of the ledger")


@register
def nothing_is_stuck() -> Iterator[Flaw]:
    """Signed by all, but not signed; final, but never signed; without a version."""
    slots = Count("current__signatures", filter=~Q(current__signatures__certificate=""))
    counted = Record.objects.select_related("book").annotate(slots=slots)
    for record in counted.filter(state__in=(State.DRAFT, State.REVIEWED), slots__gt=0):
        yield Flaw("signed_but_not_issued", str(record), f"is {record.state}")
    for record in counted.filter(state__in=ISSUED_STATES, slots__lt=2):
        yield Flaw("issued_without_signatures", str(record), f"is {record.state}")
    moved = Record.objects.filter(state=State.LOCKED).exclude(custodian=F("issuer"))
    for record in moved.select_related("book"):
        yield Flaw("custody_without_receipt", str(record), "the custodian has changed")


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
    issued = Artifact.objects.filter(purpose="issued").values("version")
    records = Record.objects.filter(state__in=ISSUED_STATES).exclude(current__in=issued)
    for record in records.select_related("book"):
        yield Flaw("file_not_recorded", str(record), "issued without a file")


def _file(sha256: str, where: str) -> Iterator[Flaw]:
    try:
        storage.get(sha256)
    except RecordsError as error:
        yield Flaw(error.code, where, sha256)


def _told_by_the_ledger() -> dict[int, tuple[str, str]]:
    """For each record the state and the digest that its ledger arrives at."""
    targets = {
        "submit": State.REVIEWED,
        "return": State.DRAFT,
        "sign": State.SIGNED,
        "recall": State.DRAFT,
        "lock": State.LOCKED,
        "receive": State.TRANSFERRED,
    }
    told: dict[int, tuple[str, str]] = {}
    lines = LedgerEntry.objects.order_by("record_id", "sequence")
    for record_id, action, payload in lines.values_list(
        "record_id", "action", "payload"
    ).iterator(chunk_size=CHUNK):
        state, sha256 = told.get(record_id, (State.DRAFT, ""))
        told[record_id] = (
            targets.get(action, state),
            payload.get("sha256", sha256),
        )
    return told
