from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workflow.services.season.tallying import count_days, mismatches, rebuild_tally


class Command(BaseCommand):
    help = (
        "Count the ledger lines of past days, for the forecasts: those that are not "
        "counted, or all anew; or compare what was counted with the ledger (exit 2 if "
        "they differ)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--rebuild", action="store_true", help="count all anew")
        group.add_argument("--check", action="store_true", help="change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        days = rebuild_tally() if options["rebuild"] else count_days()
        for day in sorted(days) if options["verbosity"] else ():
            self.stdout.write(str(day))

    def _check(self) -> None:
        wrong = 0
        for one in mismatches():
            wrong += 1
            where = (one.day, one.school_class, one.action)
            self.stdout.write("\t".join(map(str, [*where, one.tally, one.ledger])))
        if wrong:
            raise CommandError(f"{wrong} number(s) differ", returncode=2)
