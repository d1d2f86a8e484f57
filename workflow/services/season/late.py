"""Records that missed their lock: a school asks, the officer decides, then they lock.

Asking and deciding stand in the ledger of every record, beside the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents import ledger
from documents.errors import RecordsError
from documents.models import FINAL_STATES, Record, Role, State, Unit, User
from documents.querysets import RecordQuerySet

from ...errors import NotAllowed, WorkflowError
from ...models import Deadline, LateRecord, LateRequest
from ..locking import lock_records
from ..notices import notify, staff_above, staff_of
from ..steps import require_reason

PORTION = 500


class NotLate(WorkflowError):
    code = "not_late"
    user_message = _("The lock of %(deadline)s is still to come: nothing is late yet.")

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = str(deadline)
        super().__init__(f"deadline {deadline.pk} has not locked")


class NothingToAsk(WorkflowError):
    code = "nothing_to_ask"
    user_message = _(
        "Choose records of this school and year that are not locked, and for which no "
        "request is open."
    )


class AlreadyDecided(WorkflowError):
    code = "already_decided"
    user_message = _("This request has been decided already.")


class DayPassed(WorkflowError):
    code = "day_passed"
    user_message = _("Choose today or a day to come.")


@transaction.atomic
def request_late(
    *,
    deadline_id: int,
    school: Unit,
    record_ids: Iterable[int],
    by: User,
    reason: str,
    at: datetime | None = None,
) -> LateRequest:
    """Ask that records be locked though their day has passed.

    Head and registrar of the issuing school may ask. Raises ReasonMissing, NotAllowed,
    NotLate before the lock, and NothingToAsk if any record cannot be asked for.
    """
    at, reason = at or timezone.now(), require_reason(reason)
    if not may_ask(by, school):
        raise NotAllowed(by, "ask for a late lock")
    deadline = Deadline.objects.select_related("unit").get(pk=deadline_id)
    if deadline.locked_at is None or not deadline.unit.contains(school):
        raise NotLate(deadline)
    records = _late_records(deadline, school, set(record_ids), by)
    request = LateRequest.objects.create(
        school=school, deadline=deadline, by=by, at=at, reason=reason
    )
    _attach(request, records)
    payload = {"request": request.uuid.hex, "reason": reason}
    _enter(records, "ask_late", by, at, payload)
    notify(
        [p for p in staff_above(school, [Role.OFFICER]) if may_decide(p, school)],
        "late_asked",
        subject=f"late/{request.uuid.hex}",
        data={"name": school.name, "count": len(records)},
        at=at,
    )
    return request


@transaction.atomic
def decide_late(
    *,
    request_id: int,
    by: User,
    until: date | None,
    answer: str = "",
    at: datetime | None = None,
) -> LateRequest:
    """Grant a request until a day, or refuse it with the reason (``until`` None).

    Whoever locks the school may decide, once. Raises NotAllowed, AlreadyDecided,
    ReasonMissing for a refusal without one, and DayPassed.
    """
    at = at or timezone.now()
    rows = LateRequest.objects.select_for_update(of=("self",))
    request = rows.select_related("school", "deadline").get(pk=request_id)
    if not may_decide(by, request.school):
        raise NotAllowed(by, "decide on a late lock")
    if not request.is_open:
        raise AlreadyDecided
    answer = answer.strip() if until else require_reason(answer)
    if until and until < timezone.localdate(at):
        raise DayPassed
    request.decided_by, request.decided_at = by, at
    request.until, request.answer = until, answer
    request.save(update_fields=["decided_by", "decided_at", "until", "answer"])
    records = _locked_rows(Record.objects.filter(late__request=request))
    payload: dict[str, Any] = {"request": request.uuid.hex, "reason": answer}
    if until:
        _enter(records, "grant_late", by, at, payload | {"until": until.isoformat()})
    else:
        _enter(records, "refuse_late", by, at, payload)
        _end(request.records.all(), at)
    _tell_the_school(request, at)
    return request


def lock_late(at: datetime | None = None) -> Iterator[tuple[int, RecordsError | None]]:
    """Lock granted records that are signed; end those whose own day has passed.

    Yields each record with its refusal, if any. Harmless when it runs twice: what is
    locked, by whomever, no longer lives.
    """
    at = at or timezone.now()
    live = LateRecord.objects.filter(is_live=True, request__until__isnull=False)
    _end(live.filter(record__state__in=FINAL_STATES), at)
    keys = live.filter(record__state=State.SIGNED).order_by("record_id")
    ready = list(keys.values_list("record_id", flat=True))
    for start in range(0, len(ready), PORTION):
        yield from _lock(ready[start : start + PORTION], at)
    _end(live.filter(request__until__lt=timezone.localdate(at)), at)


def open_requests(user: User) -> QuerySet[LateRequest]:
    """The requests that the person may see: the own school's, or those to decide on."""
    return LateRequest.objects.filter(school__in=_seen_schools(user)).select_related(
        "school", "deadline__unit", "by", "decided_by"
    )


