"""What the two databases have in common.

One table per generation stands beside the legal tables, so that visibility is a
subquery of the same statement.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction

from documents.querysets import RecordQuerySet

from ..projection import Document
from ..query import Query
from .base import CAP, FACETS, Backend, FacetCount, Found, Row

TABLE = "search_records_g"
CHUNK = 200
PAGE = 2_000

Values = list[Any]

# Original texts and filters, then what the order of hits is made from.
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
    "name": "text NOT NULL",
    "unit": "text NOT NULL",
    "body": "text NOT NULL",
    "class_key": "text NOT NULL",
    "grade": "text NOT NULL",
    "given": "text NOT NULL",
    "name_exact": "text NOT NULL",
    "name_folded": "text NOT NULL",
}
_FACET_COLUMNS = {
    "state": ("state", "state"),
    "school_year": ("school_year", "school_year"),
    "class": ("class_key", "class_name"),
    "unit": ("unit_code", "unit_name"),
}
_ROW = ", ".join(f"d.{field.name}" for field in fields(Row))


class Part(NamedTuple):
    """A piece of SQL and its parameters."""

    sql: str
    values: Values


class SqlBackend(Backend):
    """The statements that differ only in how tokens are matched.

    Values always travel as parameters; only names made here are put into SQL.
    """

    key: str
    token_columns: dict[str, str]

    @abstractmethod
    def create_token_index(self, table: str) -> None:
        """What is needed beside the table to match tokens."""

    @abstractmethod
    def token_values(self, document: Document) -> Values:
        """The values of ``token_columns``."""

    @abstractmethod
    def matched(self, table: str, query: Query, where: str, values: Values) -> Part:
        """SQL for (record_id, relevance) of at most CAP + 1 rows, newest first."""

    @abstractmethod
    def contains(self, column: str) -> str:
        """SQL for 1 if the column holds the parameter, else 0."""

    # -- Building ------------------------------------------------------------------

    def create(self, generation: int) -> None:
        table = self.table(generation)
        columns = ", ".join(f"{name} {kind}" for name, kind in self._columns().items())
        with transaction.atomic():
            self.drop(generation)
            _execute(f"CREATE TABLE {table} ({columns})")
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
            "name_exact": padded(tokens.name_exact),
            "name_folded": padded(tokens.name_folded),
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
            scope, scope_values = visible.values("pk").query.sql_with_params()
        except EmptyResultSet:
            return Found()
        table = self.table(generation)
        where, values = _filters(query)
        where += f" AND d.record_id + 0 IN ({scope})"
        matched = self.matched(table, query, where, [*values, *scope_values])
        counts = _counts(table, matched)
        total = sum(facet.count for facet in counts["state"])
        return Found(
            rows=self._page(table, query, matched, limit, offset) if total else [],
            total=min(total, CAP),
            capped=total > CAP,
            facets=counts,
        )

    def _page(
        self, table: str, query: Query, matched: Part, limit: int, offset: int
    ) -> list[Row]:
        order, order_values = self._order(query)
        sql = (
            f"WITH matched AS ({matched.sql}) SELECT {_ROW} FROM matched m"
            f" JOIN {table} d ON d.record_id = m.record_id"
            f" ORDER BY {order} d.record_id DESC LIMIT %s OFFSET %s"
        )
        values = [*matched.values, *order_values, limit, min(offset, CAP)]
        return [Row(*row) for row in _fetch(sql, values)]

    def _order(self, query: Query) -> Part:
        """In the name; with the right marks; as typed; as called; by the engine."""
        words = query.words
        if not words:
            return Part("", [])
        folded = [padded(word.folded) for word in words]
        exact = [padded(word.exact) for word in words]
        # A name that begins with the last word ranks above a comment that has it.
        begun = [folded[-1].rstrip()] if query.prefix else []
        together = padded([token for word in words for token in word.folded])
        in_folded = self.contains("d.name_folded")
        sums = [
            " + ".join([in_folded] * len(folded + begun)),
            " + ".join([self.contains("d.name_exact")] * len(exact)),
            in_folded,
        ]
        given = [word.folded[-1] for word in words]
        flag = f"CASE WHEN d.given IN {_places(given)} THEN 1 ELSE 0 END"
        terms = [*sums, flag, "m.relevance"]
        sql = " ".join(f"{term} DESC," for term in terms)
        return Part(sql, [*folded, *begun, *exact, together, *given])


def padded(tokens: Sequence[str]) -> str:
    """Tokens with a space around each, so that a whole one is found as text."""
    return f" {' '.join(tokens)} "


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


def _counts(table: str, matched: Part) -> dict[str, list[FacetCount]]:
    """Every facet in one statement, the greatest count first."""
    selects = [
        f"SELECT '{name}', {value}, MIN({label}), COUNT(*) FROM found GROUP BY {value}"
        for name, (value, label) in _FACET_COLUMNS.items()
    ]
    rows = _fetch(
        f"WITH matched AS ({matched.sql}), found AS MATERIALIZED ("
        "SELECT d.state, d.school_year, d.class_key, d.class_name, d.unit_code,"
        f" d.unit_name FROM matched m JOIN {table} d ON d.record_id = m.record_id)"
        f" {' UNION ALL '.join(selects)} ORDER BY 4 DESC, 2",
        matched.values,
    )
    counts: dict[str, list[FacetCount]] = {name: [] for name in FACETS}
    for name, value, label, count in rows:
        counts[name].append(FacetCount(value, label, count))
    return counts


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
