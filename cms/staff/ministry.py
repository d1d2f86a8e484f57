"""The report to the ministry: what is locked, what has gone, and what it answered."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from documents.errors import RecordsError
from documents.models import Package, Unit
from documents.models.units import UnitKind
from documents.workbooks import Cell, Table
from workflow import tasks
from workflow.services.exchange.envelopes import seal_of
from workflow.services.exchange.ministry import (
    counts_by_school,
    ministry_above,
    reports_of,
    standing,
)

from .downloads import workbook_of
from .units import OfUnit, may_lock, open_unit

PAGE = 50
# So long after its last sign of life a run is watched.
WATCHED = 120


class MinistryView(OfUnit):
    """Of one department. Who locks for it sends, and files what comes back."""

    template_name = "cms/staff/ministry.html"
    header_icon = "upload"

    @cached_property
    def unit(self) -> Unit:
        unit = open_unit(self.request.user, self.kwargs["code"])
        if unit.kind != UnitKind.DEPARTMENT or not may_lock(self.request.user, unit):
            raise Http404
        return unit

    def get_page_title(self) -> str:
        return _("Report to the ministry")

    def get_template_names(self) -> list[str]:
        part = "part" in self.request.GET
        name = "includes/ministry_standing" if part else "ministry"
        return [f"cms/staff/{name}.html"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("format") == "xlsx":
            rows = count_rows(self.unit, self.year)
            name = f"{self.unit.code}-{self.year}-ministry"
            return workbook_of(name, Table(self.get_page_title(), rows))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = standing(self.unit, self.year)
        packages = reports_of(self.unit)
        since = self._since()
        page = Paginator(packages, PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            standing=found,
            to_send=found.unsent + found.refused,
            page=page,
            packages=list(page),
            watched=found.unsent > 0 and _is_alive(since, packages),
            since=since,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        here = reverse("staff:ministry", args=[self.unit.code])
        try:
            # What would stop the worker is said here.
            ministry_above(self.unit)
            seal_of(self.unit, at=timezone.now())
        except RecordsError as error:
            messages.error(request, error.for_user())
            return redirect(f"{here}?{urlencode({'year': self.year})}")
        send = partial(
            tasks.report_year.delay, self.unit.pk, self.year, self.request.user.pk
        )
        transaction.on_commit(send)
        query = urlencode({"year": self.year, "since": str(int(time.time()))})
        return redirect(f"{here}?{query}")

    def _since(self) -> int:
        """When the report was begun, as the address says; 0 if it was not."""
        asked = self.request.GET.get("since", "")
        return int(asked) if asked.isdecimal() and len(asked) < 12 else 0


def _is_alive(since: int, packages: list[Package]) -> bool:
    """Whether a run that the address names has shown itself lately."""
    newest = packages[0].entered_at.timestamp() if packages else 0
    return bool(since) and time.time() - max(since, newest) < WATCHED


def count_rows(unit: Unit, year: str) -> list[tuple[Cell, ...]]:
    """The counts of each school: a header, then one line each."""
    head = (_("Code"), _("School"), _("Locked"), _("Not reported yet"))
    return [head, *counts_by_school(unit, year)]
