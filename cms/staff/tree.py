"""The lines of the officer's tree: units, classes, and in whose queue records lie.

Counts and days only: nothing here knows what stands in a record.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import Count
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.models import FINAL_STATES, Role, SchoolClass, State, Unit, User
from documents.models.units import UnitKind
from documents.querysets import RecordQuerySet
from workflow.services.season.forecast import SchoolForecast
from workflow.services.season.outlook import Outlook
from workflow.services.season.pace import Bottleneck
from workflow.services.season.urging import QUEUES, Holders

from .lists import counts_by_class
from .states import shape

# What was handed over counts as locked.
COLUMNS = (State.DRAFT, State.REVIEWED, State.SIGNED, State.LOCKED)
COUNTED: dict[str, tuple[str, ...]] = {
    State.DRAFT: (State.DRAFT,),
    State.REVIEWED: (State.REVIEWED,),
    State.SIGNED: (State.SIGNED,),
    State.LOCKED: FINAL_STATES,
}


@dataclass(frozen=True)
class CountCell:
    """So many records, and the page with exactly these."""

    label: str
    count: int
    url: str


@dataclass(frozen=True)
class Row:
    """One line. ``branch`` is what opens below it, ``finish`` what is expected of it.

    ``at_risk`` counts the schools (for a class: itself) that will miss the date.
    """

    name: str
    level: int
    cells: list[CountCell]
    url: str = ""
    branch: str = ""
    remind: str = ""
    finish: str = ""
    at_risk: int = 0
    held_up: str = ""
    note: str = ""
    rank: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        return sum(cell.count for cell in self.cells)


@dataclass
class Branch:
    """A unit below the one that is shown, while its schools are added up."""

    states: Counter[str] = field(default_factory=Counter)
    slowest: SchoolForecast | None = None
    at_risk: int = 0

    @property
    def left(self) -> int:
        return self.states[State.DRAFT] + self.states[State.REVIEWED]

    @property
    def end(self) -> date:
        """Of the slowest school; the last of all days if no end is in sight."""
        if self.slowest is None:
            return date.min
        return self.slowest.finish or date.max


@dataclass(frozen=True)
class Tree:
    """The lines below a unit, the most urgent first, and all of them together.

    ``schools`` is how many schools have records in the year.
    """

    rows: list[Row]
    total: Row
    schools: int


def labels() -> dict[str, str]:
    """The words over the columns: what the officer waits for."""
    return {
        State.DRAFT: _("Not submitted"),
        State.REVIEWED: _("To be signed"),
        State.SIGNED: _("Signed"),
        State.LOCKED: _("Locked"),
    }


def headings() -> list[tuple[str, str]]:
    """Shape and word of each column."""
    return [(shape(state), label) for state, label in labels().items()]


def class_address(unit: Unit, school_class: SchoolClass, state: str) -> str:
    place = reverse("staff:class-rows", args=[unit.code, school_class.pk])
    return f"{place}?{urlencode({'state': state})}"


def unit_tree(
    records: RecordQuerySet,
    unit: Unit,
    year: str,
    outlook: Outlook,
    level: int = 1,
    parts: Sequence[Unit] | None = None,
) -> Tree:
    """``parts`` of a unit, by default its children: two queries for all of them.

    ``records`` are those of the year that stand below ``unit``.
    """
    below = list(Unit.objects.filter(path__startswith=unit.path).order_by())
    if parts is None:
        parts = [one for one in below if one.depth == unit.depth + 1]
    paths = {part.path for part in parts}
    places = {one.pk: (_part(one.path, paths), one.name) for one in below}
    branches: dict[str, Branch] = defaultdict(Branch)
    counts = records.order_by().values_list("issuer", "state")
    for issuer, state, count in counts.annotate(n=Count("*")):
        branches[places[issuer][0]].states[column_of(state)] += count
    schools = [pk for pk in outlook.schools if pk in places]
    for school in schools:
        branch = branches[places[school][0]]
        _add(branch, outlook.schools[school], at_risk=outlook.is_late(school))
    names = {pk: name for pk, (_path, name) in places.items()}
    rows = [_unit_row(part, branches[part.path], year, names, level) for part in parts]
    total = _total(unit, year, branches.values())
    return Tree(sorted(rows, key=_urgency), total, len(schools))


def class_tree(
    records: RecordQuerySet,
    school: Unit,
    year: str,
    outlook: Outlook,
    holders: Holders,
    level: int = 1,
) -> Tree:
    """The classes of a school; ``holders`` are its teachers and its head."""
    one = outlook.schools.get(school.pk)
    whole = Branch()
    rows = []
    for counted in counts_by_class(records):
        states = folded(counted.states)
        whole.states.update(states)
        row = _class_row(school, counted.school_class, states, holders, level)
        if one is not None and states[State.DRAFT]:
            row = _expected(row, one.classes.get(counted.school_class.pk), outlook)
        rows.append(row)
    if one is not None:
        _add(whole, one, at_risk=outlook.is_late(school.pk))
    total = _total(school, year, [whole])
    return Tree(sorted(rows, key=_urgency), total, int(one is not None))


def queue_rows(
    school: Unit,
    school_class: SchoolClass,
    states: Mapping[str, int],
    holders: Holders,
    level: int = 1,
) -> list[Row]:
    """In whose queue the records of a class lie, one line for each."""
    keys = {Role.CLASS_TEACHER: school_class.pk, Role.HEAD: school.pk}
    rows = []
    for state, role in QUEUES.items():
        if not states.get(state):
            continue
        people = names_of(holders.get((role, keys[role]), []))
        cells = [
            replace(cell, count=cell.count if column == state else 0)
            for column, cell in zip(
                COLUMNS, _cells_of_class(school, school_class, states), strict=True
            )
        ]
        rows.append(
            Row(
                name=people or _("nobody"),
                note=str(role.label),
                level=level,
                cells=cells,
                remind=remind_address(
                    school, school_class.school_year, school_class.pk, state
                ),
            )
        )
    return rows


def column_of(state: str) -> str:
    return State.LOCKED if state in FINAL_STATES else state


def folded(states: Mapping[str, int]) -> Counter[str]:
    """Counts by column instead of by state."""
    found: Counter[str] = Counter()
    for state, count in states.items():
        found[column_of(state)] += count
    return found


def names_of(people: Iterable[User]) -> str:
    return ", ".join(sorted(map(str, people)))


def remind_address(
    unit: Unit, year: str, class_id: int | None = None, state: str = ""
) -> str:
    query = {"year": year, "class": str(class_id or ""), "state": state}
    place = reverse("staff:remind", args=[unit.code])
    return f"{place}?{urlencode({k: v for k, v in query.items() if v})}"


def _part(path: str, parts: Collection[str]) -> str:
    """Which of the parts stands at or above a path."""
    step: int = Unit.steplen
    ends = range(len(path), 0, -step)
    return next((path[:end] for end in ends if path[:end] in parts), "")


def _add(branch: Branch, one: SchoolForecast, *, at_risk: bool) -> None:
    if not one.left:
        return
    branch.at_risk += at_risk
    if branch.slowest is None or (one.finish or date.max) > branch.end:
        branch.slowest = one


def _unit_row(
    unit: Unit, branch: Branch, year: str, names: Mapping[int, str], level: int
) -> Row:
    is_school = unit.kind == UnitKind.SCHOOL
    query = urlencode({"year": year})
    asked = urlencode({"year": year, "level": str(level + 1)})
    return Row(
        name=unit.name,
        level=level,
        cells=_cells(unit, year, branch.states),
        url=f"{reverse('staff:unit', args=[unit.code])}?{query}",
        branch=f"{reverse('staff:branch', args=[unit.code])}?{asked}"
        if branch.states.total()
        else "",
        remind=remind_address(unit, year) if branch.left else "",
        finish=_finish(branch),
        at_risk=branch.at_risk,
        held_up=_held_up(branch, "" if is_school else names.get(_slowest(branch), "")),
        rank=_rank(branch),
    )


def _slowest(branch: Branch) -> int:
    return branch.slowest.school_id if branch.slowest else 0


def _total(unit: Unit, year: str, branches: Iterable[Branch]) -> Row:
    whole = Branch()
    for branch in branches:
        whole.states.update(branch.states)
        whole.at_risk += branch.at_risk
        if branch.slowest is not None and branch.end > whole.end:
            whole.slowest = branch.slowest
    return Row(
        name=_("Together"),
        level=1,
        cells=_cells(unit, year, whole.states),
        finish=_finish(whole),
        at_risk=whole.at_risk,
    )


def _cells(unit: Unit, year: str, states: Mapping[str, int]) -> list[CountCell]:
    place = reverse("staff:unit-rows", args=[unit.code])
    return [
        CountCell(
            label,
            states.get(state, 0),
            f"{place}?{urlencode({'year': year, 'state': state})}",
        )
        for state, label in labels().items()
    ]


def _class_row(
    school: Unit,
    school_class: SchoolClass,
    states: Mapping[str, int],
    holders: Holders,
    level: int,
) -> Row:
    left = states[State.DRAFT] + states[State.REVIEWED]
    role, key = Role.HEAD, school.pk
    if states[State.DRAFT]:
        role, key = Role.CLASS_TEACHER, school_class.pk
    below = reverse("staff:class-branch", args=[school.code, school_class.pk])
    return Row(
        name=_("Class %s") % school_class.name,
        level=level,
        cells=_cells_of_class(school, school_class, states),
        branch=f"{below}?{urlencode({'level': level + 1})}" if left else "",
        remind=remind_address(school, school_class.school_year, school_class.pk)
        if left
        else "",
        held_up=(names_of(holders.get((role, key), [])) or _("nobody")) if left else "",
        finish="" if left else _("✔ all signed"),
        rank=(0, 0, -left),
    )


def _cells_of_class(
    school: Unit, school_class: SchoolClass, states: Mapping[str, int]
) -> list[CountCell]:
    return [
        CountCell(
            label, states.get(state, 0), class_address(school, school_class, state)
        )
        for state, label in labels().items()
    ]


def _expected(row: Row, day: date | None, outlook: Outlook) -> Row:
    """A class with the day on which its teacher is expected to have submitted it."""
    until = outlook.report_until
    is_late = day is None or (until is not None and day > until)
    return replace(
        row,
        finish=_day(day, is_late=is_late),
        at_risk=int(is_late),
        rank=(-int(is_late), -(day or date.max).toordinal(), *row.rank[2:]),
    )


def _finish(branch: Branch) -> str:
    if not branch.states.total():
        return "–"
    if not branch.left:
        return _("✔ all signed")
    if branch.slowest is None:
        return "–"
    return _day(branch.slowest.finish, is_late=branch.at_risk > 0)


def _day(day: date | None, *, is_late: bool) -> str:
    """The day, with a sign where it is too late: never a colour alone."""
    text = f"{day:%d/%m/%Y}" if day else _("no end in sight")
    return f"⚠ {text}" if is_late else text


def _held_up(branch: Branch, school: str) -> str:
    one = branch.slowest
    if one is None or one.bottleneck is None or not branch.left:
        return ""
    text = _step(one.bottleneck)
    if one.people:
        text = f"{text} ({', '.join(one.people)})"
    return f"{school}: {text}" if school else text


def _step(bottleneck: Bottleneck) -> str:
    count = bottleneck.count
    if bottleneck.step == "sign":
        return ngettext("%d to be signed", "%d to be signed", count) % count
    return ngettext(
        "class %(name)s, %(count)d not submitted",
        "class %(name)s, %(count)d not submitted",
        count,
    ) % {"name": bottleneck.class_name, "count": count}


def _rank(branch: Branch) -> tuple[int, ...]:
    return -bool(branch.at_risk), -branch.end.toordinal(), -branch.left


def _urgency(row: Row) -> tuple[tuple[int, ...], str]:
    return row.rank, row.name
