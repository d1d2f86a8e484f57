from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from workflow.management.selection import as_json
from workflow.services.keys.canary import Finding, report_failures, try_all


class Command(BaseCommand):
    help = (
        "Sign and judge a trial document with every key that signs alone, look at the "
        "certificates of the others; exit 1 if a trial failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")
        parser.add_argument(
            "--tell", action="store_true", help="tell those who keep the keys, too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(try_all())
        rows = [_row(one) for one in findings]
        failed = [row for row in rows if row["error"]]
        if options["as_json"]:
            self.stdout.write(as_json({"ok": not failed, "trials": rows}))
        else:
            for row in rows:
                fields = (row["error"] or "ok", row["trial"], row["owner"])
                self.stdout.write("\t".join([*fields, row["message"]]).rstrip())
        if options["tell"]:
            report_failures(findings)
        if failed:
            raise SystemExit(1)


def _row(one: Finding) -> dict[str, Any]:
    return {
        "trial": one.trial.value,
        "owner": one.owner,
        "provider": one.provider,
        "seconds": one.seconds,
        "error": one.code,
        "message": one.message,
    }
