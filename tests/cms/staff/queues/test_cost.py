"""What a full queue costs, whoever reads it."""

from __future__ import annotations

import pytest

from tests.cms.staff.conftest import MOST_QUERIES, fill
from tests.factories import NOW
from workflow.models import Batch, BatchItem
from workflow.services import return_record, submit_record

from .tasks import HOME


@pytest.mark.parametrize("role", ["teacher", "head", "registrar", "officer"])
def test_a_full_queue_asks_no_more_than_a_page_may(
    request, sign_in, queries_of, role, reviewed_record, school_class, teacher, head,
    deadline,
):  # fmt: skip
    again, signed = fill(school_class, 2)
    for record in (again, signed):
        submit_record(record_id=record.pk, by=teacher, at=NOW)
    return_record(record_id=again.pk, by=head, reason="Thiếu")
    fill(school_class, 2)
    failed = Batch.objects.create(step="sign", by=head, created_at=NOW, finished_at=NOW)
    BatchItem.objects.create(batch=failed, record=signed, status="failed", error="x")
    client = sign_in(request.getfixturevalue(role))
    client.get(HOME)

    assert queries_of(client, HOME) <= MOST_QUERIES
