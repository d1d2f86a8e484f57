"""The classes of a school, and one class with what its checks say of each pupil."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from documents import machine
from documents.models import Record, Role, SchoolClass, State, User
from documents.querysets import RecordQuerySet
from documents.reading import log_reads
from workflow.services.editing import may_edit

from .batches import begin_batch
from .lists import came_back, counts_by_class
from .roles import StaffRequest
from .sheets import Sheet, sheets_of
from .views import Crumb, StaffView

SCHOOL_ROLES = (Role.CLASS_TEACHER, Role.HEAD, Role.REGISTRAR)


def open_class(user: User, class_id: int) -> SchoolClass:
    """The class, if the person teaches it or leads or keeps its school; else 404."""
    school_class = get_object_or_404(
        SchoolClass.objects.select_related("school"), pk=class_id
    )
    if not any(user.holds(r, school_class.school, school_class) for r in SCHOOL_ROLES):
        raise Http404
    return school_class


def records_of(user: User, school_class: SchoolClass) -> RecordQuerySet:
    return Record.objects.visible_to(user).filter(school_class=school_class).listed()


class ClassesView(StaffView):
    """Every class whose records the person may open, with counts by state."""

    roles = SCHOOL_ROLES
    template_name = "cms/staff/classes.html"
    page_title = gettext_lazy("Classes")
    header_icon = "group"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        schools = [a.unit_id for a in user.standing if a.role in SCHOOL_ROLES]
        records = Record.objects.visible_to(user).filter(issuer__in=schools)
        rows = counts_by_class(records)
        return super().get_context_data(rows=rows, states=State, **kwargs)


class ClassView(StaffView):
    """One class in Vietnamese order; ``?state=`` and ``?show=back`` narrow it."""

    roles = SCHOOL_ROLES
    template_name = "cms/staff/class.html"
    header_icon = "group"

    @cached_property
    def school_class(self) -> SchoolClass:
        return open_class(self.request.user, self.kwargs["class_id"])

    @cached_property
    def sheets(self) -> list[Sheet]:
        return sheets_of(records_of(self.request.user, self.school_class))

    def get_page_title(self) -> str:
        return _("Class %(name)s, %(year)s") % {
            "name": self.school_class.name,
            "year": self.school_class.school_year,
        }

    def crumbs(self) -> list[Crumb]:
        return [(_("Classes"), reverse("staff:classes"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, shown = self.request.user, self._shown()
        log_reads(
            [sheet.record for sheet in shown],
            by=user,
            access="view",
            at=timezone.now(),
        )
        ready = [s for s in self.sheets if s.is_ready and self._may_submit(s)]
        drafts = [s for s in self.sheets if s.record.state == State.DRAFT]
        return super().get_context_data(
            school_class=self.school_class,
            sheets=shown,
            counts=counts_by_state_of(self.sheets),
            total=len(self.sheets),
            ready=ready,
            not_ready=[s for s in drafts if not s.is_ready],
            teaches=user.holds(
                Role.CLASS_TEACHER, self.school_class.school, self.school_class
            ),
            editable={s.record.pk for s in drafts if may_edit(s.record, user)},
            state=self.request.GET.get("state", ""),
            back=self.request.GET.get("show") == "back",
            **kwargs,
        )

    def _shown(self) -> list[Sheet]:
        state = self.request.GET.get("state", "")
        sheets = [s for s in self.sheets if state in ("", s.record.state)]
        if self.request.GET.get("show") != "back":
            return sheets
        records = Record.objects.visible_to(self.request.user)
        drafts = records.filter(school_class=self.school_class, state=State.DRAFT)
        returned = set(came_back(drafts).values_list("pk", flat=True))
        return [sheet for sheet in sheets if sheet.record.pk in returned]

    def _may_submit(self, sheet: Sheet) -> bool:
        return machine.permitted(sheet.record, "submit", self.request.user)


def counts_by_state_of(sheets: list[Sheet]) -> list[tuple[str, int]]:
    """Each state with its count, in the order of a record's life; zeros left out."""
    states = [sheet.record.state for sheet in sheets]
    return [(s.value, states.count(s)) for s in State if s in states]


@require_POST
def submit_class(request: StaffRequest, class_id: int) -> HttpResponse:
    """Submit what is ready in the background: an outcome for each record."""
    school_class = open_class(request.user, class_id)
    sheets = sheets_of(records_of(request.user, school_class))
    ready = [sheet.record.pk for sheet in sheets if sheet.is_ready]
    if not ready:
        messages.warning(request, _("No record of this class is ready."))
        return redirect("staff:class", class_id)
    return begin_batch(request, "submit", ready, unit=school_class.school)
