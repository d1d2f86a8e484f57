from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.progress import track

from documents import rehash
from documents.errors import RecordsError
from workflow.management.selection import WRONG_USE, as_json, progress_console


class Command(BaseCommand):
    help = "Read a share of the stored files again, or all; exit 1 if one is not whole."

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--all", action="store_true", dest="whole")
        nights = settings.REHASH_NIGHTS
        text = f"the next of N shares, so that N calls read all (default {nights})"
        how.add_argument("--share", metavar="N", type=int, default=nights, help=text)
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        nights = None if options["whole"] else options["share"]
        if nights is not None and not 1 <= nights <= rehash.PARTS:
            raise CommandError("--share is from 1 to 65536.", returncode=WRONG_USE)

        def shown(digests: Iterable[str]) -> Iterable[str]:
            quiet = options["verbosity"] == 0
            return track(
                digests, "rehash", console=progress_console, disable=quiet, total=None
            )

        try:
            done = rehash.sweep(at=timezone.now(), nights=nights, watch=shown)
        except RecordsError as error:
            raise SystemExit(f"{error.code}: {error}") from error
        row = {
            "first": done.first,
            "last": done.last,
            "files": done.files,
            "findings": done.findings,
        }
        if options["as_json"]:
            self.stdout.write(as_json(row))
        else:
            for finding in done.findings:
                self.stdout.write(f"{finding['code']}\t{finding['sha256']}")
        if done.findings:
            raise SystemExit(1)
