"""System checks: what `manage.py check --deploy --database default` must find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from . import roles, triggers


# Not while migrating, which is what installs them.
@register(Tags.database, deploy=True)
def triggers_are_in_place(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Every trigger that keeps history stands as it was made, once the tables do."""
    errors: list[CheckMessage] = []
    for alias in _migrated(databases):
        errors += [
            Error(
                f"The trigger {name} on {table} is {how}."
                if table
                else f"The function {name} that the triggers call is {how}.",
                hint="Run `manage.py migrate`: it installs all triggers.",
                id="documents.E001",
            )
            for table, name, how in triggers.faults(alias)
        ]
    return errors


@register(Tags.database, deploy=True)
def the_role_is_weaker_than_the_triggers(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """On PostgreSQL the connected role can neither drop the triggers nor empty tables.

    SQLite knows no roles: who can write its file can change it, and only leaves traces.
    """
    return [
        Warning(
            f"The role that this program connects as {power}.",
            hint="Connect as another role than the owner, and let the owner run"
            " `manage.py grant_application ROLE` (docs/how-to/deploy.md).",
            id="documents.W001",
        )
        for alias in _migrated(databases)
        if connections[alias].vendor == "postgresql"
        for power in roles.powers_of(using=alias)
    ]


def _migrated(databases: Sequence[str] | None) -> list[str]:
    return [
        alias
        for alias in databases or []
        if set(triggers.KEPT) <= set(connections[alias].introspection.table_names())
    ]
