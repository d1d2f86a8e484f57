"""Finding records: the one service behind the screens, the API and the command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.safestring import SafeString

from documents.models import Record, User

from .backends import CAP, FacetCount, Row, get_backend
from .indexing import ensure_index
from .query import Query, parse
from .snippets import marked, snippet

PAGE = 20
MAX_PAGE = 200


@dataclass(frozen=True)
class Hit:
    """One found record. ``row`` has the texts that were searched, unmarked.

    ``name`` and ``unit`` are whole, ``snippet`` is the part of the comments with
    most hits (empty if none): safe HTML in which only ``<mark>`` is markup.
    """

    row: Row
    name: SafeString
    unit: SafeString
    snippet: SafeString

    @property
    def record_id(self) -> int:
        return self.row.record_id

    @property
    def uuid(self) -> str:
        return self.row.uuid


@dataclass(frozen=True)
class Facet:
    """A count that is a link: ``term`` added to the query finds exactly these."""

    value: str
    label: str
    count: int
    term: str


@dataclass(frozen=True)
class Results:
    """One page of hits. If ``capped``, there are more than ``total`` in all.

    ``facets`` has ``state``, ``school_year``, ``class`` and ``unit`` (custodian).
    ``next_offset`` is None on the last page.
    """

    query: Query
    hits: list[Hit]
    total: int
    capped: bool
    facets: Mapping[str, list[Facet]]
    next_offset: int | None


_TERMS = {
    "state": "trạng thái",
    "school_year": "năm",
    "class": "lớp",
    "unit": "đơn vị",
}


def search_records(
    query: str, user: User, *, limit: int = PAGE, offset: int = 0
) -> Results:
    """Find among the records that ``user`` may see; nothing else is even counted.

    Any text is a query (see ``search.query.parse``). Best first; without words, the
    newest first. The number of database queries does not depend on the data.
    """
    asked = parse(query)
    limit, offset = max(1, min(limit, MAX_PAGE)), max(0, min(offset, CAP))
    found = get_backend().search(
        ensure_index().generation,
        asked,
        Record.objects.visible_to(user),
        limit=limit,
        offset=offset,
    )
    after = offset + len(found.rows)
    return Results(
        query=asked,
        hits=[_hit(row, asked) for row in found.rows],
        total=found.total,
        capped=found.capped,
        facets={
            name: [_facet(name, count) for count in counts]
            for name, counts in found.facets.items()
        },
        next_offset=after if found.rows and after < found.total else None,
    )


def _hit(row: Row, asked: Query) -> Hit:
    words, prefix = asked.marked, asked.begun
    return Hit(
        row=row,
        name=marked(row.name, words, prefix),
        unit=marked(row.unit, words | asked.marked_in_unit, prefix),
        # Comments are searched for whole words only.
        snippet=snippet(row.body, words),
    )


def _facet(name: str, count: FacetCount) -> Facet:
    term = f'{_TERMS[name]}:"{count.value}"'
    return Facet(count.value, count.label, count.count, term)
