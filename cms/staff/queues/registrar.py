"""The registrar: imports, pupils who move, packages, the school's seal."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from documents.models import ImportRun, Package, Role, State, Transfer
from documents.models.imports import ImportStatus
from workflow.services.season.late import open_requests
from workflow.services.season.urging import Holders, holders_below
from workflow.services.season.waiting import Lot, figures, lots_of

from ..lists import class_url
from . import classes
from .base import Desk, Nudge, Queue, Task, in_hands, not_submitted


def fill(queue: Queue, desk: Desk) -> None:
    counted = _figures(desk)
    lots, holders = lots_of(desk.issued_here()), holders_below(desk.unit)
    moving = reverse("staff:transfers")
    queue.waiting = [
        Task(
            counted["arriving"],
            _("on the way to our school, to be received"),
            f"{moving}?show=arriving",
            _("Receive"),
        ),
        Task(
            counted["planned"],
            _("imports looked at, but not confirmed"),
            reverse("staff:imports"),
            _("Continue"),
        ),
    ]
    queue.sent = [
        Task(
            counted["leaving"],
            _("handed over, not yet received by the other school"),
            f"{moving}?show=leaving",
        ),
        Task(
            counted["packages"],
            _("packages sent, and no receipt has come"),
            reverse("staff:packets"),
        ),
        Task(
            counted["late"],
            _("late records asked for, with the department"),
            reverse("staff:late"),
        ),
        *_with_the_head(desk, lots, holders),
    ]
    queue.coming = classes.drafts(lots, holders)
    counts = classes.year_counts(lots, desk.year)
    queue.measure(classes.issued(counts), counts.total())
    queue.empty = _("Nothing is on its way, no import is open.")
    drafts = classes.by_class(lots, State.DRAFT)
    queue.next = not_submitted(one[0].class_name for one in drafts)


def _figures(desk: Desk) -> dict[str, int]:
    moving = Transfer.objects.filter(received_at=None, withdrawn_at=None)
    runs = ImportRun.objects.filter(unit=desk.unit, status=ImportStatus.PLANNED)
    return figures(
        desk.user,
        arriving=moving.filter(to_unit=desk.unit),
        leaving=moving.filter(from_unit=desk.unit),
        planned=runs,
        packages=Package.objects.without_receipt().filter(sender=desk.unit),
        late=open_requests(desk.user).filter(school=desk.unit, decided_at=None),
    )


def _with_the_head(desk: Desk, lots: list[Lot], holders: Holders) -> list[Task]:
    """Each class that waits for the signature; the seal follows it by itself."""
    heads = holders.get((Role.HEAD, desk.unit.pk), [])
    return [
        Task(
            sum(lot.count for lot in one),
            _("with the head, to be reviewed and signed · class %s")
            % one[0].class_name,
            class_url(one[0].class_id, state=State.REVIEWED),
            notes=in_hands(heads, classes.since(one)),
            nudge=Nudge(one[0].class_id, State.REVIEWED) if heads else None,
        )
        for one in classes.by_class(lots, State.REVIEWED)
    ]
