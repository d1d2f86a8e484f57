"""The calendar of renewals: of how many records the evidence ends in which month."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from documents.models import Record, Role, User
from documents.querysets import RecordQuerySet
from documents.workbooks import plain
from workflow.services.evidence.renewing import AHEAD, Month, due_by_month, in_month

from .roles import StaffRequest, has_role
from .views import StaffView, require_role

ROLES = (Role.OFFICER, Role.ADMIN)
AT_ONCE = "now"


@dataclass(frozen=True)
class Row:
    """One month. ``key`` leads to its records, for those who may see them."""

    month: Month
    key: str
    is_due: bool


def records_of(user: User) -> RecordQuerySet:
    """What an officer sees; for an administrator, who sees none, what is counted."""
    if has_role(user, [Role.OFFICER]):
        return Record.objects.visible_to(user)
    units = [a.unit for a in user.standing if a.role == Role.ADMIN]
    found = Record.objects.none()
    for unit in units:
        found |= Record.objects.in_unit(unit)
    return found


class RenewalsView(StaffView):
    """How many records need a renewal by when; each number is the list of them."""

    roles = ROLES
    template_name = "cms/staff/renewals.html"
    page_title = gettext_lazy("Renewals")
    header_icon = "rotate"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        soon = timezone.localdate() + AHEAD
        rows = [
            Row(month, _key(month), month.first is None or month.first <= soon)
            for month in due_by_month(records_of(user))
        ]
        return super().get_context_data(
            rows=rows,
            total=sum(row.month.count for row in rows),
            may_list=has_role(user, [Role.OFFICER]),
            ahead=AHEAD.days,
            **kwargs,
        )


@require_safe
def month_as_csv(request: StaffRequest, month: str) -> HttpResponse:
    """Exactly the records that the number counts, by code: no pupil is named."""
    require_role(request.user, [Role.OFFICER])
    wanted = _month(month)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="renewals-{month}.csv"'
    response.write("\ufeff")  # Excel takes it for Windows-1258 otherwise
    writer = csv.writer(response)
    writer.writerow([_("Code"), _("School year"), _("Issued by"), _("Evidence until")])
    for record in in_month(wanted, records_of(request.user)).iterator(chunk_size=2000):
        until: Any = record.evidence_until
        day = timezone.localtime(until).strftime("%d/%m/%Y") if until else ""
        writer.writerow(
            [
                record.book.lookup_code,
                record.school_year,
                plain(record.issuer.name),
                day,
            ]
        )
    return response


def _key(month: Month) -> str:
    return f"{month.first:%Y-%m}" if month.first else AT_ONCE


def _month(key: str) -> Month:
    if key == AT_ONCE:
        return Month(None, 0)
    try:
        return Month(date.fromisoformat(f"{key}-01"), 0)
    except ValueError as error:
        raise Http404 from error
