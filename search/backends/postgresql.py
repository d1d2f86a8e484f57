"""PostgreSQL: tsvectors made from our own tokens, behind GIN.

The built-in parser breaks document numbers and keeps runs of CJK as one token, so
it is never asked: vectors and queries are written as literals. Weights say which
field a token is from: A name, B codes and initials, C units, D the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from ..projection import Document
from ..query import Query
from .base import CAP
from .sql import Part, SqlBackend, Values

# Between two fields, so that no phrase reaches from one into the next.
_GAP = 10
_LAST_POSITION = 16_383
# Reading the vectors of many matches is slow: of more, only the newest are ranked by
# the text. All are ranked by the name.
_RANKED = 1_000
# No token holds a colon.
_NAME_OR_UNIT = "n:"
_UNIT = "u:"
_CODE = "c:"


class PostgresqlBackend(SqlBackend):
    key = "bigint PRIMARY KEY"
    # Vectors stay in the row: fetched from elsewhere, each would cost more than the
    # match itself.
    table_options = "WITH (toast_tuple_target = 8160)"
    token_columns = {"folded": "tsvector NOT NULL", "exact": "tsvector NOT NULL"}

    def create_token_index(self, table: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE INDEX ON {table} USING gin (folded)")

    def settle(self, generation: int) -> None:
        with connection.cursor() as cursor:
            # Else the planner knows nothing of the new table and reads all of it.
            cursor.execute(f"ANALYZE {self.table(generation)}")

    def token_values(self, document: Document) -> Values:
        tokens = document.tokens
        folded = (
            (tokens.name.folded, "A"),
            (tokens.codes, "B"),
            ((tokens.initials,) if tokens.initials else (), "B"),
            (tokens.unit.folded, "C"),
            (tokens.body.folded, "D"),
            (_under(_CODE, tokens.codes), "B"),
            (_under(_UNIT, tokens.unit.folded), "C"),
            (_under(_NAME_OR_UNIT, tokens.unit.folded), "C"),
            (_under(_NAME_OR_UNIT, tokens.name.folded), "A"),
        )
        exact = (
            (tokens.name.exact, "A"),
            (tokens.unit.exact, "C"),
            (tokens.body.exact, "D"),
        )
        return [_vector(folded), _vector(exact)]

    def faults(self, generation: int) -> list[str]:
        # Table and index share their transactions here: nothing can differ.
        return []

    def contains(self, column: str) -> str:
        return f"(strpos({column}, %s) > 0)::int"

    def matched(self, table: str, query: Query, columns: Part, where: Part) -> Part:
        conditions = _conditions(query)
        match = "".join(" AND d.folded @@ %s::tsquery" for _ in conditions)
        newest = (
            "SELECT d.*, ROW_NUMBER() OVER (ORDER BY d.record_id DESC) AS place"
            f" FROM {table} d WHERE {where.sql}{match}"
            f" ORDER BY d.record_id DESC LIMIT {CAP + 1}"
        )
        rank, rank_values = _relevance(query)
        return Part(
            f"SELECT {columns.sql}, {rank} AS relevance FROM ({newest}) AS d",
            [*columns.values, *rank_values, *where.values, *conditions],
        )


def _under(field: str, tokens: Sequence[str]) -> list[str]:
    """Tokens as a query finds them in that field only."""
    return [field + token for token in tokens]


def _vector(streams: Iterable[tuple[Sequence[str], str]]) -> str:
    """The literal of a tsvector: every token with its positions and weight."""
    places: dict[str, list[str]] = {}
    position = 1
    for tokens, weight in streams:
        for token in tokens:
            at = min(position, _LAST_POSITION)
            places.setdefault(token, []).append(f"{at}{weight}")
            position += 1
        position += _GAP
    return " ".join(f"'{token}':{','.join(at)}" for token, at in places.items())


def _conditions(query: Query) -> list[str]:
    """The tsqueries that must all hold."""
    conditions = [_phrase([_CODE + code]) for code in query.codes]
    if query.schools:
        schools = (_phrase(_under(_UNIT, word.folded)) for word in query.schools)
        conditions.append(" | ".join(schools))
    if query.words:
        conditions.append(_all_words(query))
    return conditions


def _all_words(query: Query) -> str:
    terms = [_phrase(word.folded) for word in query.words]
    if query.prefix:
        # Not in codes: "be" begins one of 256 look-up codes.
        begun = _phrase(_under(_NAME_OR_UNIT, query.begun))
        terms[-1] = f"({terms[-1]} | {begun}:*)"
    return " & ".join(terms)


def _relevance(query: Query) -> Part:
    """Near each other counts, and so do words with the right marks."""
    if not query.words:
        return Part("0", [])
    exact = " | ".join(_phrase(word.exact) for word in query.words)
    return Part(
        f"CASE WHEN place > {_RANKED} THEN 0 ELSE ts_rank_cd(folded, %s::tsquery)"
        " + 2 * ts_rank(exact, %s::tsquery) END",
        [_all_words(query), exact],
    )


def _phrase(tokens: Sequence[str]) -> str:
    """Tokens beside each other. They hold letters and digits only, so none can end
    its quotes.
    """
    return " <-> ".join(f"'{token}'" for token in tokens)
