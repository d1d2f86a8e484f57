from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from documents.models import Artifact, LedgerEntry, Record, SchoolClass, User
from tests.actors import bring_to
from tests.factories import make_draft, make_pupil, make_user
from workflow import tasks
from workflow.errors import NoCredential
from workflow.models import Batch, BatchItem
from workflow.services import edit_record, return_record, submit_record
from workflow.services.bulk.batches import (
    pause_batch,
    progress,
    resume_batch,
    retry_failed,
    run_batch,
    start_batch,
    stopped_batches,
)
from workflow.services.bulk.outcomes import MAX_ATTEMPTS
from workflow.services.bulk.runs import STALE
from workflow.signing.errors import TimestampUnavailable


@pytest.fixture
def drafts(school_class: SchoolClass) -> list[Record]:
    return [make_draft(school_class, make_pupil(f"Lê Văn {n}")) for n in "ABCD"]


def keys(records: list[Record]) -> list[int]:
    return [record.pk for record in records]


def submitting(drafts: list[Record], by: User) -> Batch:
    return start_batch(step="submit", record_ids=keys(drafts), by=by)


def statuses(batch: Batch) -> list[str]:
    return list(batch.items.order_by("pk").values_list("status", flat=True))


def submits() -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(action="submit")


def die(batch: Batch) -> None:
    """As after kill -9: claimed by a run that shows no life any more."""
    long_ago = timezone.now() - STALE - timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(claimed_at=long_ago, created_at=long_ago)


def test_each_item_has_its_outcome(
    school_class: SchoolClass, drafts: list[Record], teacher: User
):
    wrong = make_draft(school_class, make_pupil("Lê Văn Sai"), result=None)
    batch = submitting([*drafts[:2], wrong], teacher)

    found = list(run_batch(batch.pk))

    assert [item.status for item in found] == ["done", "done", "refused"]
    assert found[2].error == "checks_failed" and found[2].message
    assert statuses(batch) == ["done", "done", "refused"]
    batch.refresh_from_db()
    assert batch.finished_at and batch.claimed_at is None
    assert submits().count() == 2


def test_a_record_that_the_person_may_not_see_is_no_item(
    drafts: list[Record], registrar2: User
):
    batch = submitting(drafts, registrar2)

    assert not batch.items.exists()
    assert list(run_batch(batch.pk)) == []


def test_what_the_rules_refuse_is_not_tried_again(drafts: list[Record], head: User):
    batch = submitting(drafts, head)
    list(run_batch(batch.pk))

    assert statuses(batch) == ["refused"] * 4
    assert {i.error for i in batch.items.all()} == {"not_allowed"}
    assert list(run_batch(batch.pk)) == []
    assert retry_failed(batch) == 0


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


def test_what_somebody_else_did_before_is_refused(
    drafts: list[Record], school_class: SchoolClass, teacher: User
):
    deputy = make_user("deputy", "class_teacher", school_class.school, school_class)
    batch = submitting(drafts, teacher)
    submit_record(record_id=drafts[0].pk, by=deputy)

    list(run_batch(batch.pk))

    assert statuses(batch) == ["refused", "done", "done", "done"]


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


def test_a_paused_batch_stops_after_the_item_and_goes_on_when_told(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)
    run = run_batch(batch.pk)
    next(run)
    pause_batch(batch)

    assert list(run) == []
    assert list(run_batch(batch.pk)) == []
    assert statuses(batch) == ["done"] + ["pending"] * 3
    resume_batch(batch)
    assert len(list(run_batch(batch.pk))) == 3
    batch.refresh_from_db()
    assert batch.finished_at


def test_whoever_loses_the_role_is_stopped_at_the_next_record(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)
    run = run_batch(batch.pk)
    next(run)
    teacher.assignments.all().delete()

    rest = list(run)

    assert [item.status for item in rest] == ["refused"] * 3
    assert {item.error for item in rest} == {"not_found"}
    assert submits().count() == 1


def test_whoever_is_dismissed_is_stopped_at_the_next_record(
    drafts: list[Record], teacher: User
):
    batch = submitting(drafts, teacher)
    run = run_batch(batch.pk)
    next(run)
    User.objects.filter(pk=teacher.pk).update(is_active=False)

    assert {item.status for item in run} == {"refused"}
    assert submits().count() == 1


@pytest.fixture
def reviewed(drafts: list[Record], units: dict[str, Any]) -> list[Record]:
    return [bring_to(record, "reviewed", units) for record in drafts[:2]]


