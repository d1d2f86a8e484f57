from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from workflow.integrity import flaws
from workflow.management.selection import as_json


class Command(BaseCommand):
    help = "Check invariants, hash chains, stored files and the index; exit 1 on any."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(flaws())
        if options["as_json"]:
            findings = [flaw.as_dict() for flaw in found]
            self.stdout.write(as_json({"ok": not found, "findings": findings}))
        else:
            for flaw in found:
                self.stdout.write(f"{flaw.code}\t{flaw.where}\t{flaw.message}")
        if found:
            raise SystemExit(1)
