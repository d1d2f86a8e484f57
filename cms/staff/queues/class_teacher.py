"""The class teacher: what came back and why, what is to be submitted."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.models import Record, Role, State
from documents.querysets import RecordQuerySet
from workflow.services.season.urging import holders_below
from workflow.services.season.waiting import Lot, Sent, lots_of, reasons_of

from ..lists import class_url
from .base import Desk, Nudge, Queue, Task, in_hands
from .classes import since, year_counts

REASONS = 3


def fill(queue: Queue, desk: Desk) -> None:
    taught = desk.office.school_class
    assert taught is not None  # assignment_has_a_class_iff_…
    mine = Record.objects.visible_to(desk.user).filter(school_class=taught)
    lots = lots_of(mine)
    drafts = sum(lot.count for lot in lots if lot.state == State.DRAFT)
    queue.waiting = [*_came_back(lots, mine), _to_submit(lots, drafts)]
    queue.sent = [_with_the_head(desk, lots), _issued(lots)]
    counts = year_counts(lots, taught.school_year)
    queue.measure(counts.total() - counts[State.DRAFT], counts.total())
    queue.empty = _("Class %s has handed in everything.") % taught.name
    if not counts.total():
        queue.empty = _("Class %s has no records yet: the registrar imports them.")
        queue.empty %= taught.name


def _came_back(lots: list[Lot], mine: RecordQuerySet) -> list[Task]:
    back = [lot for lot in lots if lot.came_back]
    if not back:
        return []
    count = sum(lot.count for lot in back)
    text = ngettext(
        "record came back with a reason", "records came back with a reason", count
    )
    notes = tuple(_reason(one) for one in reasons_of(mine)[:REASONS])
    url = class_url(back[0].class_id, show="back")
    return [Task(count, text, url, _("Look"), notes)]


def _reason(one: Sent) -> str:
    return _("“%(reason)s” – %(by)s, %(day)s (%(count)d)") % {
        "reason": one.reason,
        "by": one.by,
        "day": timezone.localtime(one.at).strftime("%d/%m/%Y"),
        "count": one.count,
    }


def _to_submit(lots: list[Lot], drafts: int) -> Task:
    """All drafts; what came back is among them, and alone it has its own line."""
    fresh = [lot for lot in lots if lot.state == State.DRAFT and not lot.came_back]
    if not fresh:
        return Task(0, "")
    text = ngettext(
        "record of class %s is to be completed and submitted",
        "records of class %s are to be completed and submitted",
        drafts,
    )
    one = fresh[0]
    url = class_url(one.class_id, state=State.DRAFT)
    return Task(drafts, text % one.class_name, url, _("Complete"))


def _with_the_head(desk: Desk, lots: list[Lot]) -> Task:
    there = [lot for lot in lots if lot.state == State.REVIEWED]
    if not there:
        return Task(0, "")
    key = there[0].class_id
    heads = holders_below(desk.unit).get((Role.HEAD, desk.unit.pk), [])
    return Task(
        sum(lot.count for lot in there),
        _("with the head, to be reviewed and signed"),
        class_url(key, state=State.REVIEWED),
        notes=in_hands(heads, since(there)),
        nudge=Nudge(key, State.REVIEWED) if heads else None,
    )


def _issued(lots: list[Lot]) -> Task:
    there = [lot for lot in lots if lot.state == State.SIGNED]
    if not there:
        return Task(0, "")
    return Task(
        sum(lot.count for lot in there),
        _("signed, waiting for the department's lock"),
        class_url(there[0].class_id, state=State.SIGNED),
    )
