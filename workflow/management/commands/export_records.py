from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.progress import track

from documents.errors import RecordsError
from documents.models import Record
from documents.models.access import Access
from documents.reading import log_reads
from workflow.errors import NotVisible
from workflow.management.selection import (
    add_selection,
    as_json,
    missing_codes,
    progress_console,
    selected,
    user_named,
)
from workflow.services import file_name, record_pdf


class Command(BaseCommand):
    help = "Write one PDF per record, named by look-up code and school year."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, type=Path)
        add_selection(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        user = user_named(options["username"])
        records = selected(options, user)
        refused = [_refused(c, NotVisible(c)) for c in missing_codes(options, records)]
        options["to"].mkdir(parents=True, exist_ok=True)
        files = []
        for record in track(
            list(records.select_related("book", "current", "school_class")),
            description="export",
            console=progress_console,
            disable=options["verbosity"] == 0,
        ):
            try:
                files.append(_write(record, options["to"]))
            except RecordsError as error:
                refused.append(_refused(record.book.lookup_code, error))
                continue
            log_reads([record], by=user, access=Access.EXPORT, at=timezone.now())
        result = {"exported": len(files), "files": files, "refused": refused}
        if options["as_json"]:
            self.stdout.write(as_json(result))
        else:
            self.stdout.write(f"{len(files)} exported to {options['to']}")
            for row in refused:
                self.stdout.write(f"{row['code']}\t{row['error']}\t{row['message']}")
        if refused:
            raise SystemExit(1)


def _write(record: Record, folder: Path) -> str:
    path = folder / file_name(record)
    path.write_bytes(record_pdf(record))
    return str(path)


def _refused(code: str, error: RecordsError) -> dict[str, str]:
    return {"code": code, "error": error.code, "message": error.for_user()}
