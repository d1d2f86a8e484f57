from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from documents.models import Guardianship, ReadLog, Record, User, Version
from documents.models.access import Access
from documents.versions import Draft, add_version

from .notices import notify
from .steps import claim, conclude, require_reason, version_payload


@transaction.atomic
def recall_record(
    *, record_id: int, by: User, reason: str, at: datetime | None = None
) -> Record:
    """The head takes an issued record back before the lock.

    The record goes on with a new version of the same content: what was signed keeps
    its signatures, and answers as superseded from now on. Guardians who have
    downloaded it are told.
    Raises ReasonMissing, NotVisible, NotAllowed, IllegalTransition.
    """
    at, reason = at or timezone.now(), require_reason(reason)
    record = claim(record_id, step="recall", by=by)
    take_back(record, by=by, reason=reason, at=at)
    return record


def take_back(
    record: Record, *, by: User, reason: str, at: datetime, content: Any = None
) -> None:
    """The recall of a claimed record; it goes on with ``content``, else the same."""
    issued = record.current
    assert issued is not None  # record_past_draft_has_a_version
    record.recall(at=at)
    payload = version_payload(record) | {"reason": reason}
    conclude(record, "recall", by=by, at=at, payload=payload)
    draft = Draft(record, content or issued.content, reason=reason)
    add_version(draft, by=by, at=at)
    _tell_guardians(record, issued, at=at)


def _tell_guardians(record: Record, issued: Version, *, at: datetime) -> None:
    """Those who have the copy that is no longer good."""
    guardianships = Guardianship.objects.in_force().filter(pupil=record.book.pupil_id)
    copies = ReadLog.objects.filter(
        record=record,
        access=Access.DOWNLOAD,
        user__in=guardianships.values("user"),
        at__gte=issued.created_at,
    )
    # The last one of each counts.
    days = {copy.user: copy.at for copy in copies.select_related("user").order_by("at")}
    for guardian, taken in days.items():
        notify(
            [guardian],
            "superseded",
            subject=f"{record.uuid.hex}.{issued.number}",
            data={"year": record.school_year, "day": timezone.localdate(taken)},
            at=at,
        )
