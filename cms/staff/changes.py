"""What a record's teachers changed since it was last sent back, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from documents.kinds.fields import Difference, differences
from documents.models import LedgerEntry, Record, Version

from .history import Line, ledger_lines


@dataclass(frozen=True)
class Change:
    """One cell: what stood there, what stands there, who wrote that and when."""

    difference: Difference
    version: Version

    @property
    def who(self) -> str:
        return str(self.version.author or "")

    @property
    def at(self) -> datetime:
        return self.version.created_at


@dataclass(frozen=True)
class Since:
    """The line of the return, and the changes after it by the path of their cell."""

    line: Line
    changes: dict[str, Change]


def since_return(record: Record, entry_id: int) -> Since:
    """``entry_id`` is the ledger line of the return or recall; two queries."""
    entry = LedgerEntry.objects.select_related("actor").get(pk=entry_id)
    (line,) = ledger_lines([entry])
    versions = record.versions.filter(number__gte=entry.payload["version"])
    return Since(line, _changes(record, list(versions.select_related("author"))))


def _changes(record: Record, versions: list[Version]) -> dict[str, Change]:
    """Between the first and the last of them; the newest hand at a cell is named."""
    kind = record.definition
    contents = [kind.parse(version.canonical) for version in versions]
    groups = kind.fields(contents[-1])
    hands: dict[str, Version] = {}
    for (before, after), version in zip(pairwise(contents), versions[1:], strict=True):
        for one in differences(before, after, groups):
            hands[one.field.path] = version
    between: Any = differences(contents[0], contents[-1], groups)
    return {one.field.path: Change(one, hands[one.field.path]) for one in between}
