"""The officer's tree: how far the schools are, by counts; never a pupil's result."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from documents import machine
from documents.models import Record, Role, State, Unit, User
from documents.models.units import UnitKind
from documents.querysets import RecordQuerySet

from .batches import begin_batch
from .deadlines import countdown_for
from .lists import ClassCounts, counts_by_class
from .roles import StaffRequest
from .views import Crumb, StaffView, require_role

OFFICER = (Role.OFFICER,)


@dataclass(frozen=True)
class UnitCounts:
    """One line of the tree: a unit with everything below it."""

    unit: Unit
    states: Counter[str]

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """Records that their schools have not signed yet."""
        return self.states[State.DRAFT] + self.states[State.REVIEWED]


def open_unit(user: User, code: str) -> Unit:
    """The unit, if it is the officer's own or stands below it; else 404."""
    unit = get_object_or_404(Unit, code=code)
    if not user.holds(Role.OFFICER, unit):
        raise Http404
    return unit


def may_lock(user: User, unit: Unit) -> bool:
    return any(a.locks(unit) for a in user.standing)


def records_below(user: User, unit: Unit, year: str) -> RecordQuerySet:
    records = Record.objects.issued_below(user, unit)
    return records.filter(school_year=year) if year else records


def counts_below(records: RecordQuerySet, unit: Unit) -> dict[str, list[UnitCounts]]:
    """The children of the unit by school year, most open work first; three queries."""
    children = list(unit.get_children())
    step = len(unit.path) + Unit.steplen
    below = Unit.objects.filter(path__startswith=unit.path).values_list("pk", "path")
    branch = {pk: path[:step] for pk, path in below}
    years: dict[str, dict[str, Counter[str]]] = {}
    # In the order of an index, which then holds all that is asked.
    rows = records.order_by().values_list("issuer", "school_year", "state")
    for issuer, year, state, count in rows.annotate(n=Count("*")):
        paths = years.setdefault(year, defaultdict(Counter))
        paths[branch[issuer]][state] += count
    return {
        year: sorted(
            (UnitCounts(child, paths[child.path]) for child in children),
            key=lambda row: (-row.open, -row.total, row.unit.name),
        )
        for year, paths in years.items()
    }


def classes_below(records: RecordQuerySet) -> dict[str, list[ClassCounts]]:
    """The classes of a school by school year; one query."""
    years: dict[str, list[ClassCounts]] = defaultdict(list)
    for row in counts_by_class(records):
        years[row.school_class.school_year].append(row)
    return years


def own_unit(request: StaffRequest) -> HttpResponse:
    """To the officer's own unit."""
    require_role(request.user, OFFICER)
    own = next(a.unit for a in request.user.standing if a.role == Role.OFFICER)
    return redirect("staff:unit", own.code)


class UnitView(StaffView):
    """One unit: what stands below it, or for a school its classes, in counts."""

    roles = OFFICER
    template_name = "cms/staff/unit.html"
    header_icon = "site"

    @cached_property
    def unit(self) -> Unit:
        return open_unit(self.request.user, self.kwargs["code"])

    def get_page_title(self) -> str:
        return self.unit.name

    def crumbs(self) -> list[Crumb]:
        user = self.request.user
        above = [u for u in self.unit.get_ancestors() if user.holds(Role.OFFICER, u)]
        return [(u.name, reverse("staff:unit", args=[u.code])) for u in above]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        records = records_below(self.request.user, self.unit, "")
        is_school = self.unit.kind == UnitKind.SCHOOL
        classes = classes_below(records) if is_school else {}
        units = {} if is_school else counts_below(records, self.unit)
        years = sorted({*classes, *units}, reverse=True)
        asked, state = self.request.GET.get("year"), self.request.GET.get("state", "")
        year = asked if asked in years else (years or [""])[0]
        # A count led here: only the rows that it counts.
        wanted = state if state in State else None
        unit_rows = [r for r in units.get(year, []) if not wanted or r.states[wanted]]
        class_rows = [
            r for r in classes.get(year, []) if not wanted or r.states[wanted]
        ]
        return super().get_context_data(
            unit=self.unit,
            is_school=is_school,
            may_lock=is_school and may_lock(self.request.user, self.unit),
            units=unit_rows,
            classes=class_rows,
            sums=(sums := _sums(unit_rows, class_rows)),
            total=sums.total(),
            states=State,
            years=years,
            year=year,
            state=state,
            countdown=countdown_for(self.unit, timezone.localdate(), locks=True),
            **kwargs,
        )


def _sums(units: list[UnitCounts], classes: list[ClassCounts]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for states in [row.states for row in units] + [row.states for row in classes]:
        sums.update(states)
    return sums


@dataclass(frozen=True)
class LeftOut:
    """Records of one class that a lock leaves out, and why."""

    class_name: str
    state: str
    count: int
    reason: str


class LockView(StaffView):
    """What a lock of one school takes in, and what stays out and why; then asked."""

    roles = OFFICER
    template_name = "cms/staff/lock.html"
    header_icon = "lock"

    @cached_property
    def unit(self) -> Unit:
        unit = open_unit(self.request.user, self.kwargs["code"])
        if unit.kind != UnitKind.SCHOOL or not may_lock(self.request.user, unit):
            raise Http404
        return unit

    @cached_property
    def records(self) -> list[Record]:
        """The school's signed records of the year; the step checks them once more."""
        year = self.request.GET.get("year", "")
        records = records_below(self.request.user, self.unit, year)
        signed = records.filter(state=State.SIGNED).listed()
        return list(signed.prefetch_related("current__signatures"))

    def get_page_title(self) -> str:
        return _("Lock")

    def crumbs(self) -> list[Crumb]:
        return [(self.unit.name, reverse("staff:unit", args=[self.unit.code]))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ready = [r for r in self.records if machine.possible(r, "lock")]
        return super().get_context_data(
            unit=self.unit,
            ready=ready,
            by_class=sorted(Counter(r.school_class.name for r in ready).items()),
            left_out=self._left_out(len(ready)),
            year=self.request.GET.get("year", ""),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # What was on the page, not what was signed meanwhile.
        agreed = set(self.request.POST.getlist("version"))
        keys = [r.pk for r in self.records if str(r.current_id) in agreed]
        if not keys:
            messages.info(self.request, _("There is nothing to lock here now."))
            return redirect("staff:unit", self.unit.code)
        return begin_batch(self.request, "lock", keys, unit=self.unit)

    def _left_out(self, ready: int) -> list[LeftOut]:
        year = self.request.GET.get("year", "")
        open_ones = records_below(self.request.user, self.unit, year).filter(
            state__in=(State.DRAFT, State.REVIEWED)
        )
        found = [
            LeftOut(row.school_class.name, state, count, _reasons()[state])
            for row in counts_by_class(open_ones)
            for state, count in row.states.items()
        ]
        unsigned = len(self.records) - ready
        if unsigned:
            reason = _("A signature is missing on the current version.")
            found.append(LeftOut("", State.SIGNED, unsigned, reason))
        return found


def _reasons() -> dict[str, str]:
    return {
        State.DRAFT: _("The class teacher has not submitted them."),
        State.REVIEWED: _("The head has not signed them."),
    }
