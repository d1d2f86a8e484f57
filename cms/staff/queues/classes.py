"""Lines about whole classes of a school, for head and registrar alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from documents.models import FINAL_STATES, Role, State, User
from workflow.services.season.urging import Holders
from workflow.services.season.waiting import Lot

from ..lists import class_url
from .base import Nudge, Task, in_hands


def year_counts(lots: Iterable[Lot], year: str) -> Counter[str]:
    """The records of one school year by state."""
    counts: Counter[str] = Counter()
    for lot in lots:
        if lot.school_year == year:
            counts[lot.state] += lot.count
    return counts


def issued(counts: Counter[str]) -> int:
    return counts[State.SIGNED] + sum(counts[state] for state in FINAL_STATES)


def by_class(lots: Iterable[Lot], state: str) -> list[list[Lot]]:
    """Those in one state, a list for each class that has some."""
    classes: dict[int, list[Lot]] = defaultdict(list)
    for lot in lots:
        if lot.state == state:
            classes[lot.class_id].append(lot)
    return list(classes.values())


def since(lots: Iterable[Lot]) -> datetime | None:
    return min((lot.since for lot in lots if lot.since), default=None)


def drafts(lots: Iterable[Lot], holders: Holders) -> list[Task]:
    """Each class that has not submitted, with its teacher, who can be reminded."""
    return [_drafts(one, holders) for one in by_class(lots, State.DRAFT)]


def _drafts(lots: list[Lot], holders: Holders) -> Task:
    first = lots[0]
    people: list[User] = holders.get((Role.CLASS_TEACHER, first.class_id), [])
    back = [lot for lot in lots if lot.came_back]
    notes = in_hands(people, None)
    if back:
        count = sum(lot.count for lot in back)
        day = in_hands([], since(back))
        words = _("%(count)d of them came back") % {"count": count}
        notes = (*notes, ", ".join([words, *day]))
    return Task(
        sum(lot.count for lot in lots),
        _("not submitted · class %s") % first.class_name,
        class_url(first.class_id, state=State.DRAFT),
        notes=notes,
        nudge=Nudge(first.class_id, State.DRAFT) if people else None,
    )


def signed(lots: Iterable[Lot]) -> list[Task]:
    """Each class with what waits for the department's lock."""
    return [
        Task(
            sum(lot.count for lot in one),
            _("signed, waiting for the department's lock · class %s")
            % one[0].class_name,
            class_url(one[0].class_id, state=State.SIGNED),
        )
        for one in by_class(lots, State.SIGNED)
    ]
