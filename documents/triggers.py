"""Triggers that refuse to rewrite history, whoever asks, on both databases.

They are installed after each migrate and not by a migration: SQLite's schema editor
rebuilds tables and would drop them silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

APPEND_ONLY = (
    "documents_version",
    "documents_ledgerentry",
    "documents_signature",
    "documents_artifact",
    "documents_readlog",
)
# A locked record may only change hands: these are all of its columns that may move.
MOVABLE = ("state", "custodian_id", "revision")
KEPT = (*APPEND_ONLY, "documents_record")
FINAL = "('locked', 'transferred')"
PREFIX = "hocba_keep_"


def install_after_migrate(*, using: str, **kwargs: Any) -> None:
    install(using)


def install(using: str = "default") -> None:
    """Create all triggers; harmless when they stand already."""
    connection = connections[using]
    if APPEND_ONLY[0] not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in _statements(connection):
            cursor.execute(statement)


def remove(using: str = "default") -> None:
    """Drop all triggers. Only the test database's own flush may need this."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for table, name in sorted(installed(using)):
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def installed(using: str = "default") -> set[tuple[str, str]]:
    """The (table, trigger) pairs of ours that stand and are enabled."""
    connection = connections[using]
    query = (
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        if connection.vendor == "postgresql"
        else "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows = cursor.fetchall()
    return {(table, name) for table, name in rows if name.startswith(PREFIX)}


def expected(using: str = "default") -> set[tuple[str, str]]:
    """The (table, trigger) pairs that must stand."""
    events = ["update", "delete"]
    if connections[using].vendor == "postgresql":
        events.append("truncate")
    names = {(t, f"{PREFIX}{t}_{event}") for t in APPEND_ONLY for event in events}
    if connections[using].vendor == "sqlite":
        names |= {(t, f"{PREFIX}{t}_insert") for t in KEPT}
        names.add(("documents_record", f"{PREFIX}record_replace"))
    names |= {("documents_record", f"{PREFIX}record_{event}") for event in events}
    return names | {("documents_version", f"{PREFIX}version_insert")}


def _statements(connection: BaseDatabaseWrapper) -> Iterator[str]:
    with connection.cursor() as cursor:
        description = connection.introspection.get_table_description(
            cursor, "documents_record"
        )
    columns = sorted(c.name for c in description if c.name not in MOVABLE)
    if connection.vendor == "postgresql":
        yield from _postgresql(columns)
    else:
        yield from _sqlite(columns, {table: _keys(connection, table) for table in KEPT})


def _keys(connection: BaseDatabaseWrapper, table: str) -> list[list[str]]:
    """The column lists that no two rows of a table may share."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table).values()
    return sorted(
        one["columns"] for one in constraints if one["unique"] or one["primary_key"]
    )


def _collides(keys: list[list[str]]) -> str:
    """SQL: the row t has a key of NEW."""
    equal = [" AND ".join(f"t.{c} = NEW.{c}" for c in columns) for columns in keys]
    return " OR ".join(f"({both})" for both in equal)


def _sqlite(columns: list[str], keys: dict[str, list[list[str]]]) -> Iterator[str]:
    def trigger(name: str, event: str, when: str, message: str) -> Iterator[str]:
        yield f"DROP TRIGGER IF EXISTS {name}"
        yield (
            f"CREATE TRIGGER {name} BEFORE {event} WHEN {when}"
            f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )

    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            name = f"{PREFIX}{table}_{event.lower()}"
            message = f"{table} is append-only"
            yield from trigger(name, f"{event} ON {table}", "1", message)
    # OR REPLACE removes every row that shares a key, asking no DELETE trigger.
    for table in KEPT:
        yield from trigger(
            f"{PREFIX}{table}_insert",
            f"INSERT ON {table}",
            f"EXISTS (SELECT 1 FROM {table} t WHERE {_collides(keys[table])})",
            f"{table}: a row is never replaced",
        )
    own = keys["documents_record"]
    rekeyed = " OR ".join(
        f"OLD.{c} IS NOT NEW.{c}" for c in sorted({c for key in own for c in key})
    )
    yield from trigger(
        f"{PREFIX}record_replace",
        "UPDATE ON documents_record",
        f"({rekeyed}) AND EXISTS (SELECT 1 FROM documents_record t"
        f" WHERE t.id <> OLD.id AND t.state IN {FINAL} AND ({_collides(own)}))",
        "a locked record is never replaced",
    )
    moved = " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in columns)
    yield from trigger(
        f"{PREFIX}record_update",
        "UPDATE ON documents_record",
        f"OLD.state IN {FINAL} AND (NEW.state NOT IN {FINAL} OR {moved})",
        "a locked record does not change",
    )
    yield from trigger(
        f"{PREFIX}record_delete",
        "DELETE ON documents_record",
        f"OLD.state IN {FINAL}",
        "a locked record is never removed",
    )
    yield from trigger(
        f"{PREFIX}version_insert",
        "INSERT ON documents_version",
        "EXISTS (SELECT 1 FROM documents_record r"
        f" WHERE r.id = NEW.record_id AND r.state IN {FINAL})",
        "a locked record gains no versions",
    )


REFUSE = """
CREATE OR REPLACE FUNCTION hocba_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
# What stands in a WHEN clause cannot look at other tables.
REFUSE_VERSION = f"""
CREATE OR REPLACE FUNCTION hocba_refuse_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM documents_record r
             WHERE r.id = NEW.record_id AND r.state IN {FINAL}) THEN
    RAISE EXCEPTION 'a locked record gains no versions'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$
"""


def _postgresql(columns: list[str]) -> Iterator[str]:
    def trigger(name: str, event: str, how: str, message: str) -> Iterator[str]:
        table = event.split(" ON ")[1]
        yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
        yield (
            f"CREATE TRIGGER {name} BEFORE {event} {how}"
            f" EXECUTE FUNCTION hocba_refuse('{message}')"
        )

    yield REFUSE
    yield REFUSE_VERSION
    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE", "TRUNCATE"):
            name = f"{PREFIX}{table}_{event.lower()}"
            message = f"{table} is append-only"
            yield from trigger(
                name, f"{event} ON {table}", "FOR EACH STATEMENT", message
            )
    old, new = (", ".join(f"{row}.{c}" for c in columns) for row in ("OLD", "NEW"))
    yield from trigger(
        f"{PREFIX}record_update",
        "UPDATE ON documents_record",
        f"FOR EACH ROW WHEN (OLD.state IN {FINAL} AND (NEW.state NOT IN {FINAL}"
        f" OR ({old}) IS DISTINCT FROM ({new})))",
        "a locked record does not change",
    )
    yield from trigger(
        f"{PREFIX}record_delete",
        "DELETE ON documents_record",
        f"FOR EACH ROW WHEN (OLD.state IN {FINAL})",
        "a locked record is never removed",
    )
    yield from trigger(
        f"{PREFIX}record_truncate",
        "TRUNCATE ON documents_record",
        "FOR EACH STATEMENT",
        "records are never emptied",
    )
    yield "DROP TRIGGER IF EXISTS hocba_keep_version_insert ON documents_version"
    yield (
        "CREATE TRIGGER hocba_keep_version_insert BEFORE INSERT ON documents_version"
        " FOR EACH ROW EXECUTE FUNCTION hocba_refuse_version()"
    )
