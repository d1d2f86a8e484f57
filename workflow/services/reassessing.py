"""Re-assessment in summer: second results beside the first (domain.md §2 and §3).

The first results are a signed version and stay one; the second are the versions after
it. The record belongs to the second deadline from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.kinds.fields import Difference, differences
from documents.models import Record, State, User, Version

from ..errors import VersionMoved, WorkflowError
from ..models import Deadline, Group, Reassessment
from .recalling import recall_record
from .season.workdays import paths_above
from .steps import look

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
    Raises NotReassessed, SummerOver, VersionMoved, and what a recall raises.
    """
    at = at or timezone.now()
    record = look(record_id, by=by)
    first = record.current
    if record.state != State.SIGNED or first is None or not needs_second(record):
        raise NotReassessed(f"record {record_id}")
    if day := _lock_day(record):
        _in_time(day, at)
    recalled = recall_record(record_id=record_id, by=by, reason=REASON, at=at)
    if recalled.current is None or recalled.current.number != first.number + 1:
        raise VersionMoved(record)  # what was looked at is not what was recalled
    found, _created = Reassessment.objects.get_or_create(
        record=record, defaults={"first": first, "opened_by": by, "opened_at": at}
    )
    return found


def needs_second(record: Record) -> bool:
    """Whether its content says that the pupil did not complete the programme."""
    version = record.current
    return version is not None and not record.definition.is_completed(
        record.definition.parse(version.canonical)
    )


def results_of(record: Record) -> Results | None:
    """Both results of a re-assessed record; None for any other."""
    found = Reassessment.objects.filter(record=record).select_related("first").first()
    if found is None:
        return None
    current = record.current
    assert current is not None  # a record that was signed has a version
    kind = record.definition
    before, after = kind.parse(found.first.canonical), kind.parse(current.canonical)
    changes = list(differences(before, after, kind.fields(after)))
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
