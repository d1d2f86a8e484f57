"""Every read of a pupil's record by another person leaves a line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from .models import ReadLog, Record, Role, User


def log_reads(
    records: Iterable[Record], *, by: User, access: str, at: datetime
) -> None:
    """Enter who read which records, in one query.

    Not entered: the guardian's own reading, and that of the teachers assigned to the
    class (domain.md §8: the guardian can see who else looked).
    """
    lines = [
        ReadLog(record=record, user=by, access=access, at=at)
        for record in records
        if not _is_expected(record, by)
    ]
    ReadLog.objects.bulk_create(lines, batch_size=500)


def _is_expected(record: Record, user: User) -> bool:
    teaches = any(
        a.role in (Role.CLASS_TEACHER, Role.SUBJECT_TEACHER)
        and a.school_class_id == record.school_class_id
        for a in user.standing
    )
    return teaches or record.book.pupil_id in user.children
