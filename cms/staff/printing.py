"""Paper copies of a class as one file: which pages, both sides, how many."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents.errors import RecordsError
from documents.models import Record, SchoolClass
from documents.reading import log_reads
from workflow.services.printing import MOST_COPIES, Pages, printable, printed

from .classes import SCHOOL_ROLES, open_class
from .sheets import records_of
from .views import Crumb, StaffView


class PrintForm(forms.Form):
    pages = forms.ChoiceField(
        label=gettext_lazy("Pages"),
        choices=Pages.choices,
        initial=Pages.NEEDED,
        widget=forms.RadioSelect,
    )
    both_sides = forms.BooleanField(
        label=gettext_lazy("Print on both sides: each pupil begins on a new sheet"),
        initial=True,
        required=False,
    )
    copies = forms.IntegerField(
        label=gettext_lazy("Copies of each"),
        initial=1,
        min_value=1,
        max_value=MOST_COPIES,
    )


class PrintView(StaffView):
    """What of the class can be printed; the file is made when the form is sent."""

    roles = SCHOOL_ROLES
    template_name = "cms/staff/print.html"
    page_title = gettext_lazy("Paper copies")
    header_icon = "doc-full"

    @cached_property
    def school_class(self) -> SchoolClass:
        return open_class(self.request.user, self.kwargs["class_id"])

    @cached_property
    def records(self) -> list[Record]:
        return list(printable(self._of_class()))

    def crumbs(self) -> list[Crumb]:
        school_class = self.school_class
        address = reverse("staff:class", args=[school_class.pk])
        return [
            (_("Classes"), reverse("staff:classes")),
            (_("Class %s") % school_class.name, address),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ready = {record.pk for record in self.records}
        left_out = [one for one in self._of_class() if one.pk not in ready]
        return super().get_context_data(
            school_class=self.school_class,
            count=len(ready),
            left_out=left_out,
            **({"form": PrintForm()} | kwargs),
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = PrintForm(request.POST)
        if not form.is_valid() or not self.records:
            return self.render_to_response(self.get_context_data(form=form))
        try:
            pdf = printed(self.records, **form.cleaned_data)
        except RecordsError as error:
            messages.error(request, error.for_user())
            return redirect(request.path)
        log_reads(self.records, by=self.request.user, access="print", at=timezone.now())
        name = f"{self.school_class.school.code}-{self.school_class.name}"
        headers = {"Content-Disposition": f'attachment; filename="{name}-print.pdf"'}
        return HttpResponse(pdf, content_type="application/pdf", headers=headers)

    def _of_class(self) -> Any:
        return records_of(self.request.user, self.school_class)
