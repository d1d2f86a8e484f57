"""What the two databases have in common.

One table per generation stands beside the legal tables, so that visibility is a
subquery of the same statement.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models.expressions import RawSQL

from documents.querysets import RecordQuerySet

from ..projection import Document
from ..query import Query
from .base import CAP, FACETS, Backend, FacetCount, Found, Row

TABLE = "search_records_g"
CHUNK = 200
PAGE = 2_000

Values = list[Any]

# What every match is filtered, ranked and counted by comes first: SQLite then finds
# it without following a long row through its overflow pages.
COLUMNS = {
    "revision": "bigint NOT NULL",
    "uuid": "text NOT NULL",
    "code": "text NOT NULL",
    "kind": "text NOT NULL",
    "state": "text NOT NULL",
    "school_year": "text NOT NULL",
    "class_name": "text NOT NULL",
    "unit_code": "text NOT NULL",
    "unit_name": "text NOT NULL",
    "class_key": "text NOT NULL",
    "grade": "text NOT NULL",
    "given": "text NOT NULL",
    "name_exact": "text NOT NULL",
    "name_folded": "text NOT NULL",
    "name": "text NOT NULL",
    "unit": "text NOT NULL",
    "body": "text NOT NULL",
}
_ROW = ", ".join(field.name for field in fields(Row))
_COUNTED = "d.state, d.school_year, d.class_key, d.class_name, d.unit_code, d.unit_name"


class Part(NamedTuple):
    """A piece of SQL and its parameters."""

    sql: str
    values: Values


class Ranks(NamedTuple):
    """Expressions of which the higher is the better hit, the first first."""

    sql: list[str]
    values: Values


class SqlBackend(Backend):
    """The statements that differ only in how tokens are matched.

    Values always travel as parameters; only names made here are put into SQL.
    """

    key: str
    table_options = ""
    token_columns: dict[str, str]

    @abstractmethod
    def create_token_index(self, table: str) -> None:
        """What is needed beside the table to match tokens."""

    @abstractmethod
    def token_values(self, document: Document) -> Values:
        """The values of ``token_columns``."""

    @abstractmethod
    def matched(self, table: str, query: Query, columns: Part, where: Part) -> Part:
        """SQL for ``columns`` and relevance of at most CAP + 1 rows, the newest.

        ``columns`` and ``where`` call the table ``d``.
        """

    @abstractmethod
    def contains(self, column: str) -> str:
        """SQL for 1 if the column holds the parameter, else 0."""

    # -- Building ------------------------------------------------------------------

    def create(self, generation: int) -> None:
        table = self.table(generation)
        columns = ", ".join(f"{name} {kind}" for name, kind in self._columns().items())
        with transaction.atomic():
            self.drop(generation)
            _execute(f"CREATE TABLE {table} ({columns}) {self.table_options}")
            self.create_token_index(table)

    def drop(self, generation: int) -> None:
        _execute(f"DROP TABLE IF EXISTS {self.table(generation)}")

    def generations(self) -> list[int]:
        names = connection.introspection.table_names()
        found = (re.fullmatch(rf"{TABLE}(\d+)", name) for name in names)
        return sorted(int(match[1]) for match in found if match)

    def table(self, generation: int) -> str:
        return f"{TABLE}{int(generation)}"

    # -- Writing -------------------------------------------------------------------

    def upsert(self, generation: int, documents: Sequence[Document]) -> None:
        newest = {d.record_id: d for d in sorted(documents, key=_revision)}
        rows = [self._values(newest[key]) for key in sorted(newest)]
        for start in range(0, len(rows), CHUNK):
            self._upsert(self.table(generation), rows[start : start + CHUNK])

    def delete(self, generation: int, record_ids: Sequence[int]) -> None:
        if record_ids:
            places = _places(record_ids)
            table = self.table(generation)
            _execute(f"DELETE FROM {table} WHERE record_id IN {places}", record_ids)

    def revisions(self, generation: int) -> Iterator[tuple[int, int]]:
        sql = (
            f"SELECT record_id, revision FROM {self.table(generation)}"
            f" WHERE record_id > %s ORDER BY record_id LIMIT {PAGE}"
        )
        last: int | None = -1
        while last is not None:
            page = _fetch(sql, [last])
            yield from page
            last = page[-1][0] if page else None

    def _upsert(self, table: str, rows: list[Values]) -> None:
        columns = list(self._columns())
        sets = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        one = f"({', '.join(['%s'] * len(columns))})"
        # >=: writing the same revision again mends what else had changed.
        _execute(
            f"INSERT INTO {table} AS held ({', '.join(columns)})"
            f" VALUES {', '.join([one] * len(rows))}"
            f" ON CONFLICT (record_id) DO UPDATE SET {sets}"
            " WHERE excluded.revision >= held.revision",
            [value for row in rows for value in row],
        )

    def _columns(self) -> dict[str, str]:
        return {"record_id": self.key} | COLUMNS | self.token_columns

    def _values(self, document: Document) -> Values:
        tokens = document.tokens
        derived = {
            "class_key": tokens.class_key,
            "grade": tokens.grade,
            "given": tokens.given,
            "name_exact": padded(tokens.name.exact),
            "name_folded": padded(tokens.name.folded),
        }
        plain = [
            derived[name] if name in derived else getattr(document, name)
            for name in ("record_id", *COLUMNS)
        ]
        return plain + self.token_values(document)

    # -- Searching -----------------------------------------------------------------

    def search(
        self,
        generation: int,
        query: Query,
        visible: RecordQuerySet,
        *,
        limit: int,
        offset: int = 0,
    ) -> Found:
        try:
            seen = _visible(visible)
        except EmptyResultSet:
            return Found()
        table, filters = self.table(generation), _filters(query)
        where = Part(f"{filters.sql} AND {seen.sql}", [*filters.values, *seen.values])
        ranks = self._ranks(query)
        names = "".join(f", {sql} AS rank{n}" for n, sql in enumerate(ranks.sql))
        columns = Part(f"d.record_id, {_COUNTED}{names}", ranks.values)
        matched = self.matched(table, query, columns, where)
        order = [*(f"rank{n}" for n in range(len(ranks.sql))), "relevance", "record_id"]
        ids, combinations = _numbers(matched, order, limit, offset)
        total = sum(combination[-1] for combination in combinations)
        return Found(
            rows=_rows(table, ids),
            total=min(total, CAP),
            capped=total > CAP,
            facets=_facets(combinations),
        )

    def _ranks(self, query: Query) -> Ranks:
        """In the name; with the right marks; as typed; as called."""
        words = query.words
        if not words:
            return Ranks([], [])
        folded = [padded(word.folded) for word in words]
        exact = [padded(word.exact) for word in words]
        # A name that begins with the last word ranks above a comment that has it.
        begun = [folded[-1].rstrip()] if query.prefix else []
        together = padded([token for word in words for token in word.folded])
        given = [word.folded[-1] for word in words]
        in_folded = self.contains("d.name_folded")
        return Ranks(
            [
                " + ".join([in_folded] * len(folded + begun)),
                " + ".join([self.contains("d.name_exact")] * len(exact)),
                in_folded,
                f"CASE WHEN d.given IN {_places(given)} THEN 1 ELSE 0 END",
            ],
            [*folded, *begun, *exact, together, *given],
        )


def padded(tokens: Sequence[str]) -> str:
    """Tokens with a space around each, so that a whole one is found as text."""
    return f" {' '.join(tokens)} "


def _visible(visible: RecordQuerySet) -> Part:
    """The condition that a match is among ``visible``. Raises EmptyResultSet.

    Asked of each match, by key: a list of all that is visible would cost the same
    however little matches.
    """
    one = visible.filter(pk=RawSQL("d.record_id", ())).values("pk")
    sql, values = one.query.sql_with_params()
    return Part(f"EXISTS ({sql})", list(values))


def _filters(query: Query) -> Part:
    """The conditions on columns; true if there are none."""
    parts = ["1 = 1"]
    values: Values = []
    pairs = (
        ("d.state", query.states),
        ("d.school_year", query.years),
        ("d.unit_code", query.units),
    )
    for column, chosen in pairs:
        if chosen:
            parts.append(f"{column} IN {_places(chosen)}")
            values += chosen
    if chosen := query.classes:
        places = _places(chosen)
        parts.append(f"(d.class_key IN {places} OR d.grade IN {places})")
        values += [*chosen, *chosen]
    return Part(" AND ".join(parts), values)


def _numbers(
    matched: Part, order: list[str], limit: int, offset: int
) -> tuple[list[int], list[tuple[Any, ...]]]:
    """The ids of one page, best first, and the counts of each combination of facets.

    One statement: finding and ranking the matches is what costs.
    """
    best = ", ".join(f"{name} DESC" for name in order)
    rows = _fetch(
        f"WITH matched AS MATERIALIZED ({matched.sql}),"
        f" page AS (SELECT {', '.join(order)} FROM matched ORDER BY {best}"
        " LIMIT %s OFFSET %s)"
        " SELECT record_id, '', '', '', '', '', '',"
        f" ROW_NUMBER() OVER (ORDER BY {best}) FROM page"
        " UNION ALL"
        " SELECT NULL, state, school_year, class_key, MIN(class_name), unit_code,"
        " MIN(unit_name), COUNT(*) FROM matched"
        " GROUP BY state, school_year, class_key, unit_code",
        [*matched.values, limit, min(offset, CAP)],
    )
    places = {row[0]: row[-1] for row in rows if row[0] is not None}
    combinations = [row[1:] for row in rows if row[0] is None]
    return sorted(places, key=places.__getitem__), combinations


def _rows(table: str, ids: list[int]) -> list[Row]:
    """The found records in that order, without any that has just gone."""
    if not ids:
        return []
    sql = f"SELECT {_ROW} FROM {table} WHERE record_id IN {_places(ids)}"
    rows = {row[0]: Row(*row) for row in _fetch(sql, ids)}
    return [rows[record_id] for record_id in ids if record_id in rows]


def _facets(combinations: list[tuple[Any, ...]]) -> dict[str, list[FacetCount]]:
    """Each facet for itself, the greatest count first."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    labels: dict[str, dict[str, str]] = {name: {} for name in FACETS}
    for state, year, key, class_name, unit, unit_name, count in combinations:
        values = (state, year, key, unit)
        names = (state, year, class_name, unit_name)
        for facet, value, label in zip(FACETS, values, names, strict=True):
            counts[facet][value] += count
            labels[facet].setdefault(value, label)
    return {
        facet: [
            FacetCount(value, labels[facet][value], count)
            for value, count in sorted(counted.items(), key=lambda i: (-i[1], i[0]))
        ]
        for facet, counted in counts.items()
    }


def _revision(document: Document) -> int:
    return document.revision


def _places(values: Sequence[Any]) -> str:
    return f"({', '.join(['%s'] * len(values))})"


def _execute(sql: str, values: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values) or None)


def _fetch(sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values) or None)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
