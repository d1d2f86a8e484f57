from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents.errors import RecordsError
from documents.models import Record, State, User

from ..models import Deadline, Group
from .many import Taken, claim_many
from .steps import conclude_many, version_payload

# So many rows are locked at a time where nobody waits for all of them together.
CHUNK = 500


def lock_record(
    *,
    record_id: int,
    by: User | None,
    at: datetime | None = None,
    reason: str = "",
) -> Record:
    """Freeze a signed record: it is in effect and gains no versions.

    ``by`` is None when the calendar locks. Raises NotVisible, NotAllowed, and
    IllegalTransition unless it is signed and complete.
    """
    return lock_records(record_ids=[record_id], by=by, at=at).only()


@transaction.atomic
def lock_records(
    *, record_ids: Iterable[int], by: User | None, at: datetime | None = None
) -> Taken:
    """The same for many at once; a refusal stops only its own record."""
    at = at or timezone.now()
    taken = claim_many(record_ids, step="lock", by=by)
    for record in taken.records:
        record.lock(at=at)
    conclude_many(
        taken.records,
        "lock",
        by=by,
        at=at,
        payload=version_payload,
        fields=("state", "locked_at"),
    )
    return taken


def due_records(deadline: Deadline) -> list[int]:
    """The keys of the signed records that a deadline's day freezes.

    The first round is about the pupils who completed the class programme; the round
    of the re-assessed takes all that is left (domain.md §2), also of those who were
    opened again and have completed it since.
    """
    records = Record.objects.in_unit(deadline.unit).filter(
        school_year=deadline.school_year, state=State.SIGNED
    )
    everybody = deadline.group == Group.REASSESSED
    if not everybody:
        records = records.filter(reassessment=None)
    return [
        record.pk
        for record in records.select_related("current").order_by("pk").iterator(500)
        if everybody or _is_completed(record)
    ]


def lock_due(
    at: datetime | None = None, *, chunk: int = CHUNK
) -> Iterator[tuple[int, RecordsError | None]]:
    """Lock what the calendar says is due; yield each record with its refusal, if any.

    ``chunk`` records are locked in one transaction. A deadline is closed only once
    every record of it has been looked at, so a run that was stopped goes on with the
    next call.
    """
    at = at or timezone.now()
    due = Deadline.objects.filter(locked_at=None, lock_on__lte=timezone.localdate(at))
    for deadline in due.select_related("unit").order_by("lock_on", "pk"):
        keys = due_records(deadline)
        for start in range(0, len(keys), chunk):
            some = keys[start : start + chunk]
            refused = lock_records(record_ids=some, by=None, at=at).refused
            yield from ((key, refused.get(key)) for key in some)
        Deadline.objects.filter(pk=deadline.pk).update(locked_at=at)


def _is_completed(record: Record) -> bool:
    assert record.current is not None  # record_past_draft_has_a_version
    return record.definition.is_completed(
        record.definition.parse(record.current.canonical)
    )
