"""Import the workbooks of one or more classes: a dry run unless --commit is said."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ...errors import RecordsError
from ...importing.cells import Upload
from ...importing.errors import NotAllowedToImport, PlanHasErrors
from ...importing.runs import commit_import, plan_import
from ...models import ImportRun, Unit, User

COUNTS = ("new", "changed", "unchanged", "moved", "missing", "left_alone", "wrong")
WRONG_USE = 2

Row = TypeVar("Row", Unit, User)


class Command(BaseCommand):
    help = "Import workbooks of a school: a dry run, and with --commit the drafts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--unit", required=True, help="code of the school")
        parser.add_argument("--year", required=True, help="school year, 2025-2026")
        parser.add_argument("--commit", action="store_true", help="write the drafts")
        parser.add_argument(
            "--skip-wrong",
            action="store_true",
            help="commit all others when rows are wrong",
        )
        parser.add_argument(
            "--as",
            dest="username",
            help="import as this user, with their rights; otherwise as the operator",
        )
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        files = [_upload(path) for path in options["files"]]
        unit = _one(Unit, "code", options["unit"])
        by = (
            _one(User, "username", options["username"]) if options["username"] else None
        )
        self._progress(f"Reading {len(files)} file(s) for {unit.name} …", options)
        try:
            run = plan_import(
                files=files,
                unit=unit,
                school_year=options["year"],
                by=by,
                at=timezone.now(),
            )
        except NotAllowedToImport as error:
            raise CommandError(error.for_user(), returncode=1) from error
        except RecordsError as error:
            raise CommandError(error.for_user(), returncode=WRONG_USE) from error
        if options["commit"]:
            run = self._commit(run, by, options)
        self._report(run, as_json=options["json"])
        if problems := run.report["errors"]:
            raise CommandError(f"{len(problems)} error(s)", returncode=1)

    def _commit(
        self, run: ImportRun, by: User | None, options: dict[str, Any]
    ) -> ImportRun:
        """The committed run, or the dry run when its errors forbid it."""
        errors = run.report["errors"]
        is_fatal = any(error["row"] is None for error in errors)
        if is_fatal or (errors and not options["skip_wrong"]):
            return run
        self._progress("Writing …", options)
        try:
            return commit_import(
                run_id=run.pk,
                by=by,
                at=timezone.now(),
                skip_wrong=options["skip_wrong"],
            )
        except PlanHasErrors:
            return run
        except RecordsError as error:
            raise CommandError(error.for_user(), returncode=1) from error

    def _progress(self, text: str, options: dict[str, Any]) -> None:
        if options["verbosity"]:
            self.stderr.write(text)

    def _report(self, run: ImportRun, *, as_json: bool) -> None:
        report = {k: v for k, v in run.report.items() if k != "fingerprint"}
        if as_json:
            text = json.dumps(report | {"run": str(run.uuid)}, ensure_ascii=False)
            self.stdout.write(text)
            return
        for name in ("errors", "warnings", "repairs"):
            for item in report[name]:
                self.stdout.write(_line(name, item))
        counts = ", ".join(f"{name} {report[name]}" for name in COUNTS)
        written = "committed" if report["committed"] else "nothing was written"
        self.stdout.write(f"{counts}; {written}")


def _line(name: str, item: dict[str, Any]) -> str:
    cell = f"{item['column']}{item['row'] or ''}"
    where = " · ".join(filter(None, (item["file"], item["sheet"], cell)))
    text = item.get("message") or f"{item['before']!r} → {item['after']!r}"
    return f"{name[:-1]}\t{item['code']}\t{where}\t{text}"


def _upload(path: Path) -> Upload:
    try:
        return Upload(path.name, path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", returncode=WRONG_USE) from error


def _one(model: type[Row], field: str, value: str) -> Row:
    try:
        row: Row = model._default_manager.get(**{field: value})
        return row
    except model.DoesNotExist as error:
        text = f"There is no {model._meta.verbose_name} “{value}”."
        raise CommandError(text, returncode=WRONG_USE) from error
