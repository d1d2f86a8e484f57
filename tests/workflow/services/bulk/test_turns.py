"""Whose turn it is, how a batch ends before its end, and who hears of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from documents.models import LedgerEntry, Record, SchoolClass, Unit, User
from tests.factories import make_class, make_draft, make_pupil, make_user
from tests.workflow.services.bulk.batches import submitting
from tests.workflow.services.signing_scene import statuses
from workflow import tasks
from workflow.models import Batch, Deadline
from workflow.services import submit_record
from workflow.services.bulk.batches import (
    cancel_batch,
    free_batches,
    pause_batch,
    retry_failed,
    run_batch,
    start_batch,
    work_through,
)
from workflow.services.bulk.runs import STALE
from workflow.services.bulk.scheduling import Waiting, in_turn, weight
from workflow.services.bulk.turns import begin_turn, next_turn, to_call
from workflow.signals import batch_ended

TODAY = date(2026, 11, 22)


@pytest.fixture
def drafts(school_class: SchoolClass) -> list[Record]:
    return [make_draft(school_class, make_pupil(f"Lê Văn {n}")) for n in "ABC"]


@pytest.fixture
def other_head(units: dict[str, Unit]) -> User:
    return make_user("other-head", "head", units["other"])


@pytest.fixture
def others(units: dict[str, Unit], other_head: User) -> list[Record]:
    room = make_class(units["other"], "4A")
    return [make_draft(room, make_pupil(f"Trần Văn {n}")) for n in "ABC"]


def refused(records: list[Record], by: User, unit: Unit) -> Batch:
    """A batch whose items end at once: heads submit nothing."""
    ids = [record.pk for record in records]
    return start_batch(step="submit", record_ids=ids, by=by, unit=unit)


@pytest.fixture
def two_schools(
    drafts: list[Record],
    others: list[Record],
    head: User,
    other_head: User,
    units: dict[str, Unit],
) -> tuple[Batch, Batch]:
    """A batch of three in each of two schools, in the order in which they began."""
    return (
        refused(drafts, head, units["school"]),
        refused(others, other_head, units["other"]),
    )


def turn(named: Batch) -> int | None:
    """One slice of one record; whose it was."""
    run = begin_turn(named.pk, seconds=0)
    if run is None:
        return None
    assert len(list(work_through(run))) == 1
    return run.batch_id


def test_a_slice_ends_after_its_time_and_the_next_one_goes_on(
    drafts: list[Record], head: User, school: Unit
):
    batch = refused(drafts, head, school)

    taken = [turn(batch) for _ in range(4)]

    assert taken == [batch.pk] * 3 + [None]
    batch.refresh_from_db()
    assert batch.finished_at is not None
    assert {item.attempts for item in batch.items.all()} == {1}


def test_two_schools_take_turns(two_schools: tuple[Batch, Batch]):
    first, second = two_schools

    taken = [turn(first) for _ in range(6)]

    assert taken == [first.pk, second.pk] * 3


def test_a_school_with_many_batches_has_no_more_turns_than_one_with_one(
    drafts: list[Record],
    others: list[Record],
    head: User,
    other_head: User,
    units: dict[str, Unit],
):
    for draft in drafts:
        refused([draft], head, units["school"])
    small = refused(others[:2], other_head, units["other"])

    taken = [turn(small) for _ in range(4)]

    assert taken[1] == taken[3] == small.pk


def test_whose_date_is_nearest_begins(two_schools: tuple[Batch, Batch]):
    now = timezone.now()
    later, sooner = two_schools
    days = ((later, 20), (sooner, 10))
    for batch, left in days:
        due = timezone.localdate(now) + timedelta(days=left)
        Batch.objects.filter(pk=batch.pk).update(created_at=now, due=due)

    assert in_turn(free_batches(now), now) == [sooner.pk, later.pk]


def test_a_near_date_weighs_more_but_who_waits_long_comes_before_it():
    now = timezone.now()
    due = timezone.localdate(now)
    urgent = Waiting(1, now - timedelta(seconds=10), due)
    patient = Waiting(2, now - timedelta(seconds=20), None)
    starving = Waiting(3, now - timedelta(seconds=100), None)

    assert patient.urgency(now) < urgent.urgency(now) < starving.urgency(now)


@pytest.mark.parametrize(
    ("left", "heavy"), [(-3, 8), (1, 8), (2, 4), (7, 2), (8, 1), (None, 1)]
)
def test_a_date_weighs_by_the_days_left(left: int | None, heavy: int):
    due = None if left is None else TODAY + timedelta(days=left)

    assert weight(due, TODAY) == heavy


@pytest.mark.parametrize(("step", "field"), [("submit", 20), ("lock", 30)])
def test_a_batch_knows_the_day_that_its_records_wait_for(
    drafts: list[Record], head: User, units: dict[str, Unit], step: str, field: int
):
    Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=drafts[0].school_year,
        group="completed",
        report_until=date(2027, 5, 20),
        lock_on=date(2027, 5, 30),
    )

    ids = [record.pk for record in drafts]
    batch = start_batch(step=step, record_ids=ids, by=head)

    assert batch.due == date(2027, 5, field)


def test_a_batch_that_is_called_and_passed_over_is_called_again(
    two_schools: tuple[Batch, Batch],
):
    first, second = two_schools

    assert turn(second) == first.pk
    assert next_turn(second.pk, after=first.pk) == second.pk
    assert next_turn(first.pk, after=first.pk) == second.pk


def test_the_worker_hands_on_until_nobody_waits(two_schools: tuple[Batch, Batch]):
    tasks.run_batch.delay(two_schools[0].pk)

    assert not Batch.objects.filter(finished_at=None).exists()
    assert to_call(timezone.now() + 2 * STALE) == []


def test_while_turns_are_taken_the_reconciler_calls_one_at_a_time(
    two_schools: tuple[Batch, Batch],
):
    now = timezone.now()
    Batch.objects.update(created_at=now - 2 * STALE)
    assert sorted(to_call(now)) == sorted(batch.pk for batch in two_schools)

    turn(two_schools[0])

    assert len(to_call(timezone.now())) == 1


def test_the_line_costs_two_queries_however_long(
    drafts: list[Record], head: User, school: Unit, django_assert_num_queries: Any
):
    for draft in drafts:
        refused([draft], head, school)
    now = timezone.now()

    with django_assert_num_queries(2):
        found = in_turn(free_batches(now), now)

    assert len(found) == 3


def test_whoever_loses_the_role_between_two_slices_is_stopped_at_the_next(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)
    turn(batch)
    teacher.assignments.all().delete()

    turn(batch), turn(batch)

    assert statuses(batch) == ["done", "refused", "refused"]
    assert LedgerEntry.objects.filter(action="submit").count() == 1


def test_a_cancel_leaves_what_is_done_and_ends_the_rest(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)
    run = run_batch(batch.pk)
    next(run)

    assert cancel_batch(batch)

    assert list(run) == []
    assert statuses(batch) == ["done", "cancelled", "cancelled"]
    batch.refresh_from_db()
    assert batch.finished_at == batch.cancelled_at is not None
    assert turn(batch) is None
    assert [record.state for record in Record.objects.order_by("pk")] == [
        "reviewed",
        "draft",
        "draft",
    ]


def test_a_paused_batch_can_be_cancelled(drafts: list[Record], teacher: User):
    batch = submitting(drafts, teacher)
    pause_batch(batch)

    cancel_batch(batch)

    assert statuses(batch) == ["cancelled"] * 3


def test_what_is_over_cannot_be_cancelled_nor_the_cancelled_be_tried_again(
    drafts: list[Record], head: User, school: Unit
):
    batch = refused(drafts, head, school)
    list(run_batch(batch.pk))
    other = refused(drafts, head, school)
    other.items.filter(record=drafts[0]).update(status="failed", error="x")

    assert cancel_batch(other)
    assert not cancel_batch(other)
    assert not cancel_batch(batch)
    assert statuses(batch) == ["refused"] * 3
    assert retry_failed(other) == 0
    assert statuses(other) == ["failed", "cancelled", "cancelled"]


def test_what_a_dead_worker_had_done_before_the_cancel_is_told_as_done(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)
    submit_record(record_id=drafts[1].pk, by=teacher)

    cancel_batch(batch)

    assert statuses(batch) == ["cancelled", "done", "cancelled"]


def test_what_is_done_by_hand_after_a_cancel_does_not_become_the_batchs(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)
    cancel_batch(batch)
    later = timezone.now() + timedelta(seconds=30)
    submit_record(record_id=drafts[0].pk, by=teacher, at=later)

    tasks.reconcile.delay()

    assert statuses(batch) == ["cancelled"] * 3


@pytest.fixture
def heard() -> Any:
    """The batches whose end was told."""
    told: list[int] = []

    def listen(batch: Batch, **kwargs: Any) -> None:
        told.append(batch.pk)

    batch_ended.connect(listen)
    yield told
    batch_ended.disconnect(listen)


def test_an_end_is_told_once(
    drafts: list[Record], head: User, school: Unit, heard: list[int]
):
    done = refused(drafts, head, school)
    list(run_batch(done.pk))
    cancelled = refused(drafts, head, school)
    cancel_batch(cancelled)

    tasks.reconcile.delay()

    assert heard == [done.pk, cancelled.pk]


def test_an_end_that_a_dead_worker_did_not_tell_is_told_later(
    drafts: list[Record], head: User, school: Unit, heard: list[int]
):
    batch = refused(drafts, head, school)
    list(run_batch(batch.pk))
    long_ago = timezone.now() - 2 * STALE
    Batch.objects.filter(pk=batch.pk).update(told_at=None, finished_at=long_ago)

    tasks.reconcile.delay()
    tasks.reconcile.delay()

    assert heard == [batch.pk] * 2
