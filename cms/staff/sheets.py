"""The records of a class beside what the checks say of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from documents.kinds import Finding, get_kind
from documents.kinds.fields import FieldGroup
from documents.models import Record, State


@dataclass
class Sheet:
    """A record with its content, parsed once, and the findings of its rules."""

    record: Record
    content: Any
    findings: list[Finding]

    @cached_property
    def blocking(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.blocks]

    @cached_property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.blocks]

    @property
    def is_ready(self) -> bool:
        """Whether nothing keeps its teacher from submitting it."""
        return self.record.state == State.DRAFT and not self.blocking

    @cached_property
    def groups(self) -> list[FieldGroup]:
        return self.record.definition.fields(self.content)


def sheets_of(records: Iterable[Record]) -> list[Sheet]:
    """Check the records of one class together, in their order.

    Give all of the class: the rules compare. Records without a version are left out.
    """
    kinds: dict[str, list[Record]] = defaultdict(list)
    records = [record for record in records if record.current is not None]
    for record in records:
        kinds[record.kind].append(record)
    found = {
        sheet.record.pk: sheet
        for code, members in kinds.items()
        for sheet in _of_kind(code, members)
    }
    return [found[record.pk] for record in records]


def _of_kind(code: str, records: list[Record]) -> list[Sheet]:
    kind = get_kind(code)
    contents = [kind.parse(r.current.canonical) for r in records if r.current]
    findings = kind.check_class(contents)
    rows = zip(records, contents, findings, strict=True)
    return [Sheet(record, content, found) for record, content, found in rows]


def findings_by_path(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    paths: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        paths[finding.path].append(finding)
    return paths
