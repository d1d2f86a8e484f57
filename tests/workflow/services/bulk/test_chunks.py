"""Batches that ask no key: many items at a time, and each has its own outcome."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents.models import (
    Assignment,
    LedgerEntry,
    Record,
    SchoolClass,
    Signature,
    Unit,
    User,
)
from documents.versions import Draft, add_version
from tests.actors import make_record
from tests.factories import make_draft, make_pupil
from workflow.models import Batch, JournalEntry
from workflow.services import edit_record, return_record, submit_record
from workflow.services.bulk import chunks
from workflow.services.bulk.batches import pause_batch, run_batch, start_batch
from workflow.services.bulk.runs import STALE
from workflow.services.locking import lock_records


@pytest.fixture
def two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 2)


@pytest.fixture
def signed(school_class: SchoolClass, units: dict[str, Unit]) -> list[int]:
    return [make_record(school_class, "signed", units).pk for _ in range(5)]


def locking(keys: list[int], by: User) -> Batch:
    return start_batch(step="lock", record_ids=keys, by=by)


def outcomes(batch: Batch) -> list[str]:
    rows = batch.items.order_by("pk").values_list("status", "error")
    return [error or status for status, error in rows]


def locks() -> list[int]:
    lines = LedgerEntry.objects.filter(action="lock").order_by("record")
    return list(lines.values_list("record", flat=True))


def test_a_lock_of_many_works_in_chunks_and_notes_each(
    signed: list[int], officer: User, two_at_a_time: None
):
    Record.objects.filter(pk=signed[1]).update(state="reviewed")
    batch = locking(signed, officer)

    found = list(run_batch(batch.pk))

    assert [item.record_id for item in found] == signed
    assert outcomes(batch) == ["done", "illegal_transition", "done", "done", "done"]
    assert locks() == [signed[0], *signed[2:]]
    assert [item.status for item in found] == list(
        batch.items.order_by("pk").values_list("status", flat=True)
    )
    batch.refresh_from_db()
    assert batch.finished_at is not None


def test_a_chunk_takes_as_many_queries_for_five_as_for_two(
    signed: list[int], officer: User
):
    def queries(keys: list[int]) -> int:
        batch = locking(keys, officer)
        with CaptureQueriesContext(connection) as captured:
            list(run_batch(batch.pk))
        return len(captured)

    few = queries(signed[:2])

    assert queries(signed[2:]) == few
    assert locks() == signed


def test_a_person_who_loses_the_role_is_stopped_at_the_next_chunk(
    signed: list[int], officer: User, two_at_a_time: None
):
    batch = locking(signed, officer)
    run = run_batch(batch.pk)
    next(run)
    Assignment.objects.filter(user=officer).delete()

    list(run)

    assert outcomes(batch) == ["done"] * 2 + ["not_found"] * 3
    assert locks() == signed[:2]


def test_a_batch_pauses_between_chunks_and_goes_on(
    signed: list[int], officer: User, two_at_a_time: None
):
    batch = locking(signed, officer)
    run = run_batch(batch.pk)
    next(run)
    pause_batch(batch)
    list(run)
    paused = outcomes(batch)
    Batch.objects.update(paused_at=None, claimed_at=None)

    list(run_batch(batch.pk))

    assert paused == ["done"] * 2 + ["pending"] * 3
    assert outcomes(batch) == ["done"] * 5


def test_what_a_killed_run_locked_and_did_not_note_is_done_and_not_doubled(
    signed: list[int], officer: User, two_at_a_time: None
):
    batch = locking(signed, officer)
    lock_records(record_ids=signed[:2], by=officer)
    long_ago = timezone.now() - STALE - timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(claimed_by="dead", claimed_at=long_ago)

    found = list(run_batch(batch.pk))

    assert [item.record_id for item in found] == signed
    assert outcomes(batch) == ["done"] * 5
    assert locks() == signed


def test_what_got_another_version_meanwhile_is_left(
    school_class: SchoolClass, units: dict[str, Unit], head: User
):
    kept, moved = (make_record(school_class, "reviewed", units) for _ in range(2))
    keys = [kept.pk, moved.pk]
    batch = start_batch(step="return", record_ids=keys, by=head, reason="Sai")
    Record.objects.filter(pk=moved.pk).update(state="draft")
    moved = Record.objects.get(pk=moved.pk)
    assert moved.current is not None
    add_version(Draft(moved, moved.current.content), by=None, at=timezone.now())
    Record.objects.filter(pk=moved.pk).update(state="reviewed")

    list(run_batch(batch.pk))

    assert outcomes(batch) == ["done", "version_moved"]
    assert Record.objects.get(pk=moved.pk).state == "reviewed"


def test_what_fails_as_a_whole_is_tried_one_by_one(
    school_class: SchoolClass, units: dict[str, Unit], head: User
):
    records = [make_record(school_class, "reviewed", units) for _ in range(2)]
    keys = [record.pk for record in records]
    batch = start_batch(step="return", record_ids=keys, by=head, reason=" ")

    list(run_batch(batch.pk))

    assert outcomes(batch) == ["reason_missing"] * 2


def test_sheets_that_came_back_unchanged_are_submitted_without_the_key(
    school_class: SchoolClass, teacher: User, head: User
):
    """The one that was mended is signed again, with the key."""
    records = [make_draft(school_class, make_pupil(f"Lê {n}")) for n in "ABC"]
    keys = [record.pk for record in records]
    for key in keys[:2]:
        submit_record(record_id=key, by=teacher)
        return_record(record_id=key, by=head, reason="Xem lại")
    before = set(Signature.objects.values_list("pk", flat=True))
    change: dict[str, Any] = {"subjects.math.comment": "Em làm bài cẩn thận."}
    edit_record(record_id=keys[1], by=teacher, base=1, changes=change)
    batch = start_batch(step="submit", record_ids=keys, by=teacher)

    found = list(run_batch(batch.pk))

    assert [item.record_id for item in found] == keys
    assert outcomes(batch) == ["done"] * 3
    new = Signature.objects.exclude(pk__in=before)
    assert set(new.values_list("version__record", flat=True)) == set(keys[1:])
    asked = JournalEntry.objects.values_list("item__record", flat=True)
    assert set(asked) == set(keys[1:])