def test_a_service_that_is_away_fails_the_item_and_the_next_run_tries_again(
    reviewed: list[Record], head: User, seal: Any, settings: Any
):
    batch = start_batch(step="sign", record_ids=keys(reviewed), by=head)
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


def test_a_dead_service_is_found_before_the_first_record_is_begun(
    reviewed: list[Record], head: User, seal: Any, settings: Any
):
    settings.TSA_URL = "http://127.0.0.1:9/tsa"

    with pytest.raises(TimestampUnavailable):
        start_batch(step="sign", record_ids=keys(reviewed), by=head)

    assert not Batch.objects.exists()


def test_a_teacher_is_told_of_a_dead_service_before_the_first_record(
    drafts: list[Record], teacher: User, settings: Any
):
    settings.TSA_URL = "http://127.0.0.1:9/tsa"

    with pytest.raises(TimestampUnavailable):
        submitting(drafts, teacher)

    assert not Batch.objects.exists()


def test_a_head_without_a_seal_begins_nothing(reviewed: list[Record], head: User):
    with pytest.raises(NoCredential):
        start_batch(step="sign", record_ids=keys(reviewed), by=head)

    assert not Batch.objects.exists()


def test_whoever_is_not_the_head_is_refused_record_by_record(
    reviewed: list[Record], registrar: User
):
    batch = start_batch(step="sign", record_ids=keys(reviewed), by=registrar)

    list(run_batch(batch.pk))

    assert {i.error for i in batch.items.all()} == {"not_allowed"}


def test_only_the_content_that_was_agreed_to_is_signed(
    reviewed: list[Record], head: User, teacher: User, seal: Any
):
    """Returned, corrected and submitted again while the batch was paused."""
    batch = start_batch(step="sign", record_ids=keys(reviewed), by=head)
    pause_batch(batch)
    pk = reviewed[0].pk
    return_record(record_id=pk, by=head, reason="Sai điểm")
    changes = {"subjects.math.score": 10}
    edit_record(record_id=pk, by=teacher, base=1, changes=changes)
    submit_record(record_id=pk, by=teacher)

    resume_batch(batch)
    list(run_batch(batch.pk))

    assert statuses(batch) == ["refused", "done"]
    assert batch.items.first().error == "version_moved"
    assert Record.objects.get(pk=pk).state == "reviewed"


def test_trying_ends_some_time_and_somebody_may_let_it_start_again(
    reviewed: list[Record], head: User, seal: Any, settings: Any
):
    batch = start_batch(step="sign", record_ids=keys(reviewed[:1]), by=head)
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


def test_a_fault_of_the_program_in_one_record_does_not_stop_the_others(
    drafts: list[Record], teacher: User, caplog: pytest.LogCaptureFixture
):
    """Bytes that no rule foresaw: the item fails, is retried, and is in the log."""
    version = drafts[1].versions.create(
        number=2,
        form_version="2020",
        format_version=1,
        canonical="{",
        sha256="a" * 64,
        created_at=timezone.now(),
    )
    Record.objects.filter(pk=drafts[1].pk).update(
        current=version, kind="primary_year", school_class=other_class(drafts[1])
    )
    teacher.assignments.create(
        unit=drafts[1].issuer,
        role="class_teacher",
        school_class=other_class(drafts[1]),
    )
    batch = submitting(drafts, teacher)

    list(run_batch(batch.pk))

    assert statuses(batch) == ["done", "failed", "done", "done"]
    assert batch.items.get(status="failed").error == "unexpected_fault"
    assert "batch_item_failed" in caplog.text


def other_class(record: Record) -> SchoolClass:
    found, _created = SchoolClass.objects.get_or_create(
        school=record.issuer, school_year=record.school_year, name="3X", grade=3
    )
    return found


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


def test_progress_is_one_query_however_many_items(
    drafts: list[Record], teacher: User, django_assert_num_queries
):
    batch = submitting(drafts, teacher)
    run = run_batch(batch.pk)
    next(run)

    with django_assert_num_queries(1):
        found = progress(batch)

    nothing = dict.fromkeys(("refused", "failed", "cancelled"), 0)
    assert found == {"total": 4, "pending": 3, "done": 1, **nothing}


def test_starting_costs_the_same_however_many_records(
    drafts: list[Record], teacher: User, django_assert_max_num_queries
):
    with django_assert_max_num_queries(14):
        batch = submitting(drafts, teacher)

    assert batch.items.count() == 4


def test_an_item_stands_once_in_a_batch(drafts: list[Record], teacher: User):
    ids = keys(drafts) * 2

    batch = start_batch(step="submit", record_ids=ids, by=teacher)

    assert BatchItem.objects.filter(batch=batch).count() == 4
