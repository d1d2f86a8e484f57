"""The only way to give a record a new content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, F, Max, Value, When
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from . import ledger
from .canonical import canonical_json, content_digest
from .errors import RecordsError
from .models import Record, State, User, Version
from .signals import announce


class NotDraft(RecordsError):
    code = "not_draft"
    user_message = _("Only a draft can be changed; this record is %(state)s.")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.state = record.get_state_display()
        super().__init__(f"record {record.pk} is {record.state}, not a draft")


@dataclass(frozen=True)
class Draft:
    """A content for a record whose row the caller has locked (or just created).

    ``action`` names the line of the ledger; without it "import" or "edit", by whether
    there is lineage.
    """

    record: Record
    content: BaseModel
    lineage: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    action: str = ""


def add_version(draft: Draft, *, by: User | None, at: datetime) -> Version:
    """Append one version. Raises NotDraft; the caller holds the record's lock."""
    return add_versions([draft], by=by, at=at)[0]


def add_versions(
    drafts: Sequence[Draft], *, by: User | None, at: datetime
) -> list[Version]:
    """Append one version to each of several records, in a fixed number of queries.

    ``record.current`` moves to it, the ledger gains a line, and the later stages hear
    of it after commit.
    Raises NotDraft before anything is written; the caller holds the records' locks.
    """
    if not drafts:
        return []
    for draft in drafts:
        if draft.record.state != State.DRAFT:
            raise NotDraft(draft.record)
    numbers = _next_numbers([draft.record for draft in drafts])
    versions = Version.objects.bulk_create(
        [_version(draft, numbers, by=by, at=at) for draft in drafts], batch_size=200
    )
    _point_at(versions)
    lines = [_line(draft, v) for draft, v in zip(drafts, versions, strict=True)]
    ledger.append_many(lines, actor=by, at=at)
    announce([draft.record.pk for draft in drafts])
    return versions


def _next_numbers(records: list[Record]) -> dict[int, int]:
    """By record; not from ``current``, which an undone import leaves empty."""
    versions = Version.objects.filter(record__in=records).order_by()
    newest = versions.values("record").annotate(number=Max("number"))
    return {row["record"]: row["number"] + 1 for row in newest}


def _version(
    draft: Draft, numbers: dict[int, int], *, by: User | None, at: datetime
) -> Version:
    record, kind = draft.record, draft.record.definition
    canonical, format = canonical_json(draft.content), kind.format_of(draft.content)
    return Version(
        record=record,
        number=numbers.get(record.pk, 1),
        form_version=kind.form_version(record.school_year),
        format_version=format,
        canonical=canonical.decode(),
        sha256=content_digest(kind.code, format, canonical),
        reason=draft.reason,
        author=by,
        lineage=draft.lineage,
        created_at=at,
    )


def _point_at(versions: list[Version]) -> None:
    whens = [When(pk=v.record_id, then=Value(v.pk)) for v in versions]
    ids = [version.record_id for version in versions]
    Record.objects.filter(pk__in=ids).update(
        current_id=Case(*whens), revision=F("revision") + 1
    )
    for version in versions:
        version.record.current = version
        version.record.revision += 1


def _line(draft: Draft, version: Version) -> ledger.Line:
    action = draft.action or ("import" if draft.lineage else "edit")
    payload = {"version": version.number, "sha256": version.sha256}
    if draft.reason:
        payload["reason"] = draft.reason
    return ledger.Line(draft.record, action, payload)
