"""On PostgreSQL the application's role can do its work, and nothing to the triggers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from documents import roles, triggers
from documents.checks import the_role_is_weaker_than_the_triggers
from documents.models import Record, User
from documents.reading import log_reads
from tests.factories import NOW
from workflow.services import submit_record

postgresql_only = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL has roles"
)
# Roles belong to the server: made in the transaction of a test, they go with it.
ROLE = "hocba_test_application"


@pytest.fixture
def role(db: None) -> str:
    execute(f"CREATE ROLE {ROLE}")
    return ROLE


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    execute(f"SET ROLE {role}")
    try:
        yield
    finally:
        execute("RESET ROLE")


def denied(statement: str) -> bool:
    """Whether PostgreSQL says that this role may not."""
    try:
        with transaction.atomic():
            execute(statement)
            transaction.set_rollback(True)
    except DatabaseError as error:
        return str(error).startswith(("permission denied", "must be owner"))
    return False


def warnings() -> list[str]:
    found = the_role_is_weaker_than_the_triggers(None, databases=["default"])
    return [message.msg for message in found]


@postgresql_only
def test_the_application_does_its_work_with_what_is_granted(
    role: str, draft_record: Record, teacher: User, inspector: User
):
    call_command("grant_application", role)

    with acting_as(role):
        log_reads([draft_record], by=inspector, access="view", at=NOW)
        submit_record(record_id=draft_record.pk, by=teacher, at=NOW)

    assert draft_record.reads.count() == 1
    assert Record.objects.get(pk=draft_record.pk).state == "reviewed"


@postgresql_only
def test_the_application_can_do_nothing_to_triggers_tables_and_history(role: str):
    call_command("grant_application", role)

    with acting_as(role):
        for table, name in sorted(triggers.installed()):
            assert denied(f"DROP TRIGGER {name} ON {table}"), name
            assert denied(f"ALTER TABLE {table} DISABLE TRIGGER {name}"), name
        for table in triggers.KEPT:
            assert denied(f"TRUNCATE {table} CASCADE"), table
            assert denied(f"DROP TABLE {table} CASCADE"), table
            assert denied(f"CREATE RULE r AS ON INSERT TO {table} DO INSTEAD NOTHING")
        for table in triggers.APPEND_ONLY:
            assert denied(f"UPDATE {table} SET id = id"), table
            assert denied(f"DELETE FROM {table}"), table
        assert denied("DROP FUNCTION hocba_refuse() CASCADE")
        assert denied("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        assert denied("SET session_replication_role = replica")


@postgresql_only
def test_granting_again_changes_nothing(role: str):
    def privileges() -> list[tuple[str, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname::text, relacl::text FROM pg_class"
                " WHERE relacl::text LIKE %s ORDER BY 1",
                [f"%{ROLE}%"],
            )
            return list(cursor.fetchall())

    call_command("grant_application", role)
    first = privileges()
    call_command("grant_application", role)

    assert first and privileges() == first


@postgresql_only
def test_what_was_granted_by_hand_before_is_taken_back(role: str):
    execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")

    call_command("grant_application", role)

    assert list(roles.powers_of(role)) == []


@postgresql_only
def test_the_check_finds_nothing_with_the_granted_role(role: str):
    call_command("grant_application", role)

    with acting_as(role):
        assert warnings() == []


@postgresql_only
def test_the_check_warns_of_each_power(role: str):
    call_command("grant_application", role)
    execute(f"GRANT TRUNCATE ON documents_record TO {role}")
    execute(f"GRANT UPDATE ON documents_version TO {role}")

    with acting_as(role):
        found = warnings()

    assert found == [
        "The role that this program connects as may TRUNCATE documents_record.",
        "The role that this program connects as may UPDATE documents_version.",
    ]


@postgresql_only
def test_the_check_warns_of_an_owner_and_of_a_member_of_the_owner(role: str):
    call_command("grant_application", role)
    execute("CREATE ROLE hocba_test_owner")
    execute("ALTER TABLE documents_artifact OWNER TO hocba_test_owner")
    execute(f"GRANT hocba_test_owner TO {role}")

    with acting_as(role):
        found = warnings()

    assert found == ["The role that this program connects as owns the tables."]


@postgresql_only
def test_the_check_warns_of_a_superuser(db: None):
    assert warnings() == ["The role that this program connects as is a superuser."]


@postgresql_only
def test_a_role_that_is_too_strong_is_refused_and_nothing_is_granted(role: str):
    connection.check_constraints()
    execute(f"ALTER TABLE documents_artifact OWNER TO {role}")

    with pytest.raises(CommandError, match="owns the tables"):
        call_command("grant_application", role)

    with acting_as(role):
        assert denied("SELECT 1 FROM documents_record")


@postgresql_only
def test_a_role_that_is_not_there_is_wrong_use(db: None):
    with pytest.raises(CommandError, match="no role") as caught:
        call_command("grant_application", "nobody_of_that_name")

    assert caught.value.returncode == 2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="what SQLite answers")
def test_sqlite_knows_no_roles(db: None):
    with pytest.raises(CommandError) as caught:
        call_command("grant_application", "hocba")

    assert caught.value.returncode == 2
    assert warnings() == []
