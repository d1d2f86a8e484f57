"""The queue of a head: who has not submitted, what asks for the key, what failed."""

from __future__ import annotations

import pytest

from documents.models import State
from tests import factories
from tests.cms.staff.conftest import to
from tests.factories import NOW
from workflow.models import Batch, BatchItem, Credential
from workflow.services import return_record, submit_record

from .tasks import ask, by_text


def test_the_head_sees_who_has_not_submitted(
    queue_of, head, teacher, draft_record, deadline
):
    queue = queue_of(head)

    [task] = queue.coming
    assert task.count == 1
    assert task.notes == (str(teacher),)
    assert task.nudge.state == State.DRAFT
    assert "3B" in queue.next


def test_what_the_head_sent_back_is_said_beside_its_class(
    queue_of, head, teacher, reviewed_record
):
    return_record(record_id=reviewed_record.pk, by=head, reason="Thiếu")

    [task] = queue_of(head).coming

    assert any("1 of them came back" in note for note in task.notes)


def test_what_is_being_signed_waits_no_more(queue_of, head, reviewed_record):
    batch = Batch.objects.create(step="sign", by=head, created_at=NOW)
    BatchItem.objects.create(batch=batch, record=reviewed_record)

    queue = queue_of(head)

    assert queue.waiting == []
    assert by_text(queue.sent, "being signed").count == 1


@pytest.mark.parametrize(
    ("needs", "status", "words"),
    [
        ("pin", "waiting", "waits for your PIN"),
        ("pin otp", "waiting", "one-time code"),
        ("agent", "waiting", "the token at your machine"),
        ("", "pending", "confirm on your phone"),
    ],
)
def test_a_batch_that_asks_for_the_key_stands_first(
    queue_of, head, reviewed_record, school_class, teacher, needs, status, words
):
    other = factories.make_draft(school_class)
    submit_record(record_id=other.pk, by=teacher, at=NOW)
    batch = Batch.objects.create(step="sign", by=head, created_at=NOW)
    BatchItem.objects.create(batch=batch, record=reviewed_record)
    ask(batch, Credential.objects.get(user=head), needs=needs, status=status)

    first = queue_of(head).waiting[0]

    assert (first.count, first.url) == (1, to("batch", batch.uuid))
    assert words in first.text


def test_what_failed_waits_with_the_page_of_its_batch(queue_of, head, reviewed_record):
    batch = Batch.objects.create(step="sign", by=head, created_at=NOW, finished_at=NOW)
    BatchItem.objects.create(
        batch=batch, record=reviewed_record, status="failed", error="no_service"
    )

    task = by_text(queue_of(head).waiting, "went wrong")

    assert (task.count, task.url) == (1, to("batch", batch.uuid))
