"""Working copies: what is typed, saved, and in no version yet (docs/adr/0009)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ValidationError

from documents.models import Record, SchoolClass, State, User, Version
from documents.versions import Draft, add_versions

from ..errors import WorkflowError
from ..models import WorkingCopy

# After so long without typing a working copy becomes a version.
QUIET = timedelta(seconds=60)
# As many records are locked and written at once.
CHUNK = 100


class ContentInvalid(WorkflowError):
    code = "content_invalid"
    user_message = _("The value of %(path)s does not fit: %(problem)s")

    def __init__(self, error: ValidationError) -> None:
        first = error.errors(include_url=False, include_input=False)[0]
        self.path = ".".join(str(part) for part in first["loc"])
        self.problem = first["msg"]
        super().__init__(f"{self.path}: {self.problem}")


class EditsCollide(WorkflowError):
    """The record got another version (an import) in cells that somebody was typing."""

    code = "edits_collide"
    user_message = _(
        "%(count)d cells were changed by somebody else while they were edited. "
        "Open the class and choose which value stays."
    )

    def __init__(self, record: Record, paths: Iterable[str]) -> None:
        self.record = record
        self.paths = sorted(paths)
        self.count = len(self.paths)
        super().__init__(f"record {record.pk}: {', '.join(self.paths)}")


@dataclass
class Working:
    """A record's content as those see it who edit it.

    ``version`` is the content of the newest version alone. ``collisions`` are typed
    values, by path, that it contradicts: they are not in ``content``, and wait until
    their author chooses.
    """

    record: Record
    version: Any
    content: Any
    copy: WorkingCopy | None = None
    collisions: dict[str, Any] = field(default_factory=dict)


def working(
    records: Iterable[Record], copies: Mapping[int, WorkingCopy] | None = None
) -> dict[int, Working]:
    """Content with what is typed on it, by record. ``current`` is read.

    The working copies are read in one query unless the caller has them. Records
    without a version are left out.
    """
    records = [record for record in records if record.current is not None]
    if copies is None:
        copies = _copies(record for record in records if record.state == State.DRAFT)
    return {record.pk: _merged(record, copies.get(record.pk)) for record in records}


def changed(content: BaseModel, changes: Mapping[str, Any]) -> Any:
    """The content with other values at some paths. Raises ContentInvalid."""
    dump = content.model_dump(mode="json")
    for path, value in changes.items():
        _put(dump, path, value)
    try:
        return type(content).model_validate(dump)
    except ValidationError as error:
        raise ContentInvalid(error) from error


def _put(target: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for part in above:
        target = target.setdefault(part, {})
    target[last] = value


def plain_at(content: BaseModel, path: str) -> Any:
    """The value at a path as JSON has it; "" and an empty list are None."""
    return plain(json_at(content, path))


def json_at(content: BaseModel, path: str) -> Any:
    """The value at a path as JSON has it; None where there is nothing."""
    value: Any = content.model_dump(mode="json")
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def plain(value: Any) -> Any:
    """Nothing said is nothing said, however it is written."""
    return None if value in ("", [], ()) else value


def settle(records: Sequence[Record], *, at: datetime) -> list[Version]:
    """Turn what is typed into one version of each record, under its author's name.

    The caller holds the records' locks. What a newer version contradicts stays in
    the working copy; see ``require_settled``.
    """
    copies = _copies(record for record in records if record.state == State.DRAFT)
    if not copies:
        return []
    found = working([record for record in records if record.pk in copies], copies)
    typed = list(found.values())
    by_author: dict[User, list[Draft]] = defaultdict(list)
    for one in typed:
        assert one.copy is not None  # asked for above
        if one.content != one.version:
            by_author[one.copy.author].append(Draft(one.record, one.content))
    versions = [
        version
        for author, drafts in by_author.items()
        for version in add_versions(drafts, by=author, at=at)
    ]
    _keep_collisions(typed)
    return versions


def require_settled(record: Record, *, at: datetime) -> None:
    """Settle one record before a step. Raises EditsCollide if a choice is open."""
    for error in settle_many([record], at=at).values():
        raise error


def settle_many(records: Sequence[Record], *, at: datetime) -> dict[int, EditsCollide]:
    """Settle before a step on many; the refusal of each where a choice is open."""
    settle(records, at=at)
    left = _copies(records)
    return {
        record.pk: EditsCollide(record, left[record.pk].changes)
        for record in records
        if record.pk in left
    }


@transaction.atomic
def settle_records(record_ids: Iterable[int], *, at: datetime) -> list[Version]:
    """Settle some drafts, whoever was typing; the others are left as they are."""
    return settle(_locked(record_ids), at=at)


@transaction.atomic
def settle_class(school_class: SchoolClass, *, by: User, at: datetime) -> list[Version]:
    """Settle what ``by`` may see of a class, before all of it goes a step further."""
    visible = Record.objects.visible_to(by).filter(school_class=school_class)
    return settle(_locked(visible.values_list("pk", flat=True)), at=at)


def settle_quiet(*, at: datetime) -> int:
    """Settle everything whose author has been quiet for a while; how many versions."""
    due = WorkingCopy.objects.filter(saved_at__lte=at - QUIET).order_by("pk")
    ids = list(due.values_list("pk", flat=True))
    done = 0
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            records = _locked(ids[start : start + CHUNK])
            # Whoever typed on meanwhile is not quiet.
            quiet = set(due.filter(pk__in=records).values_list("pk", flat=True))
            done += len(settle([r for r in records if r.pk in quiet], at=at))
    return done


def _copies(records: Iterable[Record]) -> dict[int, WorkingCopy]:
    # Not in_bulk: for SQLite it asks for 999 at a time.
    keys = [record.pk for record in records]
    rows = WorkingCopy.objects.select_related("author").filter(pk__in=keys)
    return {copy.pk: copy for copy in rows}


def _locked(ids: Iterable[int]) -> list[Record]:
    rows = Record.objects.filter(pk__in=list(ids), working_copy__isnull=False)
    keys = sorted(rows.values_list("pk", flat=True))
    held = Record.objects.filter(pk__in=keys, state=State.DRAFT).order_by("pk")
    return list(held.select_for_update(of=("self",)).select_related("current"))


def _merged(record: Record, copy: WorkingCopy | None) -> Working:
    assert record.current is not None
    content = record.definition.parse(record.current.canonical)
    if copy is None:
        return Working(record, content, content)
    collisions = {
        path: typed
        for path, (was, typed) in copy.changes.items()
        if plain_at(content, path) not in (was, plain(typed))
    }
    kept = {p: v for p, (_was, v) in copy.changes.items() if p not in collisions}
    typed = changed(content, kept)
    return Working(record, content, typed, copy, collisions)


def _keep_collisions(typed: Sequence[Working]) -> None:
    """Drop the working copies that are in a version now, but not an open choice."""
    done = [one.record.pk for one in typed if not one.collisions]
    WorkingCopy.objects.filter(pk__in=done).delete()
    for one in typed:
        if one.copy is not None and one.collisions:
            open_ = {path: one.copy.changes[path] for path in one.collisions}
            WorkingCopy.objects.filter(pk=one.record.pk).update(changes=open_)
