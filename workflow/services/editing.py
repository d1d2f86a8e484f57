from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from documents.models import Record, Role, User, Version
from documents.versions import Draft, add_version

from ..errors import NotAllowed, VersionMoved, WorkflowError
from .steps import lock_row


class ContentInvalid(WorkflowError):
    code = "content_invalid"
    user_message = _("The value of %(path)s does not fit: %(problem)s")

    def __init__(self, error: ValidationError) -> None:
        first = error.errors(include_url=False, include_input=False)[0]
        self.path = ".".join(str(part) for part in first["loc"])
        self.problem = first["msg"]
        super().__init__(f"{self.path}: {self.problem}")


class FieldNotEditable(WorkflowError):
    """The path names no field of the sheet, or one that says which sheet this is."""

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
    registrar of the issuer may edit. Nothing is written when nothing changes.
    Raises NotVisible, NotAllowed, NotDraft, VersionMoved, FieldNotEditable,
    ContentInvalid.
    """
    record = lock_row(record_id, by=by)
    if not may_edit(record, by):
        raise NotAllowed(by, "edit")
    current = record.current
    if current is None or current.number != base:
        raise VersionMoved(record)
    content = _changed(record, current, changes)
    if content == current.content:
        return current
    draft = Draft(record, content, lineage={}, reason=reason)
    return add_version(draft, by=by, at=at or timezone.now())


def may_edit(record: Record, user: User) -> bool:
    """Whether the user's assignments allow correcting the record while a draft."""
    return user.holds(
        Role.CLASS_TEACHER, record.issuer, record.school_class
    ) or user.holds(Role.REGISTRAR, record.issuer)


def _changed(record: Record, current: Version, changes: Mapping[str, Any]) -> Any:
    content = current.content
    groups = record.definition.fields(content)
    editable = {item.path for group in groups for item in group.fields if item.editable}
    plain = content.model_dump(mode="json")
    for path, value in changes.items():
        if path not in editable:
            raise FieldNotEditable(path)
        _put(plain, path.split("."), value)
    try:
        return record.definition.schema.model_validate(plain)
    except ValidationError as error:
        raise ContentInvalid(error) from error


def _put(target: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        target = target.setdefault(part, {})
    target[path[-1]] = value
