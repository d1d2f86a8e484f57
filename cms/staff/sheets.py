"""The records of a class beside what the checks say of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from documents.kinds import Finding, get_kind
from documents.kinds.fields import FieldGroup
from documents.models import Record, SchoolClass, State, User
from documents.querysets import RecordQuerySet
from workflow.services.drafts import Working, working
from workflow.services.editing import in_grid_of


@dataclass
class Sheet:
    """A record with its content as it is typed, and the findings of its rules.

    ``collisions`` are typed values that somebody else's version contradicts.
    """

    record: Record
    content: Any
    findings: list[Finding]
    collisions: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def blocking(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.blocks]

    @cached_property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.blocks]

    @property
    def is_ready(self) -> bool:
        """Whether nothing keeps its teacher from submitting it."""
        is_draft = self.record.state == State.DRAFT
        return is_draft and not self.blocking and not self.collisions

    @cached_property
    def groups(self) -> list[FieldGroup]:
        return self.record.definition.fields(self.content)


def records_of(user: User, school_class: SchoolClass) -> RecordQuerySet:
    """The records of a class that the user may open as a whole."""
    return _with_typing(Record.objects.visible_to(user), school_class)


def grid_records(user: User, school_class: SchoolClass) -> RecordQuerySet:
    """The same, and those that a subject teacher may open in part."""
    return _with_typing(in_grid_of(user), school_class)


def _with_typing(records: RecordQuerySet, school_class: SchoolClass) -> RecordQuerySet:
    rows = records.filter(school_class=school_class).listed()
    return rows.select_related("working_copy__author")


def sheets_beside(user: User, record: Record) -> list[Sheet]:
    """The class of a record, with it, as far as the user may open it."""
    return sheets_of(grid_records(user, record.school_class))


def sheets_of(records: Iterable[Record]) -> list[Sheet]:
    """Check the records of one class together, in their order.

    Give all of the class, read by a function of this module: the rules compare.
    Records without a version are left out.
    """
    records = list(records)
    copies = {r.pk: r.working_copy for r in records if hasattr(r, "working_copy")}
    found = working(records, copies)
    kinds: dict[str, list[Working]] = defaultdict(list)
    for one in found.values():
        kinds[one.record.kind].append(one)
    sheets = {
        sheet.record.pk: sheet
        for code, members in kinds.items()
        for sheet in _of_kind(code, members)
    }
    return [sheets[key] for key in found]


def _of_kind(code: str, rows: list[Working]) -> list[Sheet]:
    findings = get_kind(code).check_class([row.content for row in rows])
    return [
        Sheet(row.record, row.content, found, row.collisions)
        for row, found in zip(rows, findings, strict=True)
    ]


def findings_by_path(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    paths: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        paths[finding.path].append(finding)
    return paths
