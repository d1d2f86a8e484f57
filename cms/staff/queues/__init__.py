"""The queue of a role: what waits, what was sent on, what comes. Counts only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from documents.models import Assignment, Role, User
from workflow.models import Notice

from ..deadlines import dates_above
from . import (
    admin,
    class_teacher,
    head,
    inspector,
    officer,
    registrar,
    subject_teacher,
)
from .base import Desk, Queue
from .everybody import add_batches, batches_of, warnings

DATES = 2
FILL: dict[Role, Callable[[Queue, Desk], None]] = {
    Role.ADMIN: admin.fill,
    Role.REGISTRAR: registrar.fill,
    Role.HEAD: head.fill,
    Role.CLASS_TEACHER: class_teacher.fill,
    Role.SUBJECT_TEACHER: subject_teacher.fill,
    Role.OFFICER: officer.fill,
    Role.INSPECTOR: inspector.fill,
}


def queue_of(
    user: User, office: Assignment, at: datetime, notices: Iterable[Notice] = ()
) -> tuple[Queue, list[Any]]:
    """The queue of one role, and the person's batches that simply run.

    A fixed number of queries, whatever the school's size. ``notices`` are the person's
    new ones: those that call for something are lines of the queue.
    """
    desk = Desk(user, office, at, dates_above(office.unit))
    queue = Queue(countdown=desk.countdown, dates=desk.later[:DATES])
    FILL[Role(office.role)](queue, desk)
    running = add_batches(queue, desk, batches_of(desk))
    queue.waiting += warnings(notices)
    queue.drop_empty()
    return queue, running
