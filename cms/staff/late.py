"""Records after the lock: a school asks for them, the department decides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents.errors import RecordsError
from documents.models import Record, Role, Unit
from workflow.models import Deadline, LateRequest
from workflow.services.season.late import (
    could_ask,
    decide_late,
    may_ask,
    may_decide,
    open_requests,
    request_late,
)
from workflow.services.season.workdays import paths_above

from .calendar import DayInput
from .views import Crumb, StaffView

SCHOOL = (Role.HEAD, Role.REGISTRAR)
ALL = (*SCHOOL, Role.OFFICER)
SHOWN = 200


class DecisionForm(forms.Form):
    """Granted until a day, or refused with the reason."""

    until = forms.DateField(
        label=gettext_lazy("Granted until"), widget=DayInput(), required=False
    )
    answer = forms.CharField(
        label=gettext_lazy("Reason (a refusal needs one)"),
        max_length=500,
        required=False,
    )


class LateView(StaffView):
    """The requests of the own school, or of all schools below: open ones first."""

    roles = ALL
    template_name = "cms/staff/late.html"
    page_title = gettext_lazy("Late records")
    header_icon = "warning"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = list(open_requests(self.request.user)[:SHOWN])
        return super().get_context_data(
            waiting=[row for row in rows if row.is_open],
            decided=[row for row in rows if not row.is_open],
            deadlines=self._askable(),
            **kwargs,
        )

    def _askable(self) -> list[tuple[Unit, Deadline]]:
        """The locks that have been, for each school that the person may ask for."""
        return [
            (office.unit, deadline)
            for office in self.request.user.standing
            if office.role in SCHOOL
            for deadline in Deadline.objects.filter(
                unit__path__in=paths_above(office.unit), locked_at__isnull=False
            ).order_by("-lock_on")
        ]


class AskLateView(StaffView):
    """Choose the records that are to be locked late, and say why."""

    roles = SCHOOL
    template_name = "cms/staff/late_ask.html"
    page_title = gettext_lazy("Ask for a late lock")
    header_icon = "warning"

    @cached_property
    def deadline(self) -> Deadline:
        rows = Deadline.objects.filter(locked_at__isnull=False).select_related("unit")
        return get_object_or_404(rows, pk=self.kwargs["deadline_id"])

    @cached_property
    def school(self) -> Unit:
        for office in self.request.user.standing:
            own = office.role in SCHOOL and office.unit.code == self.kwargs["code"]
            if own and self.deadline.unit.contains(office.unit):
                return office.unit
        raise Http404

    @cached_property
    def records(self) -> list[Record]:
        rows = could_ask(self.deadline, self.school, self.request.user)
        return list(rows.listed())

    def crumbs(self) -> list[Crumb]:
        return [(_("Late records"), reverse("staff:late"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            school=self.school,
            deadline=self.deadline,
            records=self.records,
            chosen=set(self.request.POST.getlist("record")),
            reason=self.request.POST.get("reason", ""),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = set(request.POST.getlist("record"))
        try:
            made = request_late(
                deadline_id=self.deadline.pk,
                school=self.school,
                record_ids=[r.pk for r in self.records if str(r.uuid) in chosen],
                by=self.request.user,
                reason=request.POST.get("reason", ""),
            )
        except RecordsError as error:
            messages.error(request, error.for_user())
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, _("Asked: the department decides."))
        return redirect("staff:late-request", made.uuid)


class LateRequestView(StaffView):
    """One request with its records; for whoever locks the school, the decision."""

    roles = ALL
    template_name = "cms/staff/late_request.html"
    page_title = gettext_lazy("Late records")
    header_icon = "warning"

    @cached_property
    def row(self) -> LateRequest:
        rows = open_requests(self.request.user)
        return get_object_or_404(rows, uuid=self.kwargs["uuid"])

    @cached_property
    def decides(self) -> bool:
        return self.row.is_open and may_decide(self.request.user, self.row.school)

    def crumbs(self) -> list[Crumb]:
        return [(_("Late records"), reverse("staff:late"))]

    def get_context_data(
        self, form: DecisionForm | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        records = Record.objects.visible_to(self.request.user)
        return super().get_context_data(
            row=self.row,
            records=records.filter(late__request=self.row).listed(),
            shows_names=may_ask(self.request.user, self.row.school),
            form=(form or DecisionForm()) if self.decides else None,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_decide(self.request.user, self.row.school):
            raise Http404
        form = DecisionForm(request.POST)
        grants = request.POST.get("act") == "grant"
        if form.is_valid() and grants and not form.cleaned_data["until"]:
            form.add_error("until", _("Choose the day until which you grant it."))
        if form.errors:
            return self.render_to_response(self.get_context_data(form), status=422)
        try:
            decide_late(
                request_id=self.row.pk,
                by=self.request.user,
                until=form.cleaned_data["until"] if grants else None,
                answer=form.cleaned_data["answer"],
                at=timezone.now(),
            )
        except RecordsError as error:
            messages.error(request, error.for_user())
            return self.render_to_response(self.get_context_data(form), status=422)
        done = _("Granted.") if grants else _("Refused.")
        messages.success(request, done)
        return redirect("staff:late")
