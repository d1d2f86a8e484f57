"""Re-assessment in summer: second results beside the first (domain.md §2 and §3).

The first results are a signed version and stay one. The versions after it hold them
too, with the second beside them where the kind has room for these. The record belongs
to the second deadline from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.kinds.fields import Difference, differences, second_results
from documents.models import Record, State, User, Version

from ..errors import WorkflowError
from ..models import Deadline, Group, Reassessment
from .recalling import take_back
from .season.workdays import paths_above
from .steps import claim

# What is kept does not follow the screen's language.
REASON = "Đánh giá lại trong hè"


class NotReassessed(WorkflowError):
    code = "not_reassessed"
    user_message = _(
        "Only the signed record of a pupil who did not complete the programme is "
        "re-assessed in summer."
    )


class SummerOver(WorkflowError):
    code = "summer_over"
    user_message = _("The day of the second lock (%(day)s) has passed.")

    def __init__(self, day: date) -> None:
        self.day = f"{day:%d/%m/%Y}"
        super().__init__(f"second lock was on {day}")


@dataclass(frozen=True)
class Results:
    """First and second results of one record, and what differs between them.

    ``second`` is None until something has been entered that differs.
    """

    first: Version
    second: Version | None
    changes: list[Difference]


@transaction.atomic
def open_reassessment(
    *, record_id: int, by: User, at: datetime | None = None
) -> Reassessment:
    """Take a signed record back so that its second results can be entered.

    It is the recall of the head, for pupils who did not complete the programme: what
    was signed keeps its signatures and is shown as the first results.
    Raises NotReassessed, SummerOver, and what a recall raises.
    """
    at = at or timezone.now()
    record = claim(record_id, step="recall", by=by)
    first = record.current
    if record.state != State.SIGNED or first is None or not needs_second(record):
        raise NotReassessed(f"record {record_id}")
    if day := _lock_day(record):
        _in_time(day, at)
    content = record.definition.reassess(first.content)
    take_back(record, by=by, reason=REASON, at=at, content=content)
    found, _created = Reassessment.objects.get_or_create(
        record=record, defaults={"first": first, "opened_by": by, "opened_at": at}
    )
    return found


def needs_second(record: Record) -> bool:
    """Whether the pupil did not complete the programme, and was not assessed again.

    What was is mended like any other record: by a recall, with both results.
    """
    if record.current is None:
        return False
    kind, content = record.definition, record.current.content
    return not kind.is_completed(content) and not kind.is_reassessed(content)


def results_of(record: Record) -> Results | None:
    """Both results of a re-assessed record; None for any other."""
    found = Reassessment.objects.filter(record=record).select_related("first").first()
    if found is None:
        return None
    current = record.current
    assert current is not None  # a record that was signed has a version
    kind = record.definition
    before, after = kind.parse(found.first.canonical), kind.parse(current.canonical)
    groups = kind.fields(after)
    if kind.is_reassessed(after):
        changes = list(second_results(after, groups))
    else:  # of the time before both stood in one version
        changes = list(differences(before, after, groups))
    return Results(found.first, current if changes else None, changes)


def group_of(record: Record) -> Group:
    """Which deadline the record belongs to."""
    again = Reassessment.objects.filter(record=record).exists() or needs_second(record)
    return Group.REASSESSED if again else Group.COMPLETED


def _lock_day(record: Record) -> Deadline | None:
    rows = Deadline.objects.filter(
        unit__path__in=paths_above(record.issuer),
        school_year=record.school_year,
        group=Group.REASSESSED,
    )
    return rows.order_by("-unit__depth").first()


def _in_time(deadline: Deadline, at: datetime) -> None:
    if deadline.locked_at or deadline.lock_on < timezone.localdate(at):
        raise SummerOver(deadline.lock_on)
