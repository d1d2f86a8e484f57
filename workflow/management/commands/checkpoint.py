from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents import storage
from documents.errors import RecordsError
from workflow.management.selection import WRONG_USE, as_json
from workflow.services.evidence.checkpoints import make_checkpoint


class Command(BaseCommand):
    help = (
        "Seal where all chains stand, with a time-stamp. With --to also write the file "
        "that check_integrity --checkpoint compares; keep it where this machine cannot."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", metavar="DIR", type=Path)
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path | None = options["to"]
        if folder is not None and not folder.is_dir():
            raise CommandError(f"{folder} is no folder.", returncode=WRONG_USE)
        try:
            made = make_checkpoint()
            data = storage.get(made.sha256)
        except RecordsError as error:
            raise SystemExit(f"{error.code}: {error}") from error
        path = ""
        if folder is not None:
            path = str(folder / f"checkpoint-{made.number:06d}.json")
            Path(path).write_bytes(data)
        row = {
            "number": made.number,
            "at": made.at,
            "digest": made.digest,
            "heads": made.heads.count(),
            "findings": len(made.findings),
            "file": path,
        }
        if options["as_json"]:
            self.stdout.write(as_json(row))
        else:
            self.stdout.write(f"{made.number}\t{made.digest}\t{path}".rstrip())
