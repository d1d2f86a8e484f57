"""Keep the evidence of signed files from running out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncMonth
from django.utils import timezone

from documents import ledger, storage
from documents.errors import RecordsError
from documents.models import ISSUED_STATES, Artifact, Record, Role, Unit
from documents.models.signatures import PDF_PURPOSES, Purpose
from documents.querysets import RecordQuerySet

from ...errors import VersionMoved
from ...signing.longterm import evidence_expires_at
from ..effective import NotIssued, newest_file, record_pdf
from ..keys import credentials
from ..notices import notify, staff_above
from ..steps import lock_row, version_payload

# Time enough to notice that renewing fails, and to find another service.
AHEAD = timedelta(days=180)
# What one night takes at the most, and how long a new file is left alone.
NIGHTLY = 2000
REST = timedelta(days=30)


@dataclass(frozen=True)
class Renewal:
    """A record and until when its file is vouched for; or why that did not change."""

    record: Record
    until: datetime | None
    error: RecordsError | None = None


@dataclass(frozen=True)
class Month:
    """So many records lose their evidence in that month; ``first``: None is at once."""

    first: date | None
    count: int

    @property
    def after(self) -> date | None:
        """The first day of the month that follows."""
        if self.first is None:
            return None
        return (self.first.replace(day=28) + timedelta(days=4)).replace(day=1)


def kept_records(records: RecordQuerySet | None = None) -> QuerySet[Any]:
    """The issued ones of ``records`` that have a file, with ``evidence_until`` of it.

    None, for a file that was not made to last. ``filed_at`` is when it was made.
    """
    files = Artifact.objects.filter(purpose__in=PDF_PURPOSES)
    newest = files.filter(version=OuterRef("current")).order_by("-pk")
    rows = Record.objects.all() if records is None else records
    return rows.filter(
        Exists(files.filter(version=OuterRef("current"))), state__in=ISSUED_STATES
    ).annotate(
        evidence_until=Subquery(newest.values("evidence_until")[:1]),
        filed_at=Subquery(newest.values("created_at")[:1]),
    )


def needing_renewal(
    before: datetime, records: RecordQuerySet | None = None
) -> QuerySet[Record]:
    """Issued records whose file loses its evidence before that time, soonest first.

    Each with ``evidence_until``; None, for a file that was not made to last, is due
    at once.
    """
    due = Q(evidence_until__lt=before) | Q(evidence_until=None)
    rows = kept_records(records).filter(due)
    return rows.select_related("book", "current", "issuer").order_by(
        F("evidence_until").asc(nulls_first=True), "pk"
    )


def due_by_month(records: RecordQuerySet | None = None) -> list[Month]:
    """How many records need a renewal by when, the soonest first. One query."""
    month = TruncMonth("evidence_until")
    rows = kept_records(records).annotate(month=month).order_by().values("month")
    counted = rows.annotate(n=Count("pk")).order_by(F("month").asc(nulls_first=True))
    return [Month(row["month"] and row["month"].date(), row["n"]) for row in counted]


def in_month(month: Month, records: RecordQuerySet | None = None) -> QuerySet[Record]:
    """Exactly the records that ``month`` counts."""
    rows = kept_records(records).select_related("book", "issuer")
    if month.first is None or month.after is None:
        return rows.filter(evidence_until=None).order_by("pk")
    begin, end = (_midnight(day) for day in (month.first, month.after))
    rows = rows.filter(evidence_until__gte=begin, evidence_until__lt=end)
    return rows.order_by("evidence_until", "pk")


def renew_due(before: datetime | None = None) -> Iterator[Renewal]:
    """Renew what is due, one by one; a file that cannot be renewed stops no other."""
    before = before or timezone.now() + AHEAD
    yield from _renew(needing_renewal(before))


def renew_by_night(at: datetime | None = None) -> Iterator[Renewal]:
    """Renew some of what is due, the soonest first: the rest has its turn tomorrow.

    A file that was made lately is left alone: where the service's own certificate ends
    soon, a renewal each night would gain nothing.
    """
    at = at or timezone.now()
    due: QuerySet[Any] = needing_renewal(at + AHEAD)
    due = due.filter(filed_at__lt=at - REST)
    yield from _renew(due[:NIGHTLY])


def report_failures(renewals: Sequence[Renewal], at: datetime | None = None) -> None:
    """Tell the administrators how many could not be renewed: once a day."""
    at = at or timezone.now()
    codes = Counter(one.error.code for one in renewals if one.error)
    people = [
        person
        for root in Unit.get_root_nodes()
        for person in staff_above(root, (Role.ADMIN,))
    ]
    for code, count in codes.items():
        notify(
            people,
            "renewal_failed",
            subject=f"{code}:{timezone.localdate(at)}",
            data={"count": count, "code": code},
            at=at,
        )


def _renew(records: QuerySet[Record]) -> Iterator[Renewal]:
    for pk in list(records.values_list("pk", flat=True)):
        record = Record.objects.select_related("book", "current").get(pk=pk)
        try:
            artifact = renew_evidence(record_id=pk)
        except RecordsError as error:
            yield Renewal(record, None, error)
        else:
            yield Renewal(record, artifact.evidence_until)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


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
