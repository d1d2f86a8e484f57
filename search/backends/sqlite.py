"""SQLite: FTS5 over normalised columns, kept in step with the table by triggers.

The built-in tokenizers fold neither đ nor every mark, so they only split at spaces
here. External content, because deletion from a contentless index needs SQLite 3.43.
"""

from __future__ import annotations

from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper

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
# Not codes: "be" begins one of 256 look-up codes.
_BEGUN = "{name_folded unit_folded}"
_MERGED = 500  # pages in one go
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

    def settle(self, generation: int) -> None:
        fts = f"{self.table(generation)}_fts"
        # A build leaves many small segments, each of which a search would read. Not
        # "optimize": that would keep every other writer out until it is done.
        pages, left = -_MERGED, True
        with connection.cursor() as cursor:
            while left:
                before = _changes(cursor)
                cursor.execute(
                    f"INSERT INTO {fts}({fts}, rank) VALUES ('merge', %s)", [pages]
                )
                # Fewer than two changes: nothing was left (sqlite.org/fts5.html §6.8).
                pages, left = _MERGED, _changes(cursor) - before >= 2

    def drop(self, generation: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.table(generation)}_fts")
        super().drop(generation)

    def token_values(self, document: Document) -> Values:
        tokens = document.tokens
        unit, body = tokens.unit, tokens.body
        streams = (tokens.codes, unit.folded, body.exact + unit.exact, body.folded)
        return [tokens.initials, *map(" ".join, streams)]

    def faults(self, generation: int) -> list[str]:
        fts = f"{self.table(generation)}_fts"
        # Rank 1: compare the index with the table as well, not only with itself.
        check = f"INSERT INTO {fts}({fts}, rank) VALUES ('integrity-check', 1)"
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(check)
        except DatabaseError:
            return ["damaged"]
        return []

    def contains(self, column: str) -> str:
        return f"(instr({column}, %s) > 0)"

    def matched(self, table: str, query: Query, columns: Part, where: Part) -> Part:
        expression, fts = _expression(query), f"{table}_fts"
        if not expression:
            return Part(
                f"SELECT {columns.sql}, 0 AS relevance FROM {table} d"
                f" WHERE {where.sql} ORDER BY d.record_id DESC LIMIT {CAP + 1}",
                [*columns.values, *where.values],
            )
        # bm25 is lower for a better match, and costs nothing that is not matched.
        rank = f"-bm25({fts}, {_WEIGHTS})" if query.words else "0"
        # CROSS JOIN: the planner must start from the matches.
        return Part(
            f"SELECT {columns.sql}, {rank} AS relevance"
            f" FROM {fts} CROSS JOIN {table} d ON d.record_id = {fts}.rowid"
            f" WHERE {fts} MATCH %s AND {where.sql}"
            f" ORDER BY {fts}.rowid DESC LIMIT {CAP + 1}",
            [*columns.values, expression, *where.values],
        )


def _changes(cursor: CursorWrapper) -> int:
    cursor.execute("SELECT total_changes()")
    return int(cursor.fetchone()[0])


def _expression(query: Query) -> str:
    """What FTS5 is asked. Tokens hold letters and digits only, so none can escape."""
    parts = [f'{{codes}} : "{code}"' for code in query.codes]
    if query.schools:
        schools = " OR ".join(_phrase(word.folded) for word in query.schools)
        parts.append(f"{{unit_folded}} : ({schools})")
    if query.words:
        terms = _terms(query)
        parts += terms
        parts.append(f"({terms[0]} OR {_rewards(query.words)})")
    return " AND ".join(parts)


def _terms(query: Query) -> list[str]:
    """What must be there, one for each word."""
    terms = [f"{_FOLDED} : {_phrase(word.folded)}" for word in query.words]
    if query.prefix:
        begun = f"{_BEGUN} : {_phrase(query.begun)} *"
        terms[-1] = f"({terms[-1]} OR {begun})"
    return terms


def _rewards(words: tuple[Word, ...]) -> str:
    """What counts when it is there."""
    exact = " OR ".join(_phrase(word.exact) for word in words)
    together = tuple(token for word in words for token in word.folded)
    near = f" OR {_FOLDED} : {_phrase(together)}" if len(words) > 1 else ""
    return f"{_EXACT} : ({exact}){near}"


def _phrase(tokens: tuple[str, ...]) -> str:
    return f'"{" ".join(tokens)}"'
