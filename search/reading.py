"""Who is shown words of a comment among the hits of a search has read the record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from documents.models import ReadLog, Record, User
from documents.reading import log_reads

from .services import Hit

# Not at each letter that somebody goes on typing.
ONCE_IN = timedelta(hours=1)


def log_found(hits: Iterable[Hit], *, by: User, at: datetime) -> None:
    """Enter the read of each hit that is shown with its words, once an hour.

    To be called by whoever shows them, a screen or a command alike.
    """
    keys = [hit.record_id for hit in hits if hit.snippet]
    if not keys:
        return
    lately = ReadLog.objects.filter(record__in=keys, user=by, at__gt=at - ONCE_IN)
    found = Record.objects.filter(pk__in=keys).exclude(pk__in=lately.values("record"))
    log_reads(found.select_related("book"), by=by, access="view", at=at)
