"""Re-assessment in summer: open it, and see second results beside the first."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents import machine
from documents.errors import RecordsError
from documents.models import Record, Role
from workflow.services.reassessing import (
    needs_second,
    open_reassessment,
    results_of,
)

from .reading import note_view
from .views import Crumb, StaffView, record_url, seen_record


class ReassessView(StaffView):
    """The head opens it; everybody who sees the record sees both results."""

    roles = (Role.HEAD, Role.REGISTRAR, Role.CLASS_TEACHER, Role.OFFICER)
    template_name = "cms/staff/reassess.html"
    page_title = gettext_lazy("Re-assessment in summer")
    header_icon = "redirect"

    @cached_property
    def record(self) -> Record:
        return seen_record(self.request.user, self.kwargs["uuid"])

    def crumbs(self) -> list[Crumb]:
        return [(self.record.book.pupil.name, record_url(self.record))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record = self.record
        may_open = (
            machine.possible(record, "recall")
            and machine.permitted(record, "recall", self.request.user)
            and needs_second(record)
        )
        results = results_of(record)
        if results is not None:
            note_view(self.request, record)
        return super().get_context_data(
            record=record, results=results, may_open=may_open, **kwargs
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            open_reassessment(record_id=self.record.pk, by=self.request.user)
        except RecordsError as error:
            messages.error(request, error.for_user())
        else:
            messages.success(
                request, _("Opened: the class teacher enters the second results.")
            )
        return redirect("staff:reassess", self.record.uuid)
