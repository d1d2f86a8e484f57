"""The index against the tables, as one of the checks of ``check_integrity``."""

from __future__ import annotations

from collections.abc import Iterator

from documents.models import Record
from workflow.integrity import Flaw, register

from .indexing import BATCH, Difference, batches, check_index


@register
def index_follows_the_tables() -> Iterator[Flaw]:
    """Nothing is missing from the search index, and nothing in it is out of date."""
    for differences in batches(check_index(), BATCH):
        ids = [d.record_id for d in differences if d.record_id is not None]
        records = Record.objects.select_related("book").in_bulk(ids)
        for difference in differences:
            yield _flaw(difference, records)


def _flaw(difference: Difference, records: dict[int, Record]) -> Flaw:
    where = "search index"
    if difference.record_id is not None:
        record = records.get(difference.record_id)
        where = str(record or f"record {difference.record_id}")
    text = "run manage.py rebuild_index"
    return Flaw(f"index_{difference.code}", where, text)
