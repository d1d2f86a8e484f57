"""Feeding the index after commit."""

from __future__ import annotations

import logging
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection

from .indexing import ensure_index, index_records, reconcile_index
from .models import Index

logger = logging.getLogger(__name__)


def feed(*, record_ids: list[int], **kwargs: Any) -> None:
    """Index what has changed. Never raises: the change is committed and stays.

    What is missed here is found by ``reconcile_index``.
    """
    try:
        index_records(record_ids)
    except Exception:
        logger.exception("%d records wait for the reconciler", len(record_ids))


def reconcile(**kwargs: Any) -> None:
    """Mend what feeding missed, each time that the background work reconciles."""
    if mended := reconcile_index():
        logger.warning("the index was behind by %d records", mended)


def make_index(*, using: str, **kwargs: Any) -> None:
    """After migrate: a search must find an index, even an empty one."""
    # Migrating backwards leaves no table for the row.
    tables = connection.introspection.table_names()
    if using == DEFAULT_DB_ALIAS and Index._meta.db_table in tables:
        ensure_index()
