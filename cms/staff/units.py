"""The officer's tree: how far the schools are, by counts; never a pupil's result."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from documents.models import Record, Role, SchoolClass, Unit, User
from documents.models.units import UnitKind
from documents.querysets import RecordQuerySet
from workflow.services.season.outlook import Outlook, outlook_of
from workflow.services.season.urging import holders_below

from .deadlines import countdown_for, year_due
from .lists import counts_by_state
from .roles import StaffRequest
from .tree import Tree, class_tree, folded, headings, queue_rows, unit_tree
from .views import Crumb, StaffView, require_role

OFFICER = (Role.OFFICER,)
PAGE = 100
DEEPEST = 9


def open_unit(user: User, code: str) -> Unit:
    """The unit, if it is the officer's own or stands below it; else 404."""
    unit = get_object_or_404(Unit, code=code)
    if not user.holds(Role.OFFICER, unit):
        raise Http404
    return unit


def open_class_of(unit: Unit, class_id: int) -> SchoolClass:
    """A class of exactly this school, or 404."""
    return get_object_or_404(SchoolClass, pk=class_id, school=unit)


def may_lock(user: User, unit: Unit) -> bool:
    return any(a.locks(unit) for a in user.standing)


def records_below(user: User, unit: Unit, year: str) -> RecordQuerySet:
    records = Record.objects.issued_below(user, unit)
    return records.filter(school_year=year) if year else records


def years_of(unit: Unit) -> list[str]:
    """The school years that have classes, newest first; one query."""
    classes = SchoolClass.objects.filter(school__path__startswith=unit.path)
    years = classes.order_by("-school_year").values_list("school_year", flat=True)
    return list(years.distinct())


def year_of(request: HttpRequest, unit: Unit, years: list[str]) -> str:
    """The year that was asked for, else the one whose lock is next, else the newest."""
    asked = request.GET.get("year", "")
    if asked in years:
        return asked
    due = year_due(unit, timezone.localdate())
    return due if due in years else (years or [""])[0]


def own_unit(request: StaffRequest) -> HttpResponse:
    """To the officer's own unit."""
    require_role(request.user, OFFICER)
    own = next(a.unit for a in request.user.standing if a.role == Role.OFFICER)
    return redirect("staff:unit", own.code)


def tree_of(
    user: User, unit: Unit, year: str, outlook: Outlook, level: int = 1
) -> Tree:
    """What stands below a unit; for a school its classes."""
    records = records_below(user, unit, year)
    if unit.kind == UnitKind.SCHOOL:
        return class_tree(records, unit, year, outlook, holders_below(unit), level)
    return unit_tree(records, unit, year, outlook, level)


class OfUnit(StaffView):
    """A page of the officer about one unit of the own subtree and one school year."""

    roles = OFFICER
    header_icon = "site"

    @cached_property
    def unit(self) -> Unit:
        return open_unit(self.request.user, self.kwargs["code"])

    @cached_property
    def years(self) -> list[str]:
        return years_of(self.unit)

    @cached_property
    def year(self) -> str:
        return year_of(self.request, self.unit, self.years)

    def crumbs(self) -> list[Crumb]:
        user = self.request.user
        above = [u for u in self.unit.get_ancestors() if user.holds(Role.OFFICER, u)]
        return [
            (u.name, f"{reverse('staff:unit', args=[u.code])}?year={self.year}")
            for u in [*above, self.unit]
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"unit": self.unit, "year": self.year, "years": self.years}
        return super().get_context_data(**(context | kwargs))


class UnitView(OfUnit):
    """What stands below one unit, the most urgent first; a row opens in place."""

    template_name = "cms/staff/unit.html"

    def get_page_title(self) -> str:
        return self.unit.name

    def crumbs(self) -> list[Crumb]:
        return super().crumbs()[:-1]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # The queue's counts are about a state: they lead to the rows of it.
        if state := request.GET.get("state"):
            query = urlencode({"state": state, "year": request.GET.get("year", "")})
            place = reverse("staff:unit-rows", args=[self.unit.code])
            return redirect(f"{place}?{query}")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        unit, user = self.unit, self.request.user
        outlook = outlook_of(unit, self.year)
        tree = tree_of(user, unit, self.year, outlook)
        at_risk_only = "risk" in self.request.GET
        rows = [row for row in tree.rows if row.at_risk or not at_risk_only]
        page = Paginator(rows, PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            is_school=unit.kind == UnitKind.SCHOOL,
            may_lock=may_lock(user, unit),
            may_report=unit.kind == UnitKind.DEPARTMENT and may_lock(user, unit),
            page=page,
            rows=list(page),
            total=tree.total,
            headings=headings(),
            at_risk_only=at_risk_only,
            schools_at_risk=tree.total.at_risk,
            schools=tree.schools,
            outlook=outlook,
            countdown=countdown_for(unit, timezone.localdate(), locks=True),
            **kwargs,
        )


@require_GET
def branch(request: StaffRequest, code: str) -> HttpResponse:
    """The lines that open below a unit in the tree."""
    require_role(request.user, OFFICER)
    unit = open_unit(request.user, code)
    year = year_of(request, unit, years_of(unit))
    tree = tree_of(request.user, unit, year, outlook_of(unit, year), _level(request))
    more = f"{reverse('staff:unit', args=[code])}?{urlencode({'year': year})}"
    return render(
        request,
        "cms/staff/includes/tree_rows.html",
        {
            "rows": tree.rows[:PAGE],
            "more": more if len(tree.rows) > PAGE else "",
            "level": _level(request),
        },
    )


@require_GET
def class_branch(request: StaffRequest, code: str, class_id: int) -> HttpResponse:
    """In whose queues the records of one class lie."""
    require_role(request.user, OFFICER)
    unit = open_unit(request.user, code)
    school_class = open_class_of(unit, class_id)
    records = records_below(request.user, unit, school_class.school_year)
    states = folded(counts_by_state(records.filter(school_class=school_class)))
    rows = queue_rows(unit, school_class, states, holders_below(unit), _level(request))
    return render(request, "cms/staff/includes/tree_rows.html", {"rows": rows})


def _level(request: HttpRequest) -> int:
    asked = request.GET.get("level", "")
    return min(int(asked), DEEPEST) if asked.isdecimal() and len(asked) < 3 else 2
