"""Remind those in whose queue records lie: shown first, then one click."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.errors import RecordsError
from documents.models import SchoolClass
from workflow.services.season.urging import QUEUES, Plan, plan_urging, urge

from .units import OfUnit, open_class_of

SHOWN = 200


class RemindView(OfUnit):
    """``?class=`` and ``?state=`` narrow it to one class or one queue."""

    template_name = "cms/staff/remind.html"
    header_icon = "mail"

    @cached_property
    def school_class(self) -> SchoolClass | None:
        asked = self.request.GET.get("class", "")
        if not asked:
            return None
        if not asked.isdecimal() or len(asked) > 18:
            raise Http404
        return open_class_of(self.unit, int(asked))

    @cached_property
    def whom(self) -> dict[str, Any]:
        state = self.request.GET.get("state", "")
        if state and state not in QUEUES:
            raise Http404
        return {
            "unit": self.unit,
            "school_year": self.year,
            "by": self.request.user,
            "class_id": self.school_class.pk if self.school_class else None,
            "state": state,
        }

    @property
    def back(self) -> str:
        return f"{reverse('staff:unit', args=[self.unit.code])}?year={self.year}"

    def get_page_title(self) -> str:
        return _("Remind")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        plan, refusal = Plan(), ""
        try:
            plan = plan_urging(**self.whom)
        except RecordsError as error:
            refusal = error.for_user()
        people = {one.person.pk for one in plan.new}
        return super().get_context_data(
            plan=plan,
            refusal=refusal,
            urgings=plan.urgings[:SHOWN],
            hidden=max(len(plan.urgings) - SHOWN, 0),
            new=len(plan.new),
            people=len(people),
            school_class=self.school_class,
            back=self.back,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            sent = urge(**self.whom)
        except RecordsError as error:
            messages.error(request, error.for_user())
            return redirect(self.back)
        if sent:
            text = ngettext("%d reminder is sent.", "%d reminders are sent.", sent)
            messages.success(request, text % sent)
        else:
            messages.info(request, _("Everybody has been reminded today."))
        return redirect(self.back)
