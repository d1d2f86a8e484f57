"""Many rows into a table at once, past the ORM and never past the triggers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Field, JSONField, Max, Model

NULL = r"\N"


class Table:
    """Rows for one model: values in the order of ``names``, the rest by default.

    A foreign key is named by its column ("unit_id"). Values are what the database
    takes; a JSON value is text already.
    """

    def __init__(self, model: type[Model], *names: str) -> None:
        self.model = model
        self.rows: list[Sequence[Any]] = []
        fields = {field.attname: field for field in model._meta.concrete_fields}
        missing = [field for name, field in fields.items() if name not in names]
        self.columns = [_column(fields[name]) for name in names]
        self.constant = [_default(f) for f in missing if not f.primary_key]
        self.columns += [_column(field) for field in missing if not field.primary_key]
        self.next_pk = 1 + (model._default_manager.aggregate(n=Max("pk"))["n"] or 0)

    def key(self) -> int:
        """A primary key that no row has yet."""
        self.next_pk += 1
        return self.next_pk - 1

    def add(self, *values: Any) -> None:
        self.rows.append(values)

    def flush(self) -> None:
        """Write what was added."""
        rows, self.rows = self.rows, []
        if not rows:
            return
        complete = ([*row, *self.constant] for row in rows)
        if connection.vendor == "postgresql":
            self._copy(complete)
        else:
            self._insert(complete)

    def _copy(self, rows: Iterable[list[Any]]) -> None:
        buffer = io.StringIO()
        write = csv.writer(buffer).writerow
        for row in rows:
            write([NULL if value is None else value for value in row])
        buffer.seek(0)
        names = ", ".join(self.columns)
        with connection.cursor() as cursor:
            cursor.copy_expert(
                f"COPY {self.model._meta.db_table} ({names})"
                f" FROM STDIN (FORMAT csv, NULL '{NULL}')",
                buffer,
            )

    def _insert(self, rows: Iterable[list[Any]]) -> None:
        names, places = ", ".join(self.columns), ", ".join(["%s"] * len(self.columns))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {self.model._meta.db_table} ({names}) VALUES ({places})",
                list(rows),
            )


def _column(field: Field[Any, Any]) -> str:
    return str(field.column)


def _default(field: Field[Any, Any]) -> Any:
    value = field.get_default()
    return json.dumps(value) if isinstance(field, JSONField) else value


def flush(tables: Iterable[Table]) -> None:
    for table in tables:
        table.flush()


def catch_up(tables: Iterable[Table]) -> None:
    """Let the database go on counting after the keys that were given here."""
    models = [table.model for table in tables]
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(sql)
