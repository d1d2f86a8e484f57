"""What the queue of every role is made of: lines, each with its count and one act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from documents.models import Assignment, Record, Unit, User
from documents.querysets import RecordQuerySet
from workflow.models import Deadline

from ..deadlines import Countdown, after, is_locker, next_of


@dataclass(frozen=True)
class Nudge:
    """Whom a button of a line reminds: those who hold that queue of the class."""

    class_id: int
    state: str


@dataclass(frozen=True)
class Task:
    """One line: so many of these, and the page that lists exactly them.

    ``notes`` stand below it: a reason, or in whose hands it is. Without ``url`` there
    is no page, and the notes are the rows.
    """

    count: int
    text: str
    url: str = ""
    action: str = ""
    notes: tuple[str, ...] = ()
    nudge: Nudge | None = None


@dataclass(frozen=True)
class Progress:
    """How much of a year's work is done."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """Rounded down: 100 is only what is complete."""
        return 100 * self.done // self.total


@dataclass
class Queue:
    """``waiting`` is for me, ``sent`` with somebody else, ``coming`` not here yet."""

    waiting: list[Task] = field(default_factory=list)
    sent: list[Task] = field(default_factory=list)
    coming: list[Task] = field(default_factory=list)
    countdown: Countdown | None = None
    dates: list[Countdown] = field(default_factory=list)
    progress: Progress | None = None
    # Shown where nothing waits, and what is still to come.
    empty: str = ""
    next: str = ""
    # Whether the first thing that the role does is to search.
    searches: bool = False

    def drop_empty(self) -> None:
        """A line that counts nothing is not shown."""
        self.waiting = [task for task in self.waiting if task.count]
        self.sent = [task for task in self.sent if task.count]
        self.coming = [task for task in self.coming if task.count]

    def measure(self, done: int, total: int) -> None:
        if total:
            self.progress = Progress(done, total)


@dataclass(frozen=True)
class Desk:
    """Where somebody works now: the office, the time, and the dates that hold there."""

    user: User
    office: Assignment
    at: datetime
    dates: Sequence[Deadline]

    @property
    def unit(self) -> Unit:
        return self.office.unit

    @cached_property
    def today(self) -> date:
        return timezone.localdate(self.at)

    @cached_property
    def countdown(self) -> Countdown | None:
        return next_of(list(self.dates), self.today, locks=is_locker(self.office))

    @property
    def later(self) -> list[Countdown]:
        return after(list(self.dates), self.today, self.countdown)

    @property
    def year(self) -> str:
        """The school year that the next date is about, or an empty text."""
        return self.countdown.school_year if self.countdown else ""

    def issued_here(self) -> RecordQuerySet:
        records = Record.objects.visible_to(self.user)
        return records.filter(issuer=self.unit)


def in_hands(people: Iterable[object], since: datetime | None) -> tuple[str, ...]:
    """ "Lê Văn Bình, since 12/06/2026": with whom something lies."""
    names = ", ".join(map(str, people))
    if since is None:
        return (names,) if names else ()
    day = timezone.localtime(since).strftime("%d/%m/%Y")
    if not names:
        return (_("since %(day)s") % {"day": day},)
    return (_("%(names)s, since %(day)s") % {"names": names, "day": day},)


def not_submitted(names: Iterable[str]) -> str:
    """ "Not submitted: class 3B, 4A." for a queue that is empty."""
    listed = ", ".join(names)
    return _("Not submitted yet: %s.") % listed if listed else ""
