"""SQLite: FTS5 over normalised columns, kept in step with the table by triggers.

The built-in tokenizers fold neither đ nor every mark, so they only split at spaces
here. External content, because deletion from a contentless index needs SQLite 3.43.
"""

from __future__ import annotations

from django.db import DatabaseError, connection, transaction

from ..projection import Document
from ..query import Query
from ..text import Word
from .base import CAP
from .sql import Part, SqlBackend, Values

_OTHERS = ["initials", "codes", "unit_folded", "body_exact", "body_folded"]
_FTS = ["name_exact", "name_folded", *_OTHERS]
# In the order of _FTS; a hit with the right marks counts in both streams.
_WEIGHTS = "5, 5, 5, 10, 1, 2, 1"
_FOLDED = "{name_folded initials codes unit_folded body_folded}"
_EXACT = "{name_exact body_exact}"


class SqliteBackend(SqlBackend):
    # Exactly this makes it the rowid, by which the index finds the table.
    key = "integer PRIMARY KEY"
    token_columns = dict.fromkeys(_OTHERS, "text NOT NULL")

    def create_token_index(self, table: str) -> None:
        fts, columns = f"{table}_fts", ", ".join(_FTS)
        new = ", ".join(f"new.{name}" for name in _FTS)
        old = ", ".join(f"old.{name}" for name in _FTS)
        add = (
            f"INSERT INTO {table}_fts(rowid, {columns}) VALUES (new.record_id, {new});"
        )
        take = (
            f"INSERT INTO {table}_fts({table}_fts, rowid, {columns})"
            f" VALUES ('delete', old.record_id, {old});"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE VIRTUAL TABLE {fts} USING fts5({columns},"
                f" content='{table}', content_rowid='record_id', prefix='1 2 3',"
                " tokenize='unicode61 remove_diacritics 0')"
            )
            for event, body in (
                ("INSERT", add),
                ("DELETE", take),
                ("UPDATE", take + add),
            ):
                cursor.execute(
                    f"CREATE TRIGGER {table}_{event.lower()} AFTER {event} ON {table}"
                    f" BEGIN {body} END"
                )

    def drop(self, generation: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.table(generation)}_fts")
        super().drop(generation)

    def token_values(self, document: Document) -> Values:
        tokens = document.tokens
        streams = (tokens.codes, tokens.unit, tokens.body_exact, tokens.body_folded)
        return [tokens.initials, *map(" ".join, streams)]

    def faults(self, generation: int) -> list[str]:
        fts = f"{self.table(generation)}_fts"
        # Rank 1: compare the index with the table as well, not only with itself.
        check = f"INSERT INTO {fts}({fts}, rank) VALUES ('integrity-check', 1)"
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(check)
        except DatabaseError:
            return ["index_damaged"]
        return []

    def contains(self, column: str) -> str:
        return f"(instr({column}, %s) > 0)"

    def matched(self, table: str, query: Query, where: str, values: Values) -> Part:
        expression = _expression(query)
        if not expression:
            return Part(
                f"SELECT d.record_id, 0 AS relevance FROM {table} d WHERE {where}"
                f" ORDER BY d.record_id DESC LIMIT {CAP + 1}",
                values,
            )
        fts = f"{table}_fts"
        # CROSS JOIN: the planner must start from the matches. bm25 is lower for a
        # better match.
        return Part(
            f"SELECT d.record_id, -bm25({fts}, {_WEIGHTS}) AS relevance"
            f" FROM {fts} CROSS JOIN {table} d ON d.record_id = {fts}.rowid"
            f" WHERE {fts} MATCH %s AND {where}"
            f" ORDER BY {fts}.rowid DESC LIMIT {CAP + 1}",
            [expression, *values],
        )


def _expression(query: Query) -> str:
    """What FTS5 is asked. Tokens hold letters and digits only, so none can escape."""
    words = _terms(query)
    parts = [f'{{codes}} : "{code}"' for code in query.codes]
    if query.schools:
        schools = " OR ".join(_phrase(word.folded) for word in query.schools)
        parts.append(f"{{unit_folded}} : ({schools})")
    if words:
        parts.append(f"{_FOLDED} : ({' AND '.join(words)})")
        parts.append(f"({_rewards(query.words, words[0])})")
    return " AND ".join(parts)


def _terms(query: Query) -> list[str]:
    terms = [_phrase(word.folded) for word in query.words]
    if query.prefix:
        terms[-1] += " *"
    return terms


def _rewards(words: tuple[Word, ...], sure: str) -> str:
    """Words that count when they are there; ``sure`` makes them optional."""
    exact = " OR ".join(_phrase(word.exact) for word in words)
    together = _phrase(tuple(token for word in words for token in word.folded))
    return f"{_FOLDED} : ({sure} OR {together}) OR {_EXACT} : ({exact})"


def _phrase(tokens: tuple[str, ...]) -> str:
    return f'"{" ".join(tokens)}"'
