"""Keep the evidence of signed files from running out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from documents import ledger, storage
from documents.errors import RecordsError
from documents.models import ISSUED_STATES, Artifact, Record
from documents.models.signatures import PDF_PURPOSES, Purpose

from ..errors import VersionMoved
from ..signing.longterm import evidence_expires_at
from . import credentials
from .effective import NotIssued, newest_file, record_pdf
from .steps import lock_row, version_payload

# Time enough to notice that renewing fails, and to find another service.
AHEAD = timedelta(days=180)


@dataclass(frozen=True)
class Renewal:
    """A record and until when its file is vouched for; or why that did not change."""

    record: Record
    until: datetime | None
    error: RecordsError | None = None


def needing_renewal(before: datetime) -> QuerySet[Record]:
    """Issued records whose file loses its evidence before that time, soonest first.

    Each with ``evidence_until``; None, for a file that was not made to last, is due
    at once.
    """
    files = Artifact.objects.filter(purpose__in=PDF_PURPOSES)
    newest = files.filter(version=OuterRef("current")).order_by("-pk")
    records = Record.objects.filter(state__in=ISSUED_STATES).annotate(
        newest=Subquery(newest.values("pk")[:1]),
        evidence_until=Subquery(newest.values("evidence_until")[:1]),
    )
    due = Q(evidence_until__lt=before) | Q(evidence_until=None)
    return (
        records.filter(due, newest__isnull=False)
        .select_related("book", "current")
        .order_by("evidence_until", "pk")
    )


def renew_due(before: datetime | None = None) -> Iterator[Renewal]:
    """Renew what is due, one by one; a file that cannot be renewed stops no other."""
    before = before or timezone.now() + AHEAD
    for pk in list(needing_renewal(before).values_list("pk", flat=True)):
        record = Record.objects.select_related("book", "current").get(pk=pk)
        try:
            artifact = renew_evidence(record_id=pk)
        except RecordsError as error:
            yield Renewal(record, None, error)
        else:
            yield Renewal(record, artifact.evidence_until)


def renew_evidence(*, record_id: int, at: datetime | None = None) -> Artifact:
    """Extend the newest file with fresh evidence and one more time-stamp.

    Raises NotIssued, VersionMoved when the record changed meanwhile, or what
    ``Keeper.complete`` raises.
    """
    at = at or timezone.now()
    seen = Record.objects.select_related("book", "current", "issuer").get(pk=record_id)
    before = record_pdf(seen)
    # Asks services, so no lock is held yet; what was extended is compared below.
    newest = newest_file(seen.current) if seen.current else None
    if newest is None:
        raise NotIssued(str(seen))
    pdf = credentials.keeper(at).complete(before, at=at)
    sha256 = storage.put(pdf)
    with transaction.atomic():
        record = lock_row(record_id, by=None)
        if (
            record.current_id != seen.current_id
            or newest_file(newest.version) != newest
        ):
            raise VersionMoved(record)
        artifact = Artifact.objects.create(
            version=newest.version,
            purpose=Purpose.RENEWED,
            number=_next_number(newest),
            sha256=sha256,
            size=len(pdf),
            created_at=at,
            evidence_until=evidence_expires_at(pdf),
        )
        payload = version_payload(record) | {"renewed": sha256}
        ledger.append(record, action="renew", actor=None, at=at, payload=payload)
    return artifact


def _next_number(newest: Artifact) -> int:
    renewals = newest.version.artifacts.filter(purpose=Purpose.RENEWED)
    return renewals.count() + 1
