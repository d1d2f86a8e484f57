"""The rows that a number of the tree counts: by class, then the records of a class."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from documents.models import Role, SchoolClass, State, Unit
from documents.models.units import UnitKind
from documents.querysets import RecordQuerySet
from documents.workbooks import Cell, Table
from workflow.services.season.outlook import outlook_of
from workflow.services.season.urging import QUEUES, Holders, holders_of

from .downloads import workbook_of
from .roles import StaffRequest
from .states import word
from .tree import (
    COUNTED,
    Row,
    class_address,
    column_of,
    headings,
    labels,
    names_of,
    unit_tree,
)
from .units import (
    OFFICER,
    OfUnit,
    open_class_of,
    open_unit,
    records_below,
    tree_of,
    year_of,
    years_of,
)
from .views import Crumb, require_role

PAGE = 100
# A class, a column of the tree, and how many of its records are counted there.
Tally = tuple[int, str, int]


@dataclass(frozen=True)
class Lot:
    """So many records of one class in one state, and whose turn it is."""

    school: str
    class_name: str
    year: str
    state: str
    waits_for: str
    count: int
    url: str


class OfState(OfUnit):
    """A page about the records in the state that ``?state=`` names, or in any."""

    header_icon = "list-ul"

    @cached_property
    def state(self) -> str:
        asked = self.request.GET.get("state", "")
        if asked and asked not in COUNTED:
            raise Http404
        return asked

    @cached_property
    def states(self) -> tuple[str, ...]:
        return COUNTED[self.state] if self.state else tuple(State)

    def get_page_title(self) -> str:
        return labels().get(self.state, _("All records"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            state=self.state, columns=list(labels().items()), **kwargs
        )


class UnitRowsView(OfState):
    """By school and class, with whose turn it is. Without a year: of every year."""

    template_name = "cms/staff/unit_rows.html"

    @cached_property
    def year(self) -> str:
        asked = self.request.GET.get("year", "")
        return asked if asked in self.years else ""

    @cached_property
    def tallies(self) -> list[Tally]:
        records = records_below(self.request.user, self.unit, self.year)
        return _tallies(records.filter(state__in=self.states), self.unit)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("format") == "xlsx":
            table = Table(self.get_page_title(), lot_rows(lots_of(self.tallies)))
            return workbook_of(f"{self.unit.code}-{self.state or 'all'}", table)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(self.tallies, PAGE).get_page(self.request.GET.get("page"))
        query = urlencode({"year": self.year, "state": self.state})
        return super().get_context_data(
            page=page,
            lots=lots_of(list(page)),
            total=sum(count for _class, _state, count in self.tallies),
            query=query,
            **kwargs,
        )


class ClassRowsView(OfState):
    """The records of one class by name, with their state; never what stands in them."""

    template_name = "cms/staff/class_rows.html"

    @cached_property
    def school_class(self) -> SchoolClass:
        return open_class_of(self.unit, self.kwargs["class_id"])

    @cached_property
    def year(self) -> str:
        return self.school_class.school_year

    def crumbs(self) -> list[Crumb]:
        query = urlencode({"year": self.year, "state": self.state})
        rows = reverse("staff:unit-rows", args=[self.unit.code])
        return [*super().crumbs(), (self.get_page_title(), f"{rows}?{query}")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        records = records_below(self.request.user, self.unit, self.year)
        found = records.filter(school_class=self.school_class, state__in=self.states)
        holders = holders_of([self.school_class])
        return super().get_context_data(
            school_class=self.school_class,
            rows=[
                (record, _waits_for(record.state, record.school_class, holders))
                for record in found.listed()
            ],
            **kwargs,
        )


def lot_rows(lots: list[Lot]) -> Iterator[tuple[Cell, ...]]:
    """For a workbook: a header, then one line for each class and state."""
    yield (
        _("School"),
        _("Class"),
        _("School year"),
        _("State"),
        _("Waits for"),
        _("Records"),
    )
    for lot in lots:
        yield (
            lot.school,
            lot.class_name,
            lot.year,
            capfirst(word(lot.state)),
            lot.waits_for,
            lot.count,
        )


@require_GET
def tree_workbook(request: StaffRequest, code: str) -> HttpResponse:
    """The tree below a unit with its schools, as on the screen: counts and days."""
    require_role(request.user, OFFICER)
    unit = open_unit(request.user, code)
    year = year_of(request, unit, years_of(unit))
    outlook = outlook_of(unit, year)
    tree = tree_of(request.user, unit, year, outlook)
    tables = [Table(unit.name, _tree_rows([*tree.rows, tree.total]))]
    if unit.kind != UnitKind.SCHOOL:
        below = Unit.objects.filter(path__startswith=unit.path, kind=UnitKind.SCHOOL)
        records = records_below(request.user, unit, year)
        schools = unit_tree(records, unit, year, outlook, parts=list(below))
        tables.append(Table(_("Schools"), _tree_rows(schools.rows)))
    return workbook_of(f"{unit.code}-{year}", *tables)


def _tree_rows(rows: list[Row]) -> Iterator[tuple[Cell, ...]]:
    yield (
        _("Unit"),
        *(label for _shape, label in headings()),
        _("Finish expected"),
        _("Schools at risk"),
        _("Held up at"),
    )
    for row in rows:
        counts = (cell.count for cell in row.cells)
        yield row.name, *counts, row.finish, row.at_risk, row.held_up


def _tallies(records: RecordQuerySet, unit: Unit) -> list[Tally]:
    """By school and class, for a whole province too; two queries, no names."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    rows = records.order_by().values_list("school_class", "state")
    for key, state, count in rows.annotate(n=Count("*")):
        counts[key][column_of(state)] += count
    classes = SchoolClass.objects.filter(school__path__startswith=unit.path).order_by(
        "school__name", "-school_year", "grade", "name"
    )
    return [
        (key, state, count)
        for key in classes.values_list("pk", flat=True)
        if key in counts
        for state in COUNTED
        if (count := counts[key][state])
    ]


def lots_of(tallies: Sequence[Tally]) -> list[Lot]:
    """With names, and whose turn it is; two queries."""
    keys = {key for key, _state, _count in tallies}
    classes = SchoolClass.objects.select_related("school").in_bulk(keys)
    holders = holders_of(classes.values())
    return [
        Lot(
            school=(school := classes[key].school).name,
            class_name=classes[key].name,
            year=classes[key].school_year,
            state=state,
            waits_for=_waits_for(state, classes[key], holders),
            count=count,
            url=class_address(school, classes[key], state),
        )
        for key, state, count in tallies
    ]


def _waits_for(state: str, school_class: SchoolClass, holders: Holders) -> str:
    role = QUEUES.get(State(state))
    if role is None:
        return _("the department's lock") if state == State.SIGNED else ""
    own = role == Role.CLASS_TEACHER
    key = school_class.pk if own else school_class.school_id
    return names_of(holders.get((role, key), [])) or _("nobody")
