"""The classes of a school, and one class with what its checks say of each pupil."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from documents import machine
from documents.models import ISSUED_STATES, Role, SchoolClass, State, User
from documents.reading import log_reads
from workflow.services.drafts import settle_class
from workflow.services.editing import in_grid_of

from .batches import begin_batch
from .grid_data import Grid
from .grid_texts import texts
from .lists import came_back, counts_by_class
from .roles import StaffRequest
from .sheets import Sheet, grid_records, records_of, sheets_of
from .views import Crumb, StaffView

SCHOOL_ROLES = (Role.CLASS_TEACHER, Role.HEAD, Role.REGISTRAR)
GRID_ROLES = (*SCHOOL_ROLES, Role.SUBJECT_TEACHER)


def open_grid(user: User, class_id: int) -> SchoolClass:
    """The class, also for whoever teaches one subject in it; else 404."""
    school_class = get_object_or_404(
        SchoolClass.objects.select_related("school"), pk=class_id
    )
    if not serves(user, school_class, GRID_ROLES):
        raise Http404
    return school_class


def open_class(user: User, class_id: int) -> SchoolClass:
    """The class, if the person teaches it or leads or keeps its school; else 404."""
    school_class = get_object_or_404(
        SchoolClass.objects.select_related("school"), pk=class_id
    )
    if not serves(user, school_class, SCHOOL_ROLES):
        raise Http404
    return school_class


def serves(user: User, school_class: SchoolClass, roles: Iterable[Role]) -> bool:
    """Whether the person has one of these roles for the class, or for its school."""
    return any(user.holds(role, school_class.school, school_class) for role in roles)


class ClassesView(StaffView):
    """Every class that the person may open, with counts by state."""

    roles = GRID_ROLES
    template_name = "cms/staff/classes.html"
    page_title = gettext_lazy("Classes")
    header_icon = "group"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        schools = [a.unit_id for a in user.standing if a.role in GRID_ROLES]
        rows = counts_by_class(in_grid_of(user).filter(issuer__in=schools))
        return super().get_context_data(rows=rows, states=State, **kwargs)


class ClassView(StaffView):
    """One class as a grid in Vietnamese order: its teacher fills it in.

    ``?state=`` and ``?show=back`` narrow it. A subject teacher sees the own columns.
    """

    roles = GRID_ROLES
    template_name = "cms/staff/class.html"
    header_icon = "group"

    @cached_property
    def school_class(self) -> SchoolClass:
        return open_grid(self.request.user, self.kwargs["class_id"])

    @cached_property
    def sheets(self) -> list[Sheet]:
        return sheets_of(grid_records(self.request.user, self.school_class))

    def get_page_title(self) -> str:
        return _("Class %(name)s, %(year)s") % {
            "name": self.school_class.name,
            "year": self.school_class.school_year,
        }

    def crumbs(self) -> list[Crumb]:
        return [(_("Classes"), reverse("staff:classes"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, shown = self.request.user, self._shown()
        records = [sheet.record for sheet in shown]
        log_reads(records, by=user, access="view", at=timezone.now())
        grid = Grid(user, self.sheets)
        place = (self.school_class.school, self.school_class)
        return super().get_context_data(
            school_class=self.school_class,
            sheets=shown,
            rows=[(sheet, grid.row(sheet)) for sheet in shown],
            counts=counts_by_state_of(self.sheets),
            total=len(self.sheets),
            summary=grid.summary(),
            ready=[s for s in self.sheets if s.is_ready and self._may_submit(s)],
            teaches=user.holds(Role.CLASS_TEACHER, *place),
            prints=self._may_print(),
            grid=page_data(self.request, self.school_class, grid, shown),
            texts=texts(),
            state=self.request.GET.get("state", ""),
            back=self.request.GET.get("show") == "back",
            **kwargs,
        )

    def _shown(self) -> list[Sheet]:
        state = self.request.GET.get("state", "")
        sheets = [s for s in self.sheets if state in ("", s.record.state)]
        if self.request.GET.get("show") != "back":
            return sheets
        records = in_grid_of(self.request.user)
        drafts = records.filter(school_class=self.school_class, state=State.DRAFT)
        returned = set(came_back(drafts).values_list("pk", flat=True))
        return [sheet for sheet in sheets if sheet.record.pk in returned]

    def _may_print(self) -> bool:
        issued = any(sheet.record.state in ISSUED_STATES for sheet in self.sheets)
        return issued and serves(self.request.user, self.school_class, SCHOOL_ROLES)

    def _may_submit(self, sheet: Sheet) -> bool:
        return machine.permitted(sheet.record, "submit", self.request.user)


def page_data(
    request: StaffRequest, school_class: SchoolClass, grid: Grid, shown: list[Sheet]
) -> dict[str, Any]:
    """What the script of the grid starts with; no word of it is shown unescaped."""
    return {
        "user": request.user.pk,
        "save": reverse("staff:cells", args=[school_class.pk]),
        "phrases": reverse("staff:phrases", args=[school_class.pk]),
        "phrase": reverse("staff:phrase", args=[0]),
        "login": f"{reverse('wagtailadmin_login')}?next={request.path}",
        "columns": [column.as_data() for column in grid.columns],
        "rows": [grid.row(sheet) for sheet in shown],
        "summary": grid.summary(),
    }


def counts_by_state_of(sheets: list[Sheet]) -> list[tuple[str, int]]:
    """Each state with its count, in the order of a record's life; zeros left out."""
    states = [sheet.record.state for sheet in sheets]
    return [(s.value, states.count(s)) for s in State if s in states]


@require_POST
def submit_class(request: StaffRequest, class_id: int) -> HttpResponse:
    """Submit what is ready in the background: an outcome for each record.

    The class teacher's act: for others not even what is typed becomes a version.
    """
    school_class = open_class(request.user, class_id)
    if not request.user.holds(Role.CLASS_TEACHER, school_class.school, school_class):
        raise PermissionDenied
    settle_class(school_class, by=request.user, at=timezone.now())
    sheets = sheets_of(records_of(request.user, school_class))
    ready = [sheet.record.pk for sheet in sheets if sheet.is_ready]
    if not ready:
        messages.warning(request, _("No record of this class is ready."))
        return redirect("staff:class", class_id)
    return begin_batch(request, "submit", ready, unit=school_class.school)
