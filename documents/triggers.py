"""Triggers that refuse to rewrite history, whoever asks, on both databases.

They are installed after each migrate and not by a migration: SQLite's schema editor
rebuilds tables and would drop them silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

APPEND_ONLY = (
    "documents_version",
    "documents_ledgerentry",
    "documents_signature",
    "documents_artifact",
    "documents_readlog",
    "documents_checkpoint",
    "documents_sealedhead",
    # What keys have answered: a second attempt must find it.
    "workflow_journalentry",
)
# A locked record may only change hands: these are all of its columns that may move.
MOVABLE = ("state", "custodian_id", "revision")
KEPT = (*APPEND_ONLY, "documents_record")
FINAL = "('locked', 'transferred')"
OURS = "hocba_"
PREFIX = "hocba_keep_"


# Table and name of a trigger.
Key = tuple[str, str]


class Fault(NamedTuple):
    """A trigger that is not as it must be; ``how`` is "missing" or "altered".

    ``table`` is empty for a function that the triggers call.
    """

    table: str
    name: str
    how: str


def install_after_migrate(*, using: str, **kwargs: Any) -> None:
    install(using)


def install(using: str = "default") -> None:
    """Create all triggers; harmless when they stand already.

    Nothing happens before the last of the tables is there.
    """
    connection = connections[using]
    if not set(KEPT) <= set(connection.introspection.table_names()):
        return
    if connection.vendor == "postgresql":
        # It alters no table for which checks of this transaction are still pending.
        connection.check_constraints()
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


def faults(using: str = "default") -> list[Fault]:
    """What the database does not refuse any more, by the triggers' own text."""
    wanted, found = expected(using), installed(using)
    if connections[using].vendor == "postgresql":
        wanted |= {("", name): body for name, body in BODIES.items()}
        found |= _functions(connections[using])
    missing = [Fault(*key, "missing") for key in wanted.keys() - found.keys()]
    altered = [
        Fault(*key, "altered")
        for key in wanted.keys() & found.keys()
        if wanted[key] != found[key]
    ]
    return sorted(missing + altered)


def installed(using: str = "default") -> dict[Key, str]:
    """The text of each of our triggers that stands and is enabled."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        return _installed_on_postgresql(connection)
    return _rows(
        connection,
        "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'",
    )


def expected(using: str = "default") -> dict[Key, str]:
    """The text of each trigger that must stand, as the database would write it."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        return _expected_on_postgresql(using)
    found = {}
    for statement in _statements(connection):
        if statement.startswith("CREATE TRIGGER"):
            words = statement.split()
            found[words[words.index("ON") + 1], words[2]] = statement
    return found


def _rows(connection: BaseDatabaseWrapper, query: str) -> dict[Key, str]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows = cursor.fetchall()
    return {(table, name): text for table, name, text in rows if name.startswith(OURS)}


# Always ("A"), not only at the origin: one setting of a session would pass the others.
TRIGGERS = """
SELECT relname::text, tgname::text, pg_get_triggerdef(t.oid)
  FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
 WHERE NOT tgisinternal AND tgenabled = 'A' AND relnamespace = {schema}
"""
FUNCTIONS = """
SELECT '', proname::text, prosrc FROM pg_proc WHERE pronamespace = {schema}
"""
OWN_SCHEMA = (
    "(SELECT relnamespace FROM pg_class WHERE oid = 'documents_record'::regclass)"
)


def _installed_on_postgresql(connection: BaseDatabaseWrapper) -> dict[Key, str]:
    rows = _rows(connection, TRIGGERS.format(schema=OWN_SCHEMA))
    return {key: _without_schema(text) for key, text in rows.items()}


def _functions(connection: BaseDatabaseWrapper) -> dict[Key, str]:
    return _rows(connection, FUNCTIONS.format(schema=OWN_SCHEMA))


def _expected_on_postgresql(using: str) -> dict[Key, str]:
    """Ask PostgreSQL itself, which writes conditions in its own words.

    The triggers are made on empty temporary twins of the tables, which nobody else
    sees and which are gone at once.
    """
    connection = connections[using]
    statements = [
        statement.replace("FUNCTION hocba_", "FUNCTION pg_temp.hocba_")
        for statement in _statements(connection)
        if not statement.startswith("DROP")
    ]
    with transaction.atomic(using), connection.cursor() as cursor:
        for table in KEPT:
            cursor.execute(
                f"CREATE TEMPORARY TABLE {table} AS SELECT * FROM {table} WHERE false"
            )
        for statement in statements:
            cursor.execute(statement)
        twins = TRIGGERS.format(schema="pg_my_temp_schema()")
        rows = _rows(connection, twins)
        transaction.set_rollback(True, using)
    return {key: _without_schema(text) for key, text in rows.items()}


def _without_schema(text: str) -> str:
    """What a definition says apart from where table and function lie."""
    return re.sub(r"\b(ON|FUNCTION) (?:[\w]+|\"[^\"]+\")\.", r"\1 ", text)


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


# What stands in a WHEN clause cannot look at other tables. The table is named by the
# schema of the trigger's own: a temporary one of that name would otherwise be asked.
BODIES = {
    "hocba_refuse": """
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END """,
    "hocba_refuse_version": f"""
DECLARE final boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.documents_record'
                 ' WHERE id = $1 AND state IN {FINAL.replace("'", "''")})',
                 TG_TABLE_SCHEMA) INTO final USING NEW.record_id;
  IF final THEN
    RAISE EXCEPTION 'a locked record gains no versions'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END """,
}


def _postgresql(columns: list[str]) -> Iterator[str]:
    def trigger(name: str, event: str, how: str, message: str) -> Iterator[str]:
        table = event.split(" ON ")[1]
        yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
        yield (
            f"CREATE TRIGGER {name} BEFORE {event} {how}"
            f" EXECUTE FUNCTION hocba_refuse('{message}')"
        )
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"

    for function, body in BODIES.items():
        yield (
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger"
            f" LANGUAGE plpgsql AS $${body}$$"
        )
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
    inserted = f"{PREFIX}version_insert"
    yield f"DROP TRIGGER IF EXISTS {inserted} ON documents_version"
    yield (
        f"CREATE TRIGGER {inserted} BEFORE INSERT ON documents_version"
        " FOR EACH ROW EXECUTE FUNCTION hocba_refuse_version()"
    )
    yield f"ALTER TABLE documents_version ENABLE ALWAYS TRIGGER {inserted}"
