"""A department's locked records, reported to the ministry in sealed packages.

The ministry's own interface is not public (domain.md §5), so what writes a package is
named in ``MINISTRY_WRITER``; without that setting it is our own format. Everything
else stays: which records go, that each version goes once, and the ministry's receipt.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from documents.models import (
    FINAL_STATES,
    Direction,
    Package,
    PackageItem,
    PackageOutcome,
    PackagePurpose,
    Record,
    Unit,
    User,
)
from documents.models.units import UnitKind
from documents.querysets import RecordQuerySet

from ...errors import NotAllowed
from .envelopes import seal_of
from .receipts import TAKEN
from .refusals import NoReceiver
from .sending import Dispatch, Parcel, enter, in_loads, parcels

Writer = Callable[[Sequence[Parcel], Dispatch, uuid.UUID], bytes]
OUR_FORMAT = "workflow.services.exchange.sending.pack"


@dataclass(frozen=True)
class Standing:
    """How far the report of a year is: every locked record is in one of the four."""

    accepted: int
    refused: int
    waiting: int
    unsent: int

    @property
    def locked(self) -> int:
        return self.accepted + self.refused + self.waiting + self.unsent


def report_to_ministry(
    *,
    department: Unit,
    school_year: str,
    by: User,
    at: datetime | None = None,
) -> Iterator[Package]:
    """Pack what is locked and was not reported yet; yield each package once it stands.

    Harmless when repeated or stopped: a version that waits for its receipt or was
    taken is not sent again, one that was refused is. ``by`` is asked before each
    package, so who loses the role stops there. Raises NotAllowed, NoReceiver, and
    what the seal refuses.
    """
    at = at or timezone.now()
    ministry = ministry_above(department)
    require_reporter(by, department)
    seal_of(department, at=at)
    way = Dispatch(department, ministry, PackagePurpose.REPORT, by, at)
    for load in in_loads(_parcels_by_school(unreported(department, school_year))):
        require_reporter(User.objects.get(pk=by.pk), department)
        package = _post(load, way, school_year)
        if package is not None:
            yield package


def require_reporter(by: User, department: Unit) -> None:
    """Who locks for a department reports for it. Raises NotAllowed."""
    if not any(a.locks(department) for a in by.standing):
        raise NotAllowed(by, "report")


def ministry_above(department: Unit) -> Unit:
    """Raises NoReceiver."""
    above = department.get_ancestors().filter(kind=UnitKind.MINISTRY)
    ministry: Unit | None = above.order_by("-depth").first()
    if ministry is None:
        raise NoReceiver(department.name)
    return ministry


def unreported(department: Unit, school_year: str) -> RecordQuerySet:
    """The locked records whose current version the ministry neither has nor awaits."""
    sent = _sent(department).exclude(outcome=PackageOutcome.REFUSED)
    this = sent.filter(version=OuterRef("current"))
    return _locked(department, school_year).filter(~Exists(this))


def standing(department: Unit, school_year: str) -> Standing:
    """Counts for the page; four queries, whatever the province's size."""
    locked = _locked(department, school_year)
    this = _sent(department).filter(version=OuterRef("current"))
    taken = locked.filter(Exists(this.filter(outcome__in=TAKEN))).count()
    waits = locked.filter(Exists(this.filter(outcome=PackageOutcome.WAITING)))
    unsent = unreported(department, school_year)
    refused = unsent.filter(Exists(this.filter(outcome=PackageOutcome.REFUSED)))
    refused_count = refused.count()
    return Standing(
        accepted=taken,
        refused=refused_count,
        waiting=waits.count(),
        unsent=unsent.count() - refused_count,
    )


def reports_of(department: Unit) -> list[Package]:
    """The packages for the ministry, newest first."""
    rows = Package.objects.filter(
        direction=Direction.SENT,
        purpose=PackagePurpose.REPORT,
        sender=department,
    )
    return list(rows.select_related("receiver", "by"))


def counts_by_school(
    department: Unit, school_year: str
) -> list[tuple[str, str, int, int]]:
    """(code, name, locked, not reported yet) of each school; two queries."""
    fields = ("issuer__code", "issuer__name")
    rows = _locked(department, school_year).order_by(*fields).values_list(*fields)
    open_rows = unreported(department, school_year).order_by().values_list(*fields)
    left = {code: n for code, _name, n in open_rows.annotate(n=Count("pk"))}
    return [
        (code, name, count, left.get(code, 0))
        for code, name, count in rows.annotate(n=Count("pk"))
    ]


def _locked(department: Unit, school_year: str) -> RecordQuerySet:
    return Record.objects.in_unit(department).filter(
        school_year=school_year, state__in=FINAL_STATES, current__isnull=False
    )


def _sent(department: Unit) -> QuerySet[PackageItem]:
    return PackageItem.objects.filter(
        package__direction=Direction.SENT,
        package__purpose=PackagePurpose.REPORT,
        package__sender=department,
    )


def _parcels_by_school(records: RecordQuerySet) -> Iterator[Parcel]:
    """One school after the other, so that only one is in memory."""
    schools = records.order_by("issuer").values_list("issuer", flat=True).distinct()
    for school in list(schools):
        yield from parcels(records.filter(issuer=school))


def _post(load: Sequence[Parcel], way: Dispatch, school_year: str) -> Package | None:
    """Write and enter one package; None if another run has sent some of it."""
    number = uuid.uuid4()
    data = _writer()(load, way, number)
    keys = [one.record.pk for one in load]
    with transaction.atomic():
        # Sealing takes a while, so no row was locked meanwhile.
        Unit.objects.select_for_update().get(pk=way.sender.pk)
        still = unreported(way.sender, school_year).filter(pk__in=keys)
        if still.count() != len(keys):
            return None
        return enter(load, way, number, data)


def _writer() -> Writer:
    writer: Writer = import_string(getattr(settings, "MINISTRY_WRITER", OUR_FORMAT))
    return writer
