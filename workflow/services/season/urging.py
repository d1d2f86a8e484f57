"""An officer reminds those in whose queue records lie: shown first, once a day each.

What the calendar says by itself is ``reminding``; this is one person's own act. Each
notice keeps who sent it, for whom, and about how many records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.models import (
    Assignment,
    Record,
    Role,
    SchoolClass,
    State,
    Unit,
    User,
)

from ...errors import NotAllowed, WorkflowError
from ...models import Notice
from ..notices import text_of
from .forecast import deadline_of
from .reminding import Telling

BATCH = 500
# In whose queue a record lies.
QUEUES = {State.DRAFT: Role.CLASS_TEACHER, State.REVIEWED: Role.HEAD}
KINDS = {State.DRAFT: "urged_submit", State.REVIEWED: "urged_sign"}
# Who holds a role, by the key of the class or of the unit.
Holders = dict[tuple[str, int], list[User]]


class NoDate(WorkflowError):
    code = "no_date"
    user_message = _(
        "There is no date for %(year)s in the calendar yet, so nobody is late."
    )

    def __init__(self, year: str) -> None:
        self.year = year
        super().__init__(f"no deadline for {year}")


@dataclass(frozen=True)
class Urging:
    """One notice to one person; ``is_told`` once it has been given today."""

    telling: Telling
    is_told: bool

    @property
    def person(self) -> User:
        return self.telling.person

    def text(self) -> str:
        """What the person will read."""
        return text_of(Notice(kind=self.telling.kind, data=self.telling.data))


@dataclass
class Plan:
    """Whom a reminder reaches, and the places where nobody holds the role."""

    urgings: list[Urging] = field(default_factory=list)
    nobody: list[str] = field(default_factory=list)

    @property
    def new(self) -> list[Urging]:
        return [one for one in self.urgings if not one.is_told]


@dataclass(frozen=True)
class Place:
    """So many records of a class (drafts) or of a school (to be signed)."""

    state: str
    key: int
    name: str
    count: int


def plan_urging(
    *,
    unit: Unit,
    school_year: str,
    by: User,
    class_id: int | None = None,
    state: str = "",
    at: datetime | None = None,
) -> Plan:
    """Whom it would reach at or below ``unit``; four queries, nothing is sent.

    ``class_id`` and ``state`` narrow it to one queue. Raises NotAllowed and NoDate.
    """
    at = at or timezone.now()
    if not by.holds(Role.OFFICER, unit):
        raise NotAllowed(by, "remind")
    deadline = deadline_of(unit, school_year)
    if deadline is None:
        raise NoDate(school_year)
    plan, sender = Plan(), _sender(by, unit)
    holders = holders_below(unit)
    tellings: list[Telling] = []
    for place in _places(unit, school_year, class_id, state):
        people = holders.get((QUEUES[State(place.state)], place.key), [])
        if not people:
            plan.nobody.append(place.name)
        data = _data(place, deadline.report_until, sender)
        subject = _subject(place, school_year, at)
        kind = KINDS[State(place.state)]
        tellings += [Telling(person, kind, subject, data) for person in people]
    told = _told(tellings)
    plan.urgings = [Urging(one, _key(one) in told) for one in tellings]
    return plan


def urge(
    *,
    unit: Unit,
    school_year: str,
    by: User,
    class_id: int | None = None,
    state: str = "",
    at: datetime | None = None,
) -> int:
    """Send what ``plan_urging`` shows and has not been sent today; return how many."""
    at = at or timezone.now()
    plan = plan_urging(
        unit=unit,
        school_year=school_year,
        by=by,
        class_id=class_id,
        state=state,
        at=at,
    )
    rows = [
        Notice(
            person=one.person,
            kind=one.telling.kind,
            subject=one.telling.subject,
            data=one.telling.data,
            created_at=at,
        )
        for one in plan.new
    ]
    # Two officers may press at once: the constraint lets each notice in once.
    Notice.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(rows)


def holders_below(unit: Unit) -> Holders:
    """Heads by school and class teachers by class, at or below ``unit``; one query."""
    return _holders(Q(unit__path__startswith=unit.path))


def holders_of(classes: Iterable[SchoolClass]) -> Holders:
    """The same for some classes and their schools; one query."""
    schools = {one.school_id for one in classes}
    # Of thousands of classes: by their schools, which a statement has room for.
    return _holders(Q(unit__in=schools))


def _holders(where: Q) -> Holders:
    held = Assignment.objects.in_force().filter(
        where, role__in=list(QUEUES.values()), user__is_active=True
    )
    found: Holders = defaultdict(list)
    for one in held.select_related("user").order_by("pk"):
        found[one.role, one.school_class_id or one.unit_id].append(one.user)
    return found


def _places(
    unit: Unit, school_year: str, class_id: int | None, state: str
) -> Iterator[Place]:
    """One query; signing is counted for the school, writing for each class."""
    states = [state] if state in QUEUES else list(QUEUES)
    records = Record.objects.in_unit(unit).filter(
        school_year=school_year, state__in=states, current__isnull=False
    )
    if class_id is not None:
        records = records.filter(school_class=class_id)
    rows = records.order_by("issuer__name", "school_class__name").values_list(
        "state",
        "issuer_id",
        "issuer__name",
        "school_class_id",
        "school_class__name",
    )
    schools: dict[tuple[int, str], int] = defaultdict(int)
    for found, school, school_name, key, name, count in rows.annotate(n=Count("pk")):
        if found == State.REVIEWED:
            schools[school, school_name] += count
        else:
            yield Place(found, key, f"{name}, {school_name}", count)
    for (school, school_name), count in schools.items():
        yield Place(State.REVIEWED, school, school_name, count)


def _data(place: Place, day: date, sender: str) -> dict[str, str | int]:
    return {
        "name": place.name,
        "count": place.count,
        "day": day.isoformat(),
        "by": sender,
    }


def _sender(by: User, unit: Unit) -> str:
    """The officer with the office in which they remind."""
    offices = [a.unit.name for a in by.standing if a.covers(Role.OFFICER, unit)]
    return f"{by} ({offices[0]})"


def _subject(place: Place, school_year: str, at: datetime) -> str:
    today = timezone.localdate(at).isoformat()
    return f"urging/{today}/{school_year}/{place.key}"


def _key(one: Telling) -> tuple[int, str, str]:
    return one.person.pk, one.kind, one.subject


def _told(tellings: list[Telling]) -> set[tuple[int, str, str]]:
    """Those of them that stand in the notices already; one query."""
    prefixes = {one.subject.rpartition("/")[0] for one in tellings}
    if not prefixes:
        return set()
    (prefix,) = prefixes  # one day and one school year
    rows = Notice.objects.filter(
        kind__in=list(KINDS.values()), subject__startswith=f"{prefix}/"
    )
    return set(rows.values_list("person_id", "kind", "subject"))
