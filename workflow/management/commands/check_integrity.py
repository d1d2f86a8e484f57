from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents.errors import RecordsError
from workflow.integrity import Flaw, check_copy, flaws, rolling_findings
from workflow.management.selection import WRONG_USE, as_json


class Command(BaseCommand):
    help = "Check invariants, hash chains, stored files and the index; exit 1 on any."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--checkpoint",
            metavar="FILE",
            type=Path,
            action="append",
            default=[],
            help="a checkpoint that was copied away; may be said several times",
        )
        parser.add_argument(
            "--no-files",
            action="store_true",
            help="read no stored file but those that rehash_files found",
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        found = [flaw for path in options["checkpoint"] for flaw in _copied(path)]
        found += flaws(read_files=not options["no_files"])
        if options["no_files"]:
            found += rolling_findings()
        if options["as_json"]:
            findings = [flaw.as_dict() for flaw in found]
            self.stdout.write(as_json({"ok": not found, "findings": findings}))
        else:
            for flaw in found:
                line = f"{flaw.code}\t{flaw.where}\t{flaw.message}\t{_when(flaw)}"
                self.stdout.write(line.rstrip())
        if found:
            raise SystemExit(1)


def _copied(path: Path) -> list[Flaw]:
    try:
        return list(check_copy(path.read_bytes()))
    except (OSError, RecordsError) as error:
        message = f"{path} cannot be read: {error}"
        raise CommandError(message, returncode=WRONG_USE) from error


def _when(flaw: Flaw) -> str:
    since = f"after {flaw.since.isoformat()}" if flaw.since else ""
    until = f"before {flaw.until.isoformat()}" if flaw.until else ""
    return " ".join(filter(None, (since, until)))
