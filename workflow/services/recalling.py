from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents.models import Record, User
from documents.versions import Draft, add_version

from .steps import claim, conclude, require_reason, version_payload


@transaction.atomic
def recall_record(
    *, record_id: int, by: User, reason: str, at: datetime | None = None
) -> Record:
    """The head takes an issued record back before the lock.

    The record goes on with a new version of the same content: what was signed keeps
    its signatures, and answers as superseded from now on.
    Raises ReasonMissing, NotVisible, NotAllowed, IllegalTransition.
    """
    at, reason = at or timezone.now(), require_reason(reason)
    record = claim(record_id, step="recall", by=by)
    issued = record.current
    assert issued is not None  # record_past_draft_has_a_version
    record.recall(at=at)
    payload = version_payload(record) | {"reason": reason}
    conclude(record, "recall", by=by, at=at, payload=payload)
    add_version(Draft(record, issued.content, reason=reason), by=by, at=at)
    return record
