"""Whose record a row says it is, and whose its content says it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from documents.models import Pupil, Record

from .base import CHUNK, Flaw, register

# A correction changes one of these, somebody else differs in all.
MARKS = (("code",), ("personal_number",), ("name", "birth_date"))


@register
def records_are_of_whom_they_speak() -> Iterator[Flaw]:
    """The book, the year and the issuer have no line in the ledger; the content, whose
    digest has, names all three.
    """
    records = Record.objects.exclude(current=None).select_related(
        "current", "book__pupil", "issuer"
    )
    for record in records.order_by("pk").iterator(chunk_size=CHUNK):
        assert record.current is not None
        try:
            content = record.definition.parse(record.current.canonical)
            owner = record.definition.owner(content)
        except ValueError:
            continue  # what cannot be read is altered, and versions_match says so
        since = record.current.created_at
        if not _same(owner.pupil, record.book.pupil):
            text = "the content is of another pupil than the book"
            yield Flaw("owner_altered", str(record), text, since)
        if owner.school_year != record.school_year:
            text = f"the content is of {owner.school_year}"
            yield Flaw("year_altered", str(record), text, since)


def _same(told: Mapping[str, Any], pupil: Pupil) -> bool:
    for fields in MARKS:
        stated = [str(told.get(field) or "") for field in fields]
        if all(stated) and stated == [str(getattr(pupil, f) or "") for f in fields]:
            return True
    return False
