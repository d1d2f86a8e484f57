"""Build the search index anew beside the one that answers, then swap."""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import Progress

from documents.models import Record
from search.indexing import Rebuilt, check_index, rebuild_index


class Command(BaseCommand):
    help = "Build the search index anew beside the one that answers, then swap."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        rebuilt = _rebuild(quiet=options["verbosity"] == 0)
        answer = {
            "records": rebuilt.written,
            "replayed": rebuilt.replayed,
            "generation": rebuilt.generation,
            "seconds": round(time.monotonic() - began, 3),
            "differences": [
                {"code": d.code, "record": d.record_id} for d in check_index()
            ],
        }
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            sentence = _("%(records)d records indexed in %(seconds).1f s.")
            self.stdout.write(sentence % answer)
        if answer["differences"]:
            raise CommandError(_("Index and tables differ."), returncode=1)


def _rebuild(*, quiet: bool) -> Rebuilt:
    """Rebuild with a bar on standard error; standard output is for the answer."""
    with Progress(console=Console(stderr=True), disable=quiet) as bar:
        task = bar.add_task(_("Indexing"), total=Record.objects.count())
        return rebuild_index(
            progress=lambda written: bar.update(task, completed=written)
        )
