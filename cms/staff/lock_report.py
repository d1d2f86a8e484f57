"""What a lock leaves out, before its day and after it: as a page and as a workbook."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from documents.models import Record, Role, Unit
from documents.workbooks import Table
from workflow.models import Deadline, LockRun
from workflow.services.season.lockreports import Lot, of_run, preview, workbook_rows

from .downloads import workbook_of
from .units import open_unit
from .views import Crumb, StaffView

# Lines on the page; the workbook has all of them.
SHOWN = 500


class LockReportView(StaffView):
    """By school, class, reason and person; counts only, never a pupil."""

    roles = (Role.OFFICER,)
    template_name = "cms/staff/lock_report.html"
    header_icon = "lock"

    @cached_property
    def unit(self) -> Unit:
        return open_unit(self.request.user, self.kwargs["code"])

    @cached_property
    def deadline(self) -> Deadline:
        """The deadline of the unit's own department."""
        row = get_object_or_404(
            Deadline.objects.select_related("unit"), pk=self.kwargs["deadline_id"]
        )
        if not row.unit.contains(self.unit):
            raise Http404
        return row

    @cached_property
    def report(self) -> LockRun | None:
        """What was kept of a lock that has been; None while it is a preview."""
        return LockRun.objects.filter(deadline=self.deadline).first()

    @cached_property
    def lots(self) -> list[Lot]:
        if self.report is not None:
            return of_run(self.report, self.unit)
        records = Record.objects.visible_to(self.request.user)
        return preview(records, self.deadline, self.unit)

    def get_page_title(self) -> str:
        return _("What stayed out") if self.report else _("What would stay out today")

    def crumbs(self) -> list[Crumb]:
        return [(self.unit.name, reverse("staff:unit", args=[self.unit.code]))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("format") == "xlsx":
            return self._workbook()
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sums: dict[str, int] = {}
        for lot in self.lots:
            label = str(lot.reason.label)
            sums[label] = sums.get(label, 0) + lot.count
        return super().get_context_data(
            unit=self.unit,
            deadline=self.deadline,
            report=self.report,
            lots=self.lots[:SHOWN],
            hidden=max(len(self.lots) - SHOWN, 0),
            sums=sorted(sums.items(), key=lambda pair: -pair[1]),
            total=sum(sums.values()),
            **kwargs,
        )

    def _workbook(self) -> HttpResponse:
        name = f"{self.unit.code}-{self.deadline.school_year}-{self.deadline.group}"
        return workbook_of(name, Table(_("What stayed out"), workbook_rows(self.lots)))
