"""The pages that people wait for, on the whole province: real views, warm."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from documents.models import Assignment, Record, Role, State, Unit, User
from workflow.models import Batch, BatchItem, ItemStatus

from .measure import Figure, p95, seconds
from .province import CODE, need_province, person

GOAL = 150.0
# As many different people open a page, and each so often after a first time.
PEOPLE, TIMES = 8, 5
QUERIES = ("nguyen thi hoa", "nguyễn", "lan lớp:3B", "trạng thái:nháp thị mai")


@dataclass
class Page:
    """A page with the people who open it and their addresses."""

    name: str
    visits: list[tuple[User, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Seen:
    """Milliseconds of each visit, and the most queries of one."""

    page: Page
    times: list[float]
    queries: int

    def figure(self) -> Figure:
        middle = statistics.median(self.times)
        what = f"{self.page.name}: p95 (p50 {middle:.0f} ms, {self.queries} queries)"
        return Figure(what, p95(self.times), "ms", GOAL)


def figures() -> list[Figure]:
    loaded = need_province(indexed=True)
    return [*loaded, *(visit(page).figure() for page in pages())]


def visit(page: Page) -> Seen:
    """Open the page as each of its people, the first time untimed."""
    times, queries = [], 0
    for user, address in page.visits:
        client = Client()
        client.force_login(user)
        with CaptureQueriesContext(connection) as captured:
            _open(client, address)
        queries = max(queries, len(captured))
        times += [seconds(lambda: _open(client, address)) * 1000 for _ in range(TIMES)]  # noqa: B023
    return Seen(page, times, queries)


def _open(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)


def pages() -> Iterator[Page]:
    """Every page that has a goal."""
    home = reverse("wagtailadmin_home")
    teachers = [_teacher(index) for index in range(PEOPLE)]
    heads = [person(f"head-{index}") for index in range(PEOPLE)]
    yield Page("queue, class teacher", [(user, home) for user in teachers])
    yield Page("queue, head", [(user, home) for user in heads])
    registrars = [person(f"registrar-{index}") for index in range(PEOPLE)]
    yield Page("queue, registrar", [(user, home) for user in registrars])
    yield Page("queue, subject teacher", [(person("music-0"), home)] * PEOPLE)
    yield Page("class view", [(user, _class_of(user)) for user in teachers])
    yield from _officer(home)
    yield Page("batch of 600", [(heads[0], _batch(heads[0]))] * PEOPLE)
    for user, name in ((heads[0], "head"), (person("officer"), "officer")):
        found = [f"{reverse('staff:search')}?{urlencode({'q': q})}" for q in QUERIES]
        yield Page(f"search, {name}", [(user, address) for address in found])


def _officer(home: str) -> Iterator[Page]:
    officer = person("officer")
    tree = reverse("staff:unit", args=[CODE])
    yield Page("queue, officer of the department", [(officer, home)] * PEOPLE)
    yield Page("tree, department", [(officer, tree)] * PEOPLE)
    rows = f"{reverse('staff:unit-rows', args=[CODE])}?state=signed"
    yield Page("rows of the province, what is signed", [(officer, rows)] * PEOPLE)
    department = Unit.objects.get(code=CODE)
    communes = department.get_children()[:PEOPLE]
    schools = [commune.get_children()[0] for commune in communes]
    for name, units in (("tree, commune", communes), ("tree, school", schools)):
        visits = [(officer, reverse("staff:unit", args=[u.code])) for u in units]
        yield Page(name, visits)


def _teacher(index: int) -> User:
    """A class teacher of that school whose class is being written, if there is one."""
    teachers = Assignment.objects.filter(
        role=Role.CLASS_TEACHER, user__username__startswith=f"do-teacher-{index}-"
    )
    writing = teachers.filter(school_class__records__state=State.DRAFT)
    found = (writing or teachers).select_related("user").order_by("pk")[0]
    return found.user


def _class_of(teacher: User) -> str:
    office = teacher.assignments.get(role=Role.CLASS_TEACHER)
    return reverse("staff:class", args=[office.school_class_id])


def _batch(head: User) -> str:
    """Half of its 600 records are done, and some went wrong."""
    unit = head.assignments.get().unit
    now = timezone.now()
    batch = Batch.objects.create(step="sign", by=head, unit=unit, created_at=now)
    records = Record.objects.filter(issuer=unit).order_by("pk")
    BatchItem.objects.bulk_create(
        BatchItem(batch=batch, record_id=key, **_outcome(number))
        for number, key in enumerate(records.values_list("pk", flat=True)[:600])
    )
    return reverse("staff:batch", args=[batch.uuid])


def _outcome(number: int) -> dict[str, str]:
    if number % 20 == 0:
        return {"status": ItemStatus.REFUSED, "error": "version_moved"}
    return {"status": ItemStatus.DONE if number % 2 else ItemStatus.PENDING}
