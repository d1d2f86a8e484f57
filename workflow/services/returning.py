from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents.models import Record, User

from .steps import claim, conclude, require_reason, version_payload


@transaction.atomic
def return_record(
    *, record_id: int, by: User, reason: str, at: datetime | None = None
) -> Record:
    """The head sends a record back to the class teacher.

    Raises ReasonMissing, NotVisible, NotAllowed, IllegalTransition.
    """
    at, reason = at or timezone.now(), require_reason(reason)
    record = claim(record_id, step="return", by=by)
    record.send_back(at=at)
    payload = version_payload(record) | {"reason": reason}
    conclude(record, "return", by=by, at=at, payload=payload)
    return record
