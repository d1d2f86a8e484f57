"""A view of a record is entered once, however many requests its page needs."""

from __future__ import annotations

from django.core import signing
from django.utils import timezone

from documents.models import Record
from documents.reading import log_reads

from .roles import StaffRequest

SALT = "staff.reading"
# As long as somebody may look at one page before its frames are loaded again.
VALID_FOR = 3600


def note_view(request: StaffRequest, record: Record, access: str = "view") -> str:
    """Enter the read; return a pass that the frames of this page bring along."""
    log_reads([record], by=request.user, access=access, at=timezone.now())
    return signing.dumps([request.user.pk, record.pk], salt=SALT)


def note_frame(request: StaffRequest, record: Record) -> None:
    """Enter the read unless the frame stands in a page that has entered it."""
    try:
        page = signing.loads(request.GET.get("pass", ""), salt=SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        page = None
    if page != [request.user.pk, record.pk]:
        note_view(request, record)
