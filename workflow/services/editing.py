from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.models import Record, Role, User, Version
from documents.querysets import RecordQuerySet
from documents.versions import Draft, add_version

from ..errors import NotAllowed, NotVisible, VersionMoved, WorkflowError
from .drafts import ContentInvalid, changed, settle

__all__ = ["ContentInvalid", "FieldNotEditable", "edit_record", "may_edit"]

# The beginnings of paths that somebody may see or change; "" is the whole sheet.
Parts = frozenset[str]
NOTHING: Parts = frozenset()
EVERYTHING: Parts = frozenset({""})
# A subject teacher's assignment names a member of this part of the content.
SUBJECTS = "subjects"


class FieldNotEditable(WorkflowError):
    """The path names no field of the sheet that this person may change."""

    code = "field_not_editable"
    user_message = _("The field %(path)s cannot be changed here.")

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} is not editable")


@transaction.atomic
def edit_record(
    *,
    record_id: int,
    by: User,
    base: int,
    changes: Mapping[str, Any],
    reason: str = "",
    at: datetime | None = None,
) -> Version:
    """Correct a draft: ``changes`` maps paths ("subjects.math.score") to values.

    ``base`` is the number of the version that the caller saw. Class teacher and
    registrar of the issuer may edit, a subject teacher the own subject. What somebody
    is typing becomes a version first. Nothing is written when nothing changes.
    Raises NotVisible, NotAllowed, NotDraft, VersionMoved, FieldNotEditable,
    ContentInvalid.
    """
    at = at or timezone.now()
    record = _lock(record_id, by)
    parts = editable_parts(by, record)
    if not parts:
        raise NotAllowed(by, "edit")
    settle([record], at=at)
    current = record.current
    if current is None or current.number != base:
        raise VersionMoved(record)
    require_editable(record, current.content, parts, changes)
    content = changed(current.content, changes)
    if content == current.content:
        return current
    draft = Draft(record, content, lineage={}, reason=reason)
    return add_version(draft, by=by, at=at)


def may_edit(record: Record, user: User) -> bool:
    """Whether the user's assignments allow correcting the record while a draft."""
    return bool(editable_parts(user, record))


def editable_parts(user: User, record: Record) -> Parts:
    """What of the content the user may change while the record is a draft.

    Class teacher and registrar: all of it; a subject teacher: the own subjects.
    """
    teaches = user.holds(Role.CLASS_TEACHER, record.issuer, record.school_class)
    if teaches or user.holds(Role.REGISTRAR, record.issuer):
        return EVERYTHING
    return taught_parts(user, record)


def shown_parts(user: User, record: Record) -> Parts:
    """What of the content of a record of ``in_grid_of`` the user may read."""
    office = editable_parts(user, record)
    if user.holds(Role.HEAD, record.issuer):
        return EVERYTHING
    return office


def taught_parts(user: User, record: Record) -> Parts:
    """The user's own subjects in the class of the record."""
    return frozenset(
        f"{SUBJECTS}.{a.subject}"
        for a in user.standing
        if a.covers(Role.SUBJECT_TEACHER, record.issuer, record.school_class)
        and a.unit_id == record.issuer_id
    )


def is_within(path: str, parts: Parts) -> bool:
    """Whether a path is one of the parts or stands in one."""
    return any(
        part == "" or path == part or path.startswith(f"{part}.") for part in parts
    )


def in_grid_of(user: User) -> RecordQuerySet:
    """What a user may open, if only in part: ask ``shown_parts`` of each record."""
    whole = Record.objects.visible_to(user).by_office(user)
    return whole | Record.objects.taught_by(user)


def require_editable(
    record: Record, content: Any, parts: Parts, paths: Mapping[str, Any]
) -> None:
    """Raise FieldNotEditable for the first path outside what may be changed."""
    editable = editable_paths(record, content, parts)
    for path in paths:
        if path not in editable:
            raise FieldNotEditable(path)


def editable_paths(record: Record, content: Any, parts: Parts) -> set[str]:
    return {
        item.path
        for group in record.definition.fields(content)
        for item in group.fields
        if item.editable and is_within(item.path, parts)
    }


def _lock(record_id: int, by: User) -> Record:
    by.hold_standing()
    rows = in_grid_of(by).select_for_update(of=("self",))
    try:
        related = ("school_class", "issuer", "custodian")
        return rows.select_related(*related).get(pk=record_id)
    except Record.DoesNotExist as error:
        raise NotVisible(f"record {record_id}") from error
