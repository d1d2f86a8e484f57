from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents.models import Record, User

from .looking import forget_looks
from .many import Taken, claim_many
from .steps import conclude_many, require_reason, version_payload


def return_record(
    *, record_id: int, by: User, reason: str, at: datetime | None = None
) -> Record:
    """The head sends a record back to the class teacher.

    Raises ReasonMissing, NotVisible, NotAllowed, IllegalTransition.
    """
    return return_records(record_ids=[record_id], by=by, reason=reason, at=at).only()


@transaction.atomic
def return_records(
    *, record_ids: Iterable[int], by: User, reason: str, at: datetime | None = None
) -> Taken:
    """The same for many at once, all with one reason; a refusal stops only its own.

    Raises ReasonMissing.
    """
    at, reason = at or timezone.now(), require_reason(reason)
    taken = claim_many(record_ids, step="return", by=by)
    for record in taken.records:
        record.send_back(at=at)
    forget_looks(taken.records)
    conclude_many(
        taken.records,
        "return",
        by=by,
        at=at,
        payload=lambda record: version_payload(record) | {"reason": reason},
    )
    return taken
