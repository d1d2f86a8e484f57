"""Undo an import, unless somebody is typing in one of its records."""

from __future__ import annotations

from datetime import datetime

from documents.importing import undoing
from documents.models import ImportRun, User

from ..models import WorkingCopy


def undo_import(*, run_id: int, by: User | None, at: datetime) -> ImportRun:
    """As ``documents.importing.undoing.undo_import``, which says what it raises."""
    typed = WorkingCopy.objects.filter(
        record__in=ImportRun.objects.filter(pk=run_id).values("rows__record")
    )
    busy = set(typed.values_list("record", flat=True))
    return undoing.undo_import(run_id=run_id, by=by, at=at, busy=busy)
