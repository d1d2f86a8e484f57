"""The officer: what is to be decided and locked, and which schools are behind."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.models import FINAL_STATES, Direction, Package, Record, State
from workflow.services.season.late import open_requests
from workflow.services.season.waiting import figures

from .base import Desk, Queue, Task

# From so many days before the date a school that lacks signatures is pointed at.
BEHIND = 14
LATELY = timedelta(days=7)
# (school, school year, state)
Counts = Counter[tuple[int, str, str]]


def fill(queue: Queue, desk: Desk) -> None:
    counts = _counts(desk)
    if desk.office.locks(desk.unit):
        text = _("signed by their schools, ready to be locked")
        ready = _by_year(desk, counts, State.SIGNED, text, _("Look"))
        queue.waiting = [*_locks_due(desk), *_to_decide(desk), *ready]
    else:
        text = _("signed, waiting for the department's lock")
        queue.sent = _by_year(desk, counts, State.SIGNED, text)
        queue.waiting = _received(desk, figures(desk.user, received=_packages(desk)))
    queue.waiting += _behind(desk, counts)
    with_heads, at_work = (
        _("with the heads, to be signed"),
        _("not submitted by their teachers"),
    )
    queue.coming = [
        *_by_year(desk, counts, State.REVIEWED, with_heads),
        *_by_year(desk, counts, State.DRAFT, at_work),
    ]
    year = {key: count for key, count in counts.items() if key[1] == desk.year}
    done = sum(n for (_s, _y, state), n in year.items() if state in FINAL_STATES)
    queue.measure(done, sum(year.values()))
    queue.empty = _("No signed record waits for the lock.")


def _counts(desk: Desk) -> Counts:
    """In the order of an index, which then holds all that is asked; two queries."""
    records = Record.objects.issued_below(desk.user, desk.unit)
    rows = records.order_by().values_list("issuer", "school_year", "state")
    return Counter({row[:3]: row[3] for row in rows.annotate(n=Count("*"))})


def _by_year(
    desk: Desk, counts: Counts, state: str, text: str, action: str = ""
) -> list[Task]:
    """The newest year first; each number leads to the records of its year."""
    years: Counter[str] = Counter()
    for (_school, year, one), count in counts.items():
        if one == state:
            years[year] += count
    return [
        Task(
            years[year],
            text if year == desk.year else f"{text} · {year}",
            _rows(desk, year, state),
            action,
        )
        for year in sorted(years, reverse=True)
    ]


def _rows(desk: Desk, year: str, state: str) -> str:
    tree = reverse("staff:unit", args=[desk.unit.code])
    return f"{tree}?{urlencode({'year': year, 'state': state})}"


def _locks_due(desk: Desk) -> list[Task]:
    """Locks of the own calendar whose day has come and which have not run."""
    due = [
        row
        for row in desk.dates
        if row.unit_id == desk.unit.pk
        and row.locked_at is None
        and row.lock_on <= desk.today
    ]
    return [
        Task(
            1,
            _("lock of %(year)s is due since %(day)s (%(group)s)")
            % {
                "year": row.school_year,
                "day": row.lock_on.strftime("%d/%m/%Y"),
                "group": row.get_group_display(),
            },
            reverse("staff:lock-report", args=[desk.unit.code, row.pk]),
            _("Look"),
        )
        for row in due
    ]


def _to_decide(desk: Desk) -> list[Task]:
    asked = open_requests(desk.user).filter(
        decided_at=None, school__path__startswith=desk.unit.path
    )
    found = figures(desk.user, late=asked, received=_packages(desk))
    text = ngettext(
        "request for late records to decide",
        "requests for late records to decide",
        found["late"],
    )
    late = Task(found["late"], text, reverse("staff:late"), _("Decide"))
    return [late, *_received(desk, found)]


def _packages(desk: Desk) -> QuerySet[Package]:
    return Package.objects.filter(
        direction=Direction.RECEIVED,
        receiver__path__startswith=desk.unit.path,
        entered_at__gte=desk.at - LATELY,
    )


def _received(desk: Desk, found: dict[str, int]) -> list[Task]:
    count = found["received"]
    text = ngettext(
        "package came in during the last 7 days",
        "packages came in during the last 7 days",
        count,
    )
    return [Task(count, text, reverse("staff:packets"), _("Look"))]


def _behind(desk: Desk, counts: Counts) -> list[Task]:
    """Schools that have not signed everything, shortly before the reports are due."""
    reports = [row.report_until for row in desk.dates if row.school_year == desk.year]
    if not reports or (min(reports) - desk.today).days > BEHIND:
        return []
    lacking = (State.DRAFT, State.REVIEWED)
    schools = {
        school
        for (school, year, state) in counts
        if year == desk.year and state in lacking
    }
    day = min(reports).strftime("%d/%m/%Y")
    text = ngettext(
        "school has not signed everything; the report is due on %s",
        "schools have not signed everything; the reports are due on %s",
        len(schools),
    )
    tree = reverse("staff:unit", args=[desk.unit.code])
    return [Task(len(schools), text % day, tree, _("Look"))]
