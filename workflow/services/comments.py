"""The school's comment bank: sentences that its teachers share."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.models import Record, Role, Unit, User

from ..errors import NotAllowed, NotVisible, WorkflowError
from ..models import CommentPhrase
from .editing import FieldNotEditable, editable_parts, editable_paths, in_grid_of

BANK_ROLES = (Role.CLASS_TEACHER, Role.SUBJECT_TEACHER, Role.REGISTRAR, Role.HEAD)
LONGEST = 400


class PhraseUnusable(WorkflowError):
    code = "phrase_unusable"
    user_message = _("A comment of the bank has between 1 and %(longest)d letters.")

    def __init__(self) -> None:
        self.longest = LONGEST
        super().__init__("empty or too long")


def bank_of(unit: Unit, *, by: User) -> QuerySet[CommentPhrase]:
    """The phrases of a school, for those who work there; none for others."""
    phrases = CommentPhrase.objects.filter(unit=unit)
    return phrases if _works_at(by, unit.pk) else phrases.none()


@transaction.atomic
def add_phrase(
    *,
    record_id: int,
    path: str,
    level: str,
    text: str,
    by: User,
    at: datetime | None = None,
) -> CommentPhrase:
    """Put a sentence into the bank of the record's school, for that row and level.

    ``path`` is the field that it was written in. The same sentence stands once.
    Raises NotVisible, NotAllowed, FieldNotEditable, PhraseUnusable.
    """
    rows = in_grid_of(by).select_related("current", "issuer", "school_class")
    record = rows.filter(pk=record_id, current__isnull=False).first()
    if record is None:
        raise NotVisible(f"record {record_id}")
    _require_field(record, path, by)
    text = text.strip()
    if not 0 < len(text) <= LONGEST or len(level) > 20:
        raise PhraseUnusable
    phrase, _created = CommentPhrase.objects.get_or_create(
        unit=record.issuer,
        kind=record.kind,
        part=path.rpartition(".")[0],
        level=level,
        text=text,
        defaults={"author": by, "created_at": at or timezone.now()},
    )
    return phrase


def delete_phrase(*, phrase_id: int, by: User) -> None:
    """Take a sentence out of the bank; comments written with it stay.

    Raises NotVisible unless ``by`` works at the phrase's school.
    """
    phrase = CommentPhrase.objects.filter(pk=phrase_id).first()
    if phrase is None or not _works_at(by, phrase.unit_id):
        raise NotVisible(f"phrase {phrase_id}")
    phrase.delete()


def _require_field(record: Record, path: str, by: User) -> None:
    parts = editable_parts(by, record)
    if not parts:
        raise NotAllowed(by, "edit")
    assert record.current is not None  # asked for above
    if path not in editable_paths(record, record.current.content, parts):
        raise FieldNotEditable(path)


def _works_at(user: User, unit_id: int) -> bool:
    return any(a.unit_id == unit_id and a.role in BANK_ROLES for a in user.standing)
