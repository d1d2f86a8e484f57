"""PostgreSQL: what the role of the application may do, and what it must not.

The owner of the tables migrates; the application connects as another role, which
reads and writes rows, adds to history, and can neither rewrite it nor drop what
keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connections, transaction

from .errors import RecordsError
from .triggers import APPEND_ONLY, KEPT

# Is it a superuser; does it own a table, itself or as a member; may it create.
POWERS = """
SELECT r.rolsuper,
       EXISTS (SELECT 1 FROM pg_class c
                WHERE c.relnamespace = s.oid AND c.relkind IN ('r', 'p')
                  AND pg_has_role(r.oid, c.relowner, 'MEMBER')),
       has_schema_privilege(r.oid, s.oid, 'CREATE')
  FROM pg_roles r, pg_namespace s
 WHERE r.rolname = %s AND s.nspname = current_schema()
"""
PRIVILEGES = """
SELECT t.name, p.name FROM unnest(%s::text[]) AS t(name), unnest(%s::text[]) AS p(name)
 WHERE has_table_privilege(%s, t.name, p.name)
"""


class RoleTooStrong(RecordsError):
    """The role could drop the triggers whatever is granted to it."""

    code = "role_too_strong"

    def __init__(self, role: str, powers: list[str]) -> None:
        self.role = role
        self.powers = powers
        super().__init__(f"the role {role} {', '.join(powers)}")


class NoSuchRole(RecordsError):
    code = "no_such_role"

    def __init__(self, role: str) -> None:
        self.role = role
        super().__init__(f"there is no role {role}")


def grant(role: str, using: str = "default") -> None:
    """Let ``role`` work with the tables that stand, and not against the triggers.

    Called by the owner after each migrate; again, it changes nothing. Raises
    NoSuchRole, or RoleTooStrong with nothing granted.
    """
    connection = connections[using]
    with transaction.atomic(using), connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = connection.ops.quote_name(cursor.fetchone()[0])
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            raise NoSuchRole(role)
        for statement in _grants(connection.ops.quote_name(role), schema):
            cursor.execute(statement)
        if powers := list(powers_of(role, using)):
            raise RoleTooStrong(role, powers)


def _grants(role: str, schema: str) -> Iterator[str]:
    history = ", ".join(f"{schema}.{table}" for table in APPEND_ONLY)
    yield f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {role}"
    # Taken from everybody: what PUBLIC has, the role has.
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {role}"
    rows = "SELECT, INSERT, UPDATE, DELETE"
    yield f"GRANT {rows} ON ALL TABLES IN SCHEMA {schema} TO {role}"
    yield f"REVOKE UPDATE, DELETE ON {history} FROM {role}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"
    default = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT"
    yield f"{default} {rows} ON TABLES TO {role}"
    yield f"{default} USAGE, SELECT ON SEQUENCES TO {role}"


def powers_of(role: str = "", using: str = "default") -> Iterator[str]:
    """What ``role`` (else the connected one) can do that would rewrite history."""
    with connections[using].cursor() as cursor:
        if not role:
            cursor.execute("SELECT current_user")
            (role,) = cursor.fetchone()
        cursor.execute(POWERS, [role])
        superuser, owner, creates = cursor.fetchone()
        held: list[tuple[str, str]] = []
        for tables, privileges in (
            (KEPT, ["TRUNCATE", "TRIGGER"]),
            (APPEND_ONLY, ["UPDATE", "DELETE"]),
        ):
            cursor.execute(PRIVILEGES, [list(tables), privileges, role])
            held += cursor.fetchall()
    if superuser:
        yield "is a superuser"
    elif owner:
        yield "owns the tables"
    else:
        if creates:
            yield "may create tables and functions"
        yield from (f"may {privilege} {table}" for table, privilege in sorted(held))
