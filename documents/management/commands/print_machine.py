from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation

from documents import machine

WHO = {
    "class_teacher": "class teacher of the record's class",
    "issuing_head": "head of the issuing school",
    "department_officer": "officer of the department or the ministry, or the calendar",
    "custodian_registrar": "registrar of the keeping school",
    "row_teacher": "teacher of a subject in the class",
    "receiving_registrar": "registrar of the school that the dispatch names",
}


class Command(BaseCommand):
    help = "Print the machine of a record as the table of docs/reference/machine.md."

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            self.stdout.write("\n".join(lines()))


def lines() -> list[str]:
    """The page, line by line."""
    rows = [
        f"| {', '.join(step.sources)} | `{step.name}` | {step.target or 'stays'} "
        f"| {WHO[step.permission]} | {'yes' if step.needs_reason else ''} |"
        for step in machine.table().values()
    ]
    return [
        "# The machine of a record",
        "",
        "Printed from the code: `manage.py print_machine > docs/reference/machine.md`.",
        "A record begins as a draft, made by an import.",
        "",
        "| from | step | to | who | reason |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]
