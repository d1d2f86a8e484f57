"""The engines that can answer; the database of the tables decides which does."""

from __future__ import annotations

from functools import cache

from django.db import connection

from .base import CAP, FACETS, Backend, FacetCount, Found, Row
from .postgresql import PostgresqlBackend
from .sqlite import SqliteBackend

BACKENDS: dict[str, type[Backend]] = {
    "sqlite": SqliteBackend,
    "postgresql": PostgresqlBackend,
}


def get_backend() -> Backend:
    """The backend of this installation. Raises KeyError for another database."""
    return _backend(connection.vendor)


@cache
def _backend(vendor: str) -> Backend:
    return BACKENDS[vendor]()


__all__ = ["CAP", "FACETS", "Backend", "FacetCount", "Found", "Row", "get_backend"]
