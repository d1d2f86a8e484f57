"""Many who read the same records in the same moment each leave their line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from documents.models import ReadLog, Record, User
from documents.reading import first_break, log_reads
from tests.factories import NOW, make_draft, make_pupil, make_user

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
]
READERS, ROUNDS = 6, 4


def test_every_reader_leaves_a_line_and_every_chain_holds(school_class):
    records = [make_draft(school_class, make_pupil(f"Lê Văn {n}")) for n in range(3)]
    readers = [make_user(f"reader{n}") for n in range(READERS)]
    together = Barrier(READERS)

    def read(number: int) -> None:
        try:
            for turn in range(ROUNDS):
                together.wait(timeout=60)
                # Each in another order, which must not end in a deadlock.
                mine = records[turn % 3 :] + records[: turn % 3]
                log_reads(
                    reversed(mine) if number % 2 else mine,
                    by=readers[number],
                    access="view",
                    at=NOW,
                )
        finally:
            connection.close()

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(read, range(READERS)))

    for record in records:
        lines = list(record.reads.order_by("sequence"))
        assert len(lines) == READERS * ROUNDS
        assert first_break(lines) is None
    assert ReadLog.objects.count() == 3 * READERS * ROUNDS


def test_a_reader_does_not_wait_for_a_change_of_the_record(
    draft_record: Record, inspector: User
):
    """A long transaction changed its row, as an import does: it can still be read."""
    if not connection.features.has_select_for_update:
        pytest.skip("SQLite has one writer at a time, whoever it is")
    from_elsewhere = ThreadPoolExecutor(1)

    def read() -> None:
        try:
            log_reads([draft_record], by=inspector, access="view", at=NOW)
        finally:
            connection.close()

    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            cursor.execute(
                "SELECT id FROM documents_record WHERE id = %s FOR NO KEY UPDATE",
                [draft_record.pk],
            )
            from_elsewhere.submit(read).result(timeout=20)
        finally:
            cursor.execute("ROLLBACK")

    assert draft_record.reads.count() == 1
