from __future__ import annotations

from datetime import timedelta

from documents.models import LedgerEntry, Record, Unit, User
from workflow.services import sign_record
from workflow.services.bulk.batches import run_batch, start_batch


def test_what_was_signed_with_the_time_of_an_earlier_attempt_is_done(
    reviewed_record: Record, head: User, seal: Unit
):
    batch = start_batch(step="sign", record_ids=[reviewed_record.pk], by=head)
    earlier = batch.created_at - timedelta(seconds=1)
    batch.items.update(at=earlier)  # as ``pin`` takes it over
    sign_record(record_id=reviewed_record.pk, by=head, at=earlier)

    list(run_batch(batch.pk))  # the run that signed was killed before it could say so

    assert batch.items.get().status == "done"
    assert LedgerEntry.objects.filter(action="sign").count() == 1
