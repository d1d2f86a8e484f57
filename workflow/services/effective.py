"""The file of a record: as issued, and with the date of the lock filled in."""

from __future__ import annotations

import structlog
from django.db import transaction
from django.utils import timezone

from documents import storage
from documents.errors import RecordsError
from documents.models import FINAL_STATES, Artifact, Record, Version
from documents.models.signatures import PDF_PURPOSES, Purpose
from documents.rendering import EFFECTIVE_DATE_SIZE, render_stamp

from ..signing.longterm import evidence_expires_at
from .copying import NotIssued as NotIssued
from .copying import copied_pdf
from .keys import credentials

logger = structlog.get_logger(__name__)


def record_pdf(record: Record) -> bytes:
    """The file that a person may download: signed, and dated once it is locked.

    Of what came as a packet alone it is a copy of our own making. Raises NotIssued,
    FileMissing, FileAltered.
    """
    version = record.current
    newest = newest_file(version) if version else None
    if version is None:
        raise NotIssued(str(record))
    if newest is None:
        return copied_pdf(record, version, timezone.now())
    dated = version.artifacts.filter(purpose=Purpose.EFFECTIVE)
    if record.is_final and not dated.exists():
        return effective_pdf(record, version, newest)
    return storage.get(newest.sha256)


def newest_file(version: Version) -> Artifact | None:
    """The PDF of a version that is given out: each one extends the one before."""
    files = version.artifacts.filter(purpose__in=PDF_PURPOSES)
    return files.order_by("-pk").first()


def effective_pdf(record: Record, version: Version, newest: Artifact) -> bytes:
    """The newest file with the date of the lock, stored; of two made at once the
    first one counts.
    """
    assert record.locked_at is not None  # record_is_locked_iff_final
    text = timezone.localtime(record.locked_at).strftime("Có hiệu lực từ: %d/%m/%Y")
    now = timezone.now()
    pdf = credentials.keeper(now).fill_effective_date(
        storage.get(newest.sha256),
        text,
        render_stamp([text], *EFFECTIVE_DATE_SIZE),
        at=now,
    )
    return _keep(version, pdf)


def file_name(record: Record) -> str:
    """``<look-up code>-<school year>.pdf``: it names no child."""
    return f"{record.book.lookup_code}-{record.school_year}.pdf"


def fill_missing() -> int:
    """Make the dated file of every locked record that lacks it; return how many.

    What came as a packet has no pages that could be dated.
    """
    dated = Artifact.objects.filter(purpose=Purpose.EFFECTIVE)
    printed = Artifact.objects.filter(purpose=Purpose.ISSUED)
    records = Record.objects.filter(
        state__in=FINAL_STATES, current__in=printed.values("version")
    ).exclude(current__in=dated.values("version"))
    return sum(map(_try, records.select_related("current").order_by("pk").iterator()))


def _try(record: Record) -> bool:
    """One file that cannot be made must not keep the others from being made."""
    try:
        record_pdf(record)
    except RecordsError as error:
        logger.warning("effective_file_missing", record=record.pk, error=error.code)
        return False
    return True


def _keep(version: Version, pdf: bytes) -> bytes:
    """Store the file; of two that were made at once the first one counts."""
    sha256 = storage.put(pdf)
    with transaction.atomic():
        kept, _created = Artifact.objects.get_or_create(
            version=version,
            purpose=Purpose.EFFECTIVE,
            defaults={
                "sha256": sha256,
                "size": len(pdf),
                "created_at": timezone.now(),
                "evidence_until": evidence_expires_at(pdf),
            },
        )
    return pdf if kept.sha256 == sha256 else storage.get(kept.sha256)
