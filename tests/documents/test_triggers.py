"""A trigger that was dropped, switched off or rewritten is found by its own text."""

from __future__ import annotations

import pytest
from django.db import connection

from documents import triggers
from documents.checks import triggers_are_in_place
from documents.triggers import PREFIX, Fault

postgresql_only = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="PostgreSQL's own"
)
ON = " ON {table}" if connection.vendor == "postgresql" else ""


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def weakened(table: str, name: str) -> str:
    """A trigger of the same name that lets everything through."""
    if connection.vendor == "sqlite":
        return f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} BEGIN SELECT 1; END"
    return (
        f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW"
        " WHEN (OLD.id < 0) EXECUTE FUNCTION hocba_refuse('no');"
        f" ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
    )


def test_all_triggers_stand_after_migrate(db: None):
    assert triggers.faults() == []
    assert triggers.installed() == triggers.expected()
    tables = {table for table, _name in triggers.expected()}
    assert tables == set(triggers.KEPT)


@pytest.mark.parametrize("table", triggers.KEPT)
def test_a_trigger_that_was_dropped_is_missing(db: None, table: str):
    name = next(name for where, name in sorted(triggers.expected()) if where == table)

    execute(f"DROP TRIGGER {name}{ON.format(table=table)}")

    assert triggers.faults() == [Fault(table, name, "missing")]


@pytest.mark.parametrize("table", triggers.APPEND_ONLY)
def test_a_trigger_that_refuses_nothing_any_more_is_altered(db: None, table: str):
    name = f"{PREFIX}{table}_update"
    execute(f"DROP TRIGGER {name}{ON.format(table=table)}")
    execute(weakened(table, name))

    assert triggers.faults() == [Fault(table, name, "altered")]


@postgresql_only
@pytest.mark.parametrize("how", ["DISABLE", "ENABLE REPLICA", "ENABLE"])
def test_a_trigger_that_does_not_always_fire_is_missing(db: None, how: str):
    name = f"{PREFIX}record_delete"

    execute(f"ALTER TABLE documents_record {how} TRIGGER {name}")

    assert triggers.faults() == [Fault("documents_record", name, "missing")]


@postgresql_only
@pytest.mark.parametrize("function", ["hocba_refuse", "hocba_refuse_version"])
def test_a_function_that_refuses_nothing_any_more_is_altered(db: None, function: str):
    execute(
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NEW; END $$"
    )

    assert triggers.faults() == [Fault("", function, "altered")]


@postgresql_only
def test_functions_that_were_dropped_with_all_triggers_are_missing(db: None):
    execute("DROP FUNCTION hocba_refuse() CASCADE")

    assert Fault("", "hocba_refuse", "missing") in triggers.faults()


def test_installing_mends_what_was_altered(db: None):
    table = triggers.APPEND_ONLY[0]
    name = f"{PREFIX}{table}_update"
    execute(f"DROP TRIGGER {name}{ON.format(table=table)}")
    execute(weakened(table, name))

    triggers.install()

    assert triggers.faults() == []


def test_looking_leaves_nothing_behind(db: None):
    before = set(connection.introspection.table_names())

    triggers.faults()
    triggers.faults()

    assert set(connection.introspection.table_names()) == before


def test_the_system_check_names_what_is_missing_and_what_is_altered(db: None):
    table = triggers.APPEND_ONLY[0]
    changed, gone = f"{PREFIX}{table}_update", f"{PREFIX}{table}_delete"
    for name in (changed, gone):
        execute(f"DROP TRIGGER {name}{ON.format(table=table)}")
    execute(weakened(table, changed))

    found = triggers_are_in_place(None, databases=["default"])

    assert [(message.id, message.msg) for message in found] == [
        ("documents.E001", f"The trigger {gone} on {table} is missing."),
        ("documents.E001", f"The trigger {changed} on {table} is altered."),
    ]
    assert triggers_are_in_place(None, databases=[]) == []
