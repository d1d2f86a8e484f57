"""What a lock takes in, and what stays out and why; then asked, then as a batch."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from documents.models import LedgerEntry, Unit
from documents.querysets import RecordQuerySet
from workflow.models import Deadline, Group
from workflow.services.season.lockreports import Lot, stays_out, taken_in
from workflow.services.season.workdays import paths_above

from .batches import begin_batch
from .units import OfUnit, may_lock, open_unit, records_below

# One batch takes so many; the calendar's own lock takes everything (§2 of the plan).
MOST = 10_000
SHOWN = 300


class LockView(OfUnit):
    """One unit with everything below it, in one school year."""

    template_name = "cms/staff/lock.html"
    header_icon = "lock"

    @cached_property
    def unit(self) -> Unit:
        unit = open_unit(self.request.user, self.kwargs["code"])
        if not may_lock(self.request.user, unit):
            raise Http404
        return unit

    @cached_property
    def records(self) -> RecordQuerySet:
        return records_below(self.request.user, self.unit, self.year)

    @cached_property
    def deadline(self) -> Deadline | None:
        """The next lock of the year: until the first one nobody waits for summer."""
        rows = Deadline.objects.filter(
            unit__path__in=paths_above(self.unit),
            school_year=self.year,
            locked_at=None,
        )
        return rows.order_by("lock_on").first()

    @cached_property
    def group(self) -> str:
        """Those who are re-assessed in summer are locked on the second date only."""
        return self.deadline.group if self.deadline else Group.REASSESSED

    def get_page_title(self) -> str:
        return _("Lock")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        seen = timezone.now()
        ready = taken_in(self.records, self.group)
        names = ("issuer__name", "school_class__name")
        fields = (*names, "issuer__code", "school_class_id")
        counted = ready.order_by(*names).values_list(*fields).annotate(n=Count("pk"))
        by_class = list(counted)
        lots = stays_out(self.records, self.group)
        return super().get_context_data(
            seen=seen.isoformat(),
            ready=sum(count for *_class, count in by_class),
            most=MOST,
            by_class=by_class[:SHOWN],
            left_out=lots[:SHOWN],
            left_out_sums=_sums(lots),
            left_out_total=sum(lot.count for lot in lots),
            is_long=max(len(lots), len(by_class)) > SHOWN,
            deadline=self.deadline,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        keys = self._agreed(self.request.POST.get("seen", ""))
        if not keys:
            messages.info(self.request, _("There is nothing to lock here now."))
            return redirect("staff:unit", self.unit.code)
        return begin_batch(self.request, "lock", keys, unit=self.unit)

    def _agreed(self, seen: str) -> list[int]:
        """What was on the page, not what was signed meanwhile."""
        at = _moment(seen)
        if at is None:
            return []
        later = LedgerEntry.objects.filter(
            record=OuterRef("pk"), action="sign", at__gt=at
        )
        ready = taken_in(self.records, self.group).filter(~Exists(later))
        return list(ready.order_by("pk").values_list("pk", flat=True)[:MOST])


def _moment(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at and timezone.is_aware(at) else None


def _sums(lots: list[Lot]) -> list[tuple[str, int]]:
    """How many stay out for each reason, most first."""
    sums: Counter[str] = Counter()
    for lot in lots:
        sums[str(lot.reason.label)] += lot.count
    return sums.most_common()
