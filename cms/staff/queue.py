"""What waits for a person, what they sent on, and what comes next: counts only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.models import (
    Assignment,
    ImportRun,
    Record,
    Role,
    State,
    Transfer,
    User,
)
from documents.models.imports import ImportStatus

from .deadlines import Countdown, countdown
from .lists import ClassCounts, came_back, class_url, counts_by_class, counts_by_state
from .subjects import classes_of


@dataclass(frozen=True)
class Task:
    """One line: so many of these, and the page that lists exactly them."""

    count: int
    text: str
    url: str
    action: str = ""


@dataclass
class Queue:
    """``waiting`` is for me, ``sent`` with somebody else, ``coming`` not here yet."""

    waiting: list[Task] = field(default_factory=list)
    sent: list[Task] = field(default_factory=list)
    coming: list[Task] = field(default_factory=list)
    countdown: Countdown | None = None
    # Shown where nothing waits.
    empty: str = ""


def queue_of(user: User, office: Assignment, at: datetime) -> Queue:
    """The queue of one role. A fixed number of queries, whatever the school's size."""
    queue = Queue(countdown=countdown(office, at.date()))
    builder = _BUILDERS.get(Role(office.role))
    if builder:
        builder(queue, user, office)
    queue.waiting = [task for task in queue.waiting if task.count]
    queue.sent = [task for task in queue.sent if task.count]
    queue.coming = [task for task in queue.coming if task.count]
    return queue


def _class_teacher(queue: Queue, user: User, office: Assignment) -> None:
    assert office.school_class is not None  # assignment_has_a_class_iff_…
    mine = Record.objects.visible_to(user).filter(school_class=office.school_class)
    back = came_back(mine.filter(state=State.DRAFT)).count()
    states = counts_by_state(mine)
    name, key = office.school_class.name, office.school_class.pk
    drafts = states[State.DRAFT]
    queue.waiting = [
        Task(
            back,
            ngettext(
                "record came back with a reason",
                "records came back with a reason",
                back,
            ),
            class_url(key, show="back"),
            _("Look"),
        ),
        Task(
            drafts,
            ngettext(
                "record of class %s is to be completed and submitted",
                "records of class %s are to be completed and submitted",
                drafts,
            )
            % name,
            class_url(key, state=State.DRAFT),
            _("Complete"),
        ),
    ]
    queue.sent = [_with_the_head(states, key), _issued(states, key)]
    queue.empty = _("Class %s has handed in everything.") % name


def _with_the_head(states: Counter[str], class_id: int) -> Task:
    return Task(
        states[State.REVIEWED],
        _("with the head, to be reviewed and signed"),
        class_url(class_id, state=State.REVIEWED),
    )


def _issued(states: Counter[str], class_id: int) -> Task:
    return Task(
        states[State.SIGNED],
        _("signed, waiting for the department's lock"),
        class_url(class_id, state=State.SIGNED),
    )


def _head(queue: Queue, user: User, office: Assignment) -> None:
    for row in _by_class(user, office):
        name, key = row.school_class.name, row.school_class.pk
        url = reverse("staff:review-class", args=[key])
        queue.waiting.append(
            Task(
                row.states[State.REVIEWED],
                _("to review and sign · class %s") % name,
                url,
                _("Review"),
            )
        )
        queue.sent.append(
            Task(
                row.states[State.SIGNED],
                _("signed, waiting for the department's lock · class %s") % name,
                class_url(key, state=State.SIGNED),
            )
        )
        queue.coming.append(_not_submitted(row))
    queue.empty = _("No record waits for your signature.")


def _registrar(queue: Queue, user: User, office: Assignment) -> None:
    transfers = Transfer.objects.filter(received_at=None, withdrawn_at=None).aggregate(
        arriving=Count("pk", filter=Q(to_unit=office.unit)),
        leaving=Count("pk", filter=Q(from_unit=office.unit)),
    )
    planned = ImportRun.objects.filter(unit=office.unit, status=ImportStatus.PLANNED)
    moving = reverse("staff:transfers")
    queue.waiting = [
        Task(
            transfers["arriving"],
            _("on the way to our school, to be received"),
            f"{moving}?show=arriving",
            _("Receive"),
        ),
        Task(
            planned.count(),
            _("imports looked at, but not confirmed"),
            reverse("staff:imports"),
            _("Continue"),
        ),
    ]
    queue.sent = [
        Task(
            transfers["leaving"],
            _("handed over, not yet received by the other school"),
            f"{moving}?show=leaving",
        )
    ]
    queue.coming = [_not_submitted(row) for row in _by_class(user, office)]
    queue.empty = _("Nothing is on its way, no import is open.")


def _officer(queue: Queue, user: User, office: Assignment) -> None:
    states = counts_by_state(Record.objects.issued_below(user, office.unit))
    tree = reverse("staff:unit", args=[office.unit.code])
    if office.locks(office.unit):
        queue.waiting = [
            Task(
                states[State.SIGNED],
                _("signed by their schools, ready to be locked"),
                f"{tree}?state={State.SIGNED}",
                _("Look"),
            )
        ]
    else:
        queue.sent = [
            Task(
                states[State.SIGNED],
                _("signed, waiting for the department's lock"),
                f"{tree}?state={State.SIGNED}",
            )
        ]
    queue.coming = [
        Task(
            states[State.REVIEWED],
            _("with the heads, to be signed"),
            f"{tree}?state={State.REVIEWED}",
        ),
        Task(
            states[State.DRAFT],
            _("not submitted by their teachers"),
            f"{tree}?state={State.DRAFT}",
        ),
    ]
    queue.empty = _("No signed record waits for the lock.")


def _inspector(queue: Queue, user: User, office: Assignment) -> None:
    queue.empty = _("Search the archive: by name, code, class, school or words.")


def _subject_teacher(queue: Queue, user: User, office: Assignment) -> None:
    queue.waiting = [
        Task(
            len(one.waiting),
            _("to confirm and sign · class %s") % one.name,
            reverse("staff:confirm-class", args=[one.school_class.pk]),
            _("Look"),
        )
        for one in classes_of(user)
        if one.school_class == office.school_class
    ]
    queue.empty = _(
        "Every row of yours is signed. The class teacher submits the records."
    )


def _admin(queue: Queue, user: User, office: Assignment) -> None:
    queue.empty = _("You keep the site and the accounts; records are not shown to you.")


_BUILDERS: dict[Role, Callable[[Queue, User, Assignment], None]] = {
    Role.ADMIN: _admin,
    Role.REGISTRAR: _registrar,
    Role.HEAD: _head,
    Role.CLASS_TEACHER: _class_teacher,
    Role.SUBJECT_TEACHER: _subject_teacher,
    Role.OFFICER: _officer,
    Role.INSPECTOR: _inspector,
}


def _by_class(user: User, office: Assignment) -> list[ClassCounts]:
    return counts_by_class(Record.objects.visible_to(user).filter(issuer=office.unit))


def _not_submitted(row: ClassCounts) -> Task:
    drafts = row.states[State.DRAFT]
    text = _("not submitted · class %s") % row.school_class.name
    return Task(drafts, text, class_url(row.school_class.pk, state=State.DRAFT))
