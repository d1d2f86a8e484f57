from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date
from rich.progress import track

from workflow.management.selection import WRONG_USE, as_json, progress_console
from workflow.services.evidence.renewing import (
    AHEAD,
    Renewal,
    due_by_month,
    needing_renewal,
    renew_due,
)


class Command(BaseCommand):
    help = (
        "Extend files before their last time-stamp stops vouching for them; exit 1 if "
        "one cannot be. With --list only say which need it by when, with --months how "
        "many in which month."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        ahead = f"renew what ends before this day (default: in {AHEAD.days} days)"
        parser.add_argument("--before", metavar="DATE", help=ahead)
        parser.add_argument("--list", action="store_true", dest="only_list")
        parser.add_argument("--months", action="store_true")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["months"]:
            self._count(options["as_json"])
            return
        before = _day(options["before"])
        rows = _listed(before) if options["only_list"] else _renewed(before, options)
        refused = [row for row in rows if row["error"]]
        if options["as_json"]:
            self.stdout.write(as_json(rows))
        else:
            for row in rows:
                until = row["until"] or "now"
                self.stdout.write(f"{row['code']}\t{until}\t{row['error']}".rstrip())
        if refused:
            raise SystemExit(1)

    def _count(self, as_data: bool) -> None:
        """By the month in which the evidence ends; "now" where there is none."""
        rows = [
            {
                "month": f"{month.first:%Y-%m}" if month.first else "now",
                "records": month.count,
            }
            for month in due_by_month()
        ]
        if as_data:
            self.stdout.write(as_json(rows))
        else:
            for row in rows:
                self.stdout.write(f"{row['month']}\t{row['records']}")


def _day(text: str | None) -> datetime:
    if text is None:
        return timezone.now() + AHEAD
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(
            f"{text} is no date; write 2027-06-30.", returncode=WRONG_USE
        )
    return timezone.make_aware(datetime.combine(day, time.min))


def _listed(before: datetime) -> list[dict[str, Any]]:
    records = needing_renewal(before).iterator(chunk_size=2000)
    return [
        {
            "code": record.book.lookup_code,
            "school_year": record.school_year,
            "until": record.evidence_until,
            "error": "",
        }
        for record in records
    ]


def _renewed(before: datetime, options: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _row(renewal)
        for renewal in track(
            renew_due(before),
            description="renew",
            total=needing_renewal(before).count(),
            console=progress_console,
            disable=options["verbosity"] == 0,
        )
    ]


def _row(renewal: Renewal) -> dict[str, Any]:
    return {
        "code": renewal.record.book.lookup_code,
        "school_year": renewal.record.school_year,
        "until": renewal.until,
        "error": renewal.error.code if renewal.error else "",
    }
