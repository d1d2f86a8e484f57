"""The life of each record up to a day in the season: its rows, its chain of lines."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from django.db import connection

from documents import ledger
from documents.canonical import digest_of
from documents.kinds import get_kind
from documents.models import (
    Artifact,
    LedgerEntry,
    Record,
    Signature,
    State,
    User,
    Version,
)
from documents.models.signatures import Purpose
from workflow.services.steps import signatures_digest

from .rows import Table
from .templates import KIND, Content

BEGUN = datetime(2026, 5, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
# How the classes stand: most are signed or locked, the last ones are still writing.
SHARES = {State.DRAFT: 3, State.REVIEWED: 3, State.SIGNED: 6, State.LOCKED: 8}
STAGES = tuple(state for state, share in SHARES.items() for _ in range(share))
ORDER = [State.DRAFT, State.REVIEWED, State.SIGNED, State.LOCKED]
BEHIND = 0.06  # of a class are one step behind the others
MOST_ROUNDS = 9
REASON = "Nhận xét môn Toán chưa khớp với mức đạt được."
PEM = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class Place:
    """Where a record stands and who moves it: keys, and the people who sign."""

    unit_id: int
    unit_name: str
    class_id: int
    year: str
    registrar: int
    teacher: User
    head: User
    officer: int
    certificate: str


def moment(at: datetime) -> str | datetime | None:
    """A time as the database takes it."""
    return connection.ops.adapt_datetimefield_value(at)


class Season:
    """Fills the tables of records; ``lines`` is how long a ledger is on average."""

    def __init__(self, lines: float) -> None:
        self.lines, self.made, self.written = lines, 0, 0
        self.versions = Table(
            Version, "id", "record_id", "number", "form_version", "format_version",
            "canonical", "sha256", "author_id", "lineage", "created_at",
        )  # fmt: skip
        self.records = Table(
            Record, "id", "uuid", "kind", "book_id", "school_year", "school_class_id",
            "issuer_id", "custodian_id", "state", "locked_at", "current_id",
            "created_at", "revision",
        )  # fmt: skip
        self.signatures = Table(
            Signature, "id", "version_id", "slot", "signer_id", "unit_id", "name",
            "office", "organisation", "certificate", "signed_at", "time_source",
        )  # fmt: skip
        self.artifacts = Table(
            Artifact, "id", "version_id", "purpose", "sha256", "size", "created_at"
        )
        self.ledger = Table(
            LedgerEntry, "id", "record_id", "sequence", "action", "actor_id", "at",
            "payload", "machine", "previous_hash", "entry_hash",
        )  # fmt: skip

    @property
    def tables(self) -> list[Table]:
        """In an order that the triggers allow: no version comes to a locked record."""
        rows = [self.versions, self.records, self.signatures]
        return [*rows, self.artifacts, self.ledger]

    def live(
        self, place: Place, book_id: int, content: Content, stage: State, chance: Random
    ) -> None:
        """One record, from its import to ``stage`` or one step less."""
        state = stage
        if stage != State.DRAFT and chance.random() < BEHIND:
            state = ORDER[ORDER.index(stage) - 1]
        life = _Life(self, place, content, chance)
        life.imported()
        for _ in range(self._rounds(state, chance)):
            life.submitted()
            life.returned()
        if state != State.DRAFT:
            life.submitted()
        if state in (State.SIGNED, State.LOCKED):
            life.signed()
        if state == State.LOCKED:
            life.locked()
        life.close(book_id, state)
        self.made += 1
        self.written += life.sequence

    def _rounds(self, state: State, chance: Random) -> int:
        """So many returns that the whole ledger is as long as it should be."""
        if state == State.DRAFT and chance.random() < 0.8:
            return 0
        wanted = self.lines * (self.made + 1) - self.written
        left = wanted - 1 - ORDER.index(state)
        return max(0, min(MOST_ROUNDS, round(left / 2)))


class _Life:
    def __init__(
        self, season: Season, place: Place, content: Content, chance: Random
    ) -> None:
        self.season, self.place, self.content = season, place, content
        self.uuid = UUID(int=chance.getrandbits(128), version=4).hex
        self.record_id, self.version_id = season.records.key(), season.versions.key()
        self.file = hashlib.sha256(self.uuid.encode()).hexdigest()
        self.at = BEGUN + timedelta(seconds=chance.randrange(86_400))
        self.sequence, self.previous = 0, ledger.GENESIS
        self.signed_rows: list[Signature] = []
        self.locked_at: datetime | None = None

    def imported(self) -> None:
        kind, content = get_kind(KIND), self.content
        self.season.versions.add(
            self.version_id, self.record_id, 1, kind.form_version(self.place.year),
            kind.format_version, content.canonical, content.sha256,
            self.place.registrar, content.lineage, moment(self.at),
        )  # fmt: skip
        self._line("import", self.place.registrar)

    def submitted(self) -> None:
        if not self.signed_rows:
            self._sign("class_teacher", self.place.teacher, "Giáo viên chủ nhiệm", "")
        signed = signatures_digest(self._version())
        self._line("submit", self.place.teacher.pk, signatures=signed)

    def returned(self) -> None:
        self._line("return", self.place.head.pk, reason=REASON)

    def signed(self) -> None:
        head, pem = self.place.head, self.place.certificate
        self._sign("head", head, "Hiệu trưởng", pem)
        self._sign("seal", head, "Con dấu của nhà trường", pem)
        for purpose in (Purpose.ISSUED, Purpose.PACKET):
            self.season.artifacts.add(
                self.season.artifacts.key(), self.version_id, purpose.value, self.file,
                120_000, moment(self.at),
            )  # fmt: skip
        signed = signatures_digest(self._version())
        files = {"file": self.file, "packet": self.file}
        self._line("sign", head.pk, signatures=signed, **files)

    def locked(self) -> None:
        self.locked_at = self.at
        self._line("lock", self.place.officer)

    def close(self, book_id: int, state: State) -> None:
        place = self.place
        self.season.records.add(
            self.record_id, self.uuid, KIND, book_id, place.year, place.class_id,
            place.unit_id, place.unit_id, state.value,
            moment(self.locked_at) if self.locked_at else None, self.version_id,
            moment(BEGUN), self.sequence,
        )  # fmt: skip

    def _version(self) -> Version:
        """Something that has these signatures, as ``signatures_digest`` asks."""
        version = Version(pk=self.version_id)
        cache = {"signatures": self.signed_rows}
        version._prefetched_objects_cache = cache  # type: ignore[attr-defined]
        return version

    def _sign(self, slot: str, by: User, office: str, pem: str) -> None:
        place = self.place
        row = Signature(
            pk=self.season.signatures.key(),
            version_id=self.version_id,
            slot=slot,
            signer_id=by.pk,
            unit_id=place.unit_id,
            name=by.full_name,
            office=office,
            organisation=place.unit_name,
            certificate=pem,
            signed_at=self.at,
            time_source="tsa" if pem else "clock",
        )
        self.signed_rows.append(row)
        self.season.signatures.add(
            row.pk, self.version_id, slot, by.pk, place.unit_id, row.name, office,
            row.organisation, pem, moment(self.at), row.time_source,
        )  # fmt: skip

    def _line(self, action: str, actor: int, **more: str) -> None:
        self.sequence += 1
        payload = {"version": 1, "sha256": self.content.sha256, **more}
        # What ``ledger.entry_digest`` gives; a test lets it read these chains.
        digest = digest_of(
            {
                "format": "hocba/ledger/1",
                "record": self.uuid,
                "sequence": self.sequence,
                "action": action,
                "actor": actor,
                "at": self.at.isoformat(timespec="microseconds"),
                "payload": payload,
                "machine": ledger.MACHINE,
                "previous": self.previous,
            }
        )
        self.season.ledger.add(
            self.season.ledger.key(), self.record_id, self.sequence, action, actor,
            moment(self.at), json.dumps(payload, ensure_ascii=False), ledger.MACHINE,
            self.previous, digest,
        )  # fmt: skip
        self.previous = digest
        self.at += DAY
