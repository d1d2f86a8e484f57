"""The head: classes that wait for review and signature, and who has not submitted."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from documents.models import State
from workflow.services.season.late import open_requests
from workflow.services.season.urging import holders_below
from workflow.services.season.waiting import Lot, figures, lots_of

from . import classes
from .base import Desk, Queue, Task, in_hands, not_submitted


def fill(queue: Queue, desk: Desk) -> None:
    lots = lots_of(desk.issued_here())
    queue.waiting = [*_to_review(lots), *_to_sign(lots)]
    queue.sent = [*_late(desk), *_being_signed(lots), *classes.signed(lots)]
    queue.coming = classes.drafts(lots, holders_below(desk.unit))
    counts = classes.year_counts(lots, desk.year)
    queue.measure(classes.issued(counts), counts.total())
    queue.empty = _("No record waits for your signature.")
    drafts = classes.by_class(lots, State.DRAFT)
    queue.next = not_submitted(one[0].class_name for one in drafts)


def _to_review(lots: list[Lot]) -> list[Task]:
    """What a running batch is about to sign is not asked for once more."""
    return [
        Task(
            lot.count,
            _("to review and sign · class %s") % lot.class_name,
            reverse("staff:review-class", args=[lot.class_id]),
            _("Review"),
            in_hands([], lot.since),
        )
        for lot in lots
        if lot.state == State.REVIEWED and not lot.is_busy
    ]


def _to_sign(lots: list[Lot]) -> list[Task]:
    """All classes at once, where there is more than one."""
    counts = [
        lot.count for lot in lots if lot.state == State.REVIEWED and not lot.is_busy
    ]
    if len(counts) < 2:
        return []
    text, address = _("to sign · all classes"), reverse("staff:sign-all")
    return [Task(sum(counts), text, address, _("Sign…"))]


def _being_signed(lots: list[Lot]) -> list[Task]:
    count = sum(lot.count for lot in lots if lot.is_busy)
    return [Task(count, _("being signed in the background"), reverse("staff:batches"))]


def _late(desk: Desk) -> list[Task]:
    mine = open_requests(desk.user).filter(school=desk.unit, decided_at=None)
    found = figures(desk.user, late=mine)
    text = _("late records asked for, with the department")
    return [Task(found["late"], text, reverse("staff:late"))]
