"""What a batch does with each of its records, and what stops it."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from documents.models import Record, SchoolClass, User
from tests.factories import make_draft, make_pupil, make_user
from tests.workflow.services.bulk.batches import keys, submits, submitting
from tests.workflow.services.signing_scene import statuses
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
)
from workflow.signing.errors import TimestampUnavailable


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


def test_what_somebody_else_did_before_is_refused(
    drafts: list[Record], school_class: SchoolClass, teacher: User
):
    deputy = make_user("deputy", "class_teacher", school_class.school, school_class)
    batch = submitting(drafts, teacher)
    submit_record(record_id=drafts[0].pk, by=deputy)

    list(run_batch(batch.pk))

    assert statuses(batch) == ["refused", "done", "done", "done"]


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


def test_a_dead_service_is_found_before_the_first_record_is_begun(
    two_reviewed: list[Record], head: User, seal: Any, settings: Any
):
    settings.TSA_URL = "http://127.0.0.1:9/tsa"

    with pytest.raises(TimestampUnavailable):
        start_batch(step="sign", record_ids=keys(two_reviewed), by=head)

    assert not Batch.objects.exists()


def test_a_teacher_is_told_of_a_dead_service_before_the_first_record(
    drafts: list[Record], teacher: User, settings: Any
):
    settings.TSA_URL = "http://127.0.0.1:9/tsa"

    with pytest.raises(TimestampUnavailable):
        submitting(drafts, teacher)

    assert not Batch.objects.exists()


def test_a_head_without_a_seal_begins_nothing(two_reviewed: list[Record], head: User):
    with pytest.raises(NoCredential):
        start_batch(step="sign", record_ids=keys(two_reviewed), by=head)

    assert not Batch.objects.exists()


def test_whoever_is_not_the_head_is_refused_record_by_record(
    two_reviewed: list[Record], registrar: User
):
    batch = start_batch(step="sign", record_ids=keys(two_reviewed), by=registrar)

    list(run_batch(batch.pk))

    assert {i.error for i in batch.items.all()} == {"not_allowed"}


def test_only_the_content_that_was_agreed_to_is_signed(
    two_reviewed: list[Record], head: User, teacher: User, seal: Any
):
    """Returned, corrected and submitted again while the batch was paused."""
    batch = start_batch(step="sign", record_ids=keys(two_reviewed), by=head)
    pause_batch(batch)
    pk = two_reviewed[0].pk
    return_record(record_id=pk, by=head, reason="Sai điểm")
    changes = {"subjects.math.score": 10}
    edit_record(record_id=pk, by=teacher, base=1, changes=changes)
    submit_record(record_id=pk, by=teacher)

    resume_batch(batch)
    list(run_batch(batch.pk))

    assert statuses(batch) == ["refused", "done"]
    assert batch.items.first().error == "version_moved"
    assert Record.objects.get(pk=pk).state == "reviewed"


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
