"""System checks: what `manage.py check --deploy --database default` must find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from . import triggers


# Not while migrating, which is what installs them.
@register(Tags.database, deploy=True)
def triggers_are_in_place(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Every trigger that keeps history stands as it was made, once the tables do."""
    errors: list[CheckMessage] = []
    for alias in databases or []:
        tables = connections[alias].introspection.table_names()
        if not set(triggers.KEPT) <= set(tables):
            continue
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