def may_ask(user: User, school: Unit) -> bool:
    return user.holds(Role.HEAD, school) or user.holds(Role.REGISTRAR, school)


def may_decide(user: User, school: Unit) -> bool:
    return any(assignment.locks(school) for assignment in user.standing)


def could_ask(deadline: Deadline, school: Unit, user: User) -> RecordQuerySet:
    """The school's records of that year that are not locked and asked for by nobody."""
    records = Record.objects.visible_to(user).filter(
        issuer=school, school_year=deadline.school_year
    )
    asked = LateRecord.objects.filter(is_live=True)
    open_ones = records.exclude(state__in=FINAL_STATES)
    return open_ones.exclude(pk__in=asked.values("record"))


def _tell_the_school(request: LateRequest, at: datetime) -> None:
    asked_on = timezone.localdate(request.at)
    notify(
        staff_of(request.school, [Role.HEAD, Role.REGISTRAR]),
        "late_decided",
        subject=f"late/{request.uuid.hex}",
        data={"name": request.school.name, "day": asked_on.isoformat()},
        at=at,
    )


def _seen_schools(user: User) -> QuerySet[Unit]:
    own = [a.unit_id for a in user.standing if a.role in (Role.HEAD, Role.REGISTRAR)]
    found: QuerySet[Unit] = Unit.objects.filter(pk__in=own)
    for assignment in user.standing:
        if assignment.role == Role.OFFICER:
            found |= Unit.objects.filter(path__startswith=assignment.unit.path)
    return found


def _late_records(
    deadline: Deadline, school: Unit, wanted: set[int], by: User
) -> list[Record]:
    found = _locked_rows(could_ask(deadline, school, by).filter(pk__in=wanted))
    if not found or len(found) != len(wanted):
        raise NothingToAsk
    return found


def _locked_rows(records: QuerySet[Record]) -> list[Record]:
    """The rows, locked in the order of their keys until the transaction ends."""
    keys = list(records.order_by("pk").values_list("pk", flat=True))
    rows = Record.objects.filter(pk__in=keys).order_by("pk")
    return list(rows.select_for_update(of=("self",)))


def _attach(request: LateRequest, records: list[Record]) -> None:
    rows = [LateRecord(request=request, record=record) for record in records]
    try:
        with transaction.atomic():
            LateRecord.objects.bulk_create(rows, batch_size=PORTION)
    except IntegrityError as error:  # late_record_has_one_live_request
        raise NothingToAsk from error


def _enter(
    records: list[Record], action: str, by: User, at: datetime, payload: dict[str, Any]
) -> None:
    lines = [ledger.Line(record, action, payload) for record in records]
    ledger.append_many(lines, actor=by, at=at)


def _lock(keys: list[int], at: datetime) -> Iterator[tuple[int, RecordsError | None]]:
    refused = lock_records(record_ids=keys, by=None, at=at).refused
    done = [key for key in keys if key not in refused]
    _end(LateRecord.objects.filter(is_live=True, record__in=done), at)
    yield from ((key, refused.get(key)) for key in keys)


def _end(rows: QuerySet[LateRecord], at: datetime) -> None:
    rows.filter(is_live=True).update(is_live=False, ended_at=at)
