"""A batch whose run died, was doubled or found no service: nothing is done twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from documents.models import Artifact, Record, User
from tests.workflow.services.bulk.batches import keys, submits, submitting
from tests.workflow.services.signing_scene import die, statuses
from workflow import tasks
from workflow.models import Batch
from workflow.services import return_record, submit_record
from workflow.services.bulk.batches import (
    retry_failed,
    run_batch,
    start_batch,
    stopped_batches,
)
from workflow.services.bulk.outcomes import MAX_ATTEMPTS


def test_a_batch_goes_on_at_the_exact_record(drafts: list[Record], teacher: User):
    batch = submitting(drafts, teacher)
    run = run_batch(batch.pk)
    next(run), next(run)
    del run
    die(batch)

    rest = [item.record_id for item in run_batch(batch.pk)]

    assert rest == keys(drafts[2:])
    assert statuses(batch) == ["done"] * 4
    assert submits().count() == 4


def test_a_step_that_was_taken_and_not_noted_is_not_taken_twice(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)
    submit_record(record_id=drafts[0].pk, by=teacher)

    list(run_batch(batch.pk))

    assert statuses(batch) == ["done"] * 4
    assert submits().count() == 4


def test_what_came_back_after_a_crash_is_not_returned_again(
    drafts: list[Record], teacher: User, head: User
):
    """The dead run returned it; then the teacher mended and submitted it again."""
    record = drafts[0]
    submit_record(record_id=record.pk, by=teacher)
    batch = start_batch(step="return", record_ids=[record.pk], by=head, reason="Sai")
    return_record(record_id=record.pk, by=head, reason="Sai")
    submit_record(record_id=record.pk, by=teacher)

    list(run_batch(batch.pk))

    assert statuses(batch) == ["done"]
    assert Record.objects.get(pk=record.pk).state == "reviewed"


def test_a_second_run_ends_while_the_first_one_lives(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)
    first = run_batch(batch.pk)
    next(first)

    assert list(run_batch(batch.pk)) == []
    assert len(list(first)) == 3

    assert submits().count() == 4


def test_a_run_that_was_taken_for_dead_leaves_the_batch_to_the_other(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)
    slow = run_batch(batch.pk)
    next(slow)
    die(batch)
    other = run_batch(batch.pk)
    next(other)

    assert list(slow) == []
    assert len(list(other)) == 2
    assert statuses(batch) == ["done"] * 4
    assert submits().count() == 4


def test_a_service_that_is_away_fails_the_item_and_the_next_run_tries_again(
    two_reviewed: list[Record], head: User, seal: Any, settings: Any
):
    batch = start_batch(step="sign", record_ids=keys(two_reviewed), by=head)
    settings.TSA_URL = "http://127.0.0.1:9/tsa"
    list(run_batch(batch.pk))
    assert statuses(batch) == ["failed", "failed"]
    assert {i.error for i in batch.items.all()} == {"timestamp_unavailable"}
    batch.refresh_from_db()
    assert batch.finished_at is None
    die(batch)
    assert list(stopped_batches()) == [batch]

    settings.TSA_URL = ""
    tasks.reconcile.delay()

    assert statuses(batch) == ["done", "done"]
    assert Artifact.objects.filter(purpose="issued").count() == 2
    batch.refresh_from_db()
    assert batch.finished_at
    assert {i.attempts for i in batch.items.all()} == {2}


def test_trying_ends_some_time_and_somebody_may_let_it_start_again(
    two_reviewed: list[Record], head: User, seal: Any, settings: Any
):
    batch = start_batch(step="sign", record_ids=keys(two_reviewed[:1]), by=head)
    settings.TSA_URL = "http://127.0.0.1:9/tsa"
    for _ in range(MAX_ATTEMPTS):
        list(run_batch(batch.pk))
        die(batch)
    batch.refresh_from_db()
    assert (statuses(batch), bool(batch.finished_at)) == (["failed"], True)
    assert list(stopped_batches()) == []

    settings.TSA_URL = ""
    assert retry_failed(batch) == 1
    list(run_batch(batch.pk))

    assert statuses(batch) == ["done"]


@pytest.mark.parametrize(
    ("changes", "stopped"),
    [
        ({}, False),  # young: its first run is on the way
        ({"created_at": -100}, True),  # handed to a broker that lost it
        ({"created_at": -100, "claimed_at": -100}, True),  # its run is dead
        ({"created_at": -100, "claimed_at": -10}, False),  # its run lives
        ({"created_at": -100, "paused_at": -50}, False),
        ({"created_at": -100, "finished_at": -50}, False),
    ],
)
def test_the_reconciler_finds_what_stopped_and_nothing_else(
    drafts: list[Record], teacher: User, changes: dict[str, int], stopped: bool
):
    batch = submitting(drafts, teacher)
    now = timezone.now()
    times = {key: now + timedelta(seconds=value) for key, value in changes.items()}

    Batch.objects.filter(pk=batch.pk).update(**times) if times else None

    assert stopped_batches(now).exists() == stopped


def test_the_worker_takes_a_batch_that_is_delivered_twice_once(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)

    tasks.run_batch.delay(batch.pk)
    tasks.run_batch.delay(batch.pk)

    assert statuses(batch) == ["done"] * 4
    assert {item.attempts for item in batch.items.all()} == {1}
