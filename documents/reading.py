"""Every read of a pupil's record by another person leaves a line.

The lines of each record are a chain of hashes of its own, so that two readers meet
only when they read the same record in the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from .canonical import digest_of
from .ledger import GENESIS
from .models import ReadLog, Record, Role, User
from .models.access import Access

# So often another reader may be faster at one record before this is a fault.
TRIES = 50


def log_reads(
    records: Iterable[Record], *, by: User, access: str, at: datetime
) -> None:
    """Enter who read which records, in a fixed number of queries.

    Not entered: that the guardian looks, or a teacher assigned to the class (domain.md
    §8: the guardian can see who else looked). Every copy that leaves is entered.
    """
    read = {
        record.pk: record
        for record in records
        if access != Access.VIEW or not _is_expected(record, by)
    }
    # In one order, so that two readers of the same class wait and do not deadlock.
    ordered = [read[pk] for pk in sorted(read)]
    for remaining in reversed(range(TRIES if ordered else 0)):
        try:
            with transaction.atomic():
                _enter(ordered, by=by, access=access, at=at)
            return
        except IntegrityError:
            # Somebody else read one of them between our look and our line.
            if not remaining:
                raise


def line_digest(line: ReadLog, previous: str) -> str:
    """The hex SHA-256 of a line's canonical bytes after the line before, format 1."""
    return digest_of(
        {
            "format": "hocba/read/1",
            "record": line.record.uuid.hex,
            "sequence": line.sequence,
            "user": line.user_id,
            "access": line.access,
            "at": line.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "previous": previous,
        }
    )


def first_break(lines: Iterable[ReadLog]) -> ReadLog | None:
    """The first line of a record's reads that does not follow from the one before."""
    previous, expected = GENESIS, 1
    for line in lines:
        if line.sequence != expected or line.digest != line_digest(line, previous):
            return line
        previous, expected = line.digest, expected + 1
    return None


def _enter(records: Sequence[Record], *, by: User, access: str, at: datetime) -> None:
    later = ReadLog.objects.filter(
        record=OuterRef("record"), sequence__gt=OuterRef("sequence")
    )
    last = ReadLog.objects.filter(~Exists(later), record__in=records)
    heads = {line.record_id: (line.sequence, line.digest) for line in last}
    lines = []
    for record in records:
        sequence, previous = heads.get(record.pk, (0, GENESIS))
        line = ReadLog(
            record=record, user=by, access=access, at=at, sequence=sequence + 1
        )
        line.digest = line_digest(line, previous)
        lines.append(line)
    ReadLog.objects.bulk_create(lines, batch_size=500)


def _is_expected(record: Record, user: User) -> bool:
    teaches = any(
        a.role in (Role.CLASS_TEACHER, Role.SUBJECT_TEACHER)
        and a.school_class_id == record.school_class_id
        for a in user.standing
    )
    return teaches or record.book.pupil_id in user.children
