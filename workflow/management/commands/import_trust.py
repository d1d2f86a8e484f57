from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflow.management.selection import WRONG_USE, as_json
from workflow.services.keys.trusting import TrustRefused, import_trust


class Command(BaseCommand):
    help = (
        "Trust what stands in FILE: certificates or CRLs (PEM, DER), or the services "
        "that an ETSI TS 119 612 trusted list grants. Exit 1 if one is refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--store", required=True, help="VGCA, NEAC, …")
        parser.add_argument(
            "--signer", type=Path, help="certificate that must have signed the list"
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        signer = _read(options["signer"]) if options["signer"] else None
        rows, refused = [], []
        for path in options["files"]:
            try:
                stored = import_trust(
                    options["store"],
                    _read(path),
                    name=str(path),
                    at=timezone.now(),
                    signer=signer,
                )
            except TrustRefused as error:
                refused.append({"file": str(path), "message": error.for_user()})
                continue
            rows += [{"path": str(one.path), "subject": one.subject} for one in stored]
        if options["as_json"]:
            self.stdout.write(as_json({"stored": rows, "refused": refused}))
        else:
            for row in rows:
                self.stdout.write(f"{row['path']}\t{row['subject']}")
            for row in refused:
                self.stderr.write(row["message"])
        if refused:
            raise SystemExit(1)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(str(error), returncode=WRONG_USE) from error
