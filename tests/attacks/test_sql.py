"""SQL past the application: refused by triggers, and named when they were dropped."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import Error, connection, transaction

from documents import triggers
from documents.models import (
    Artifact,
    Checkpoint,
    Record,
    SchoolClass,
    SealedHead,
    Unit,
    User,
)
from documents.reading import log_reads
from tests.actors import make_record
from tests.factories import NOW, make_draft, make_pupil
from workflow.models import Batch, BatchItem, JournalEntry

COLUMNS = {
    "documents_version": ("canonical", "sha256", "number", "record_id", "reason"),
    "documents_ledgerentry": ("payload", "action", "at", "entry_hash", "actor_id"),
    "documents_signature": ("name", "signed_at", "certificate", "slot"),
    "documents_artifact": ("sha256", "size", "purpose"),
    "documents_readlog": ("user_id", "at", "access", "sequence", "digest"),
    "documents_checkpoint": ("at", "previous", "digest", "token", "findings"),
    "documents_sealedhead": ("sequence", "digest", "record_id"),
    "workflow_journalentry": ("slot", "digest", "value", "at"),
}
sqlite_only = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="INSERT OR REPLACE is SQLite's own"
)
postgresql_only = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="TRUNCATE is PostgreSQL's own"
)


@pytest.fixture
def locked(
    units: dict[str, Unit], school_class: SchoolClass, inspector: User
) -> Record:
    """A locked record with a row in every table that is kept."""
    record = make_record(school_class, "locked", units)
    Artifact.objects.create(
        version=record.versions.get(),
        purpose="issued",
        sha256="a" * 64,
        size=1,
        created_at=NOW,
    )
    log_reads([record], by=inspector, access="view", at=NOW)
    checkpoint = Checkpoint.objects.create(number=1, at=NOW, previous="0" * 64)
    SealedHead.objects.create(
        checkpoint=checkpoint, record=record, chain="ledger", sequence=1
    )
    batch = Batch.objects.create(step="sign", by=inspector, created_at=NOW)
    item = BatchItem.objects.create(batch=batch, record=record)
    JournalEntry.objects.create(
        item=item, slot="head", digest="a" * 64, value=b"signed", at=NOW
    )
    return record


def refused(sql: str, parameters: tuple[Any, ...] = ()) -> bool:
    """Whether the database refuses the statement, with all rows as they were."""
    before = rows()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, parameters)
    except Error:
        assert rows() == before
        return True
    return False


def rows() -> list[Any]:
    tables = ("documents_record", *triggers.APPEND_ONLY)
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            found.append(cursor.fetchall())
    return found


@pytest.mark.parametrize("table", triggers.APPEND_ONLY)
def test_history_is_not_rewritten(locked: Record, table: str):
    for column in COLUMNS[table]:
        assert refused(f"UPDATE {table} SET {column} = {column}"), column


@pytest.mark.parametrize("table", triggers.APPEND_ONLY)
def test_history_is_not_removed(locked: Record, table: str):
    assert refused(f"DELETE FROM {table}")
    assert refused(f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})")


@postgresql_only
@pytest.mark.parametrize("table", [*triggers.APPEND_ONLY, "documents_record"])
def test_no_table_is_emptied(locked: Record, table: str):
    assert refused(f"TRUNCATE {table} CASCADE")


@postgresql_only
def test_an_upsert_is_an_update(locked: Record):
    assert refused(
        "INSERT INTO documents_version SELECT * FROM documents_version"
        " ON CONFLICT (id) DO UPDATE SET canonical = '{}'"
    )


@postgresql_only
def test_a_temporary_table_of_the_same_name_is_not_asked(locked: Record):
    """Any role may make one, and PostgreSQL would look there first."""
    names = [n for n in columns_of("documents_version") if n not in ("id", "number")]
    columns = ", ".join(names)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("CREATE TEMPORARY TABLE documents_record (id int, state text)")

    assert refused(
        f"INSERT INTO documents_version (number, {columns})"
        f" SELECT 2, {columns} FROM documents_version WHERE record_id = %s",
        (locked.pk,),
    )


@postgresql_only
def test_the_role_of_a_replica_passes_no_trigger(locked: Record):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        assert refused("UPDATE documents_version SET canonical = '{}'")
        assert refused("DELETE FROM documents_ledgerentry")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = DEFAULT")


@sqlite_only
@pytest.mark.parametrize("table", [*triggers.APPEND_ONLY, "documents_record"])
def test_a_row_is_not_replaced_by_its_key(locked: Record, table: str):
    assert refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    assert refused(f"REPLACE INTO {table} SELECT * FROM {table}")


@sqlite_only
@pytest.mark.parametrize("table", triggers.APPEND_ONLY)
def test_a_row_is_not_replaced_by_another_unique_column(locked: Record, table: str):
    """REPLACE removes what collides on any unique index, asking no DELETE trigger."""
    columns = [name for name in columns_of(table) if name != "id"]
    names = ", ".join(columns)

    assert refused(
        f"INSERT OR REPLACE INTO {table} (id, {names})"
        f" SELECT id + 1000, {names} FROM {table}"
    )
    assert refused(
        f"INSERT OR REPLACE INTO {table} ({names}) SELECT {names} FROM {table}"
    )


@sqlite_only
@pytest.mark.parametrize("column", ["id", "uuid", "current_id"])
def test_another_row_does_not_take_the_place_of_a_locked_record(
    locked: Record, school_class: SchoolClass, column: str
):
    draft = make_draft(school_class, make_pupil("Lê Văn An"))
    value = f"(SELECT {column} FROM documents_record WHERE id = %s)"

    assert refused(
        f"UPDATE OR REPLACE documents_record SET {column} = {value} WHERE id = %s",
        (locked.pk, draft.pk),
    )


@sqlite_only
def test_another_row_does_not_take_book_and_year_of_a_locked_record(
    locked: Record, school_class: SchoolClass
):
    draft = make_draft(school_class, make_pupil("Lê Văn An"))

    assert refused(
        "UPDATE OR REPLACE documents_record SET book_id = %s WHERE id = %s",
        (locked.book_id, draft.pk),
    )
    names = ", ".join(name for name in columns_of("documents_record") if name != "id")
    assert refused(
        f"INSERT OR REPLACE INTO documents_record ({names})"
        f" SELECT {names} FROM documents_record WHERE id = %s",
        (locked.pk,),
    )


def test_no_column_of_a_locked_record_changes_but_those_of_custody(locked: Record):
    draft = Record.objects.get(pk=locked.pk)
    others = {
        "uuid": "0f8fad5bd9cb469fa16570867728950e",
        "kind": "directive",
        "book_id": draft.book_id + 1,
        "school_year": "2019-2020",
        "school_class_id": draft.school_class_id + 1,
        "issuer_id": draft.issuer_id + 1,
        "locked_at": "2020-01-01 00:00:00+00:00",
        "created_at": "2020-01-01 00:00:00+00:00",
        "current_id": None,
        "state": "draft",
        "id": draft.pk + 1000,
    }
    movable = set(columns_of("documents_record")) - {*triggers.MOVABLE}
    assert movable <= set(others)

    for column, value in others.items():
        sql = f"UPDATE documents_record SET {column} = %s WHERE id = %s"
        assert refused(sql, (value, locked.pk)), column


def test_a_locked_record_is_not_removed(locked: Record):
    assert refused("DELETE FROM documents_record WHERE id = %s", (locked.pk,))


def test_a_locked_record_gains_no_version(locked: Record):
    names = [n for n in columns_of("documents_version") if n not in ("id", "number")]
    columns = ", ".join(names)

    assert refused(
        f"INSERT INTO documents_version (number, {columns})"
        f" SELECT 2, {columns} FROM documents_version WHERE record_id = %s",
        (locked.pk,),
    )


def test_a_locked_record_cannot_be_unlocked_by_leaving_its_date(locked: Record):
    assert refused(
        "UPDATE documents_record SET state = 'draft', locked_at = NULL WHERE id = %s",
        (locked.pk,),
    )


def test_the_triggers_do_not_stand_in_the_way_of_a_draft(draft_record: Record):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE documents_record SET revision = 9 WHERE id = %s", (draft_record.pk,)
        )

    assert Record.objects.get(pk=draft_record.pk).revision == 9


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        description = connection.introspection.get_table_description(cursor, table)
    return [column.name for column in description]
