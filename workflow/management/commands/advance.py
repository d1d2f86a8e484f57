from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from rich.progress import track

from documents import machine
from documents.errors import RecordsError
from documents.models import Record, State, User
from documents.querysets import RecordQuerySet
from workflow.errors import NotVisible, ReasonMissing
from workflow.management.selection import (
    add_selection,
    as_json,
    missing_codes,
    progress_console,
    selected,
    user_named,
)
from workflow.memory import keep_what_is_loaded
from workflow.models import BatchItem, ItemStatus
from workflow.services import STEPS
from workflow.services.bulk.batches import run_batch, start_batch


class Command(BaseCommand):
    help = "Take one step for many records; called again it goes on where it stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("step", choices=sorted(STEPS))
        parser.add_argument("--reason", default="")
        add_selection(parser)

    def run_from_argv(self, argv: list[str]) -> None:
        """As a process of its own, which does nothing else."""
        keep_what_is_loaded()
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        user = user_named(options["username"])
        step = options["step"]
        records = selected(options, user, step)
        refused = [_refusal(code) for code in missing_codes(options, records)]
        if machine.table()[step].needs_reason and not options["reason"].strip():
            self.stderr.write(ReasonMissing().for_user())
            raise SystemExit(2)
        waiting = ahead(records, step)
        done = 0
        try:
            for item in self._run(waiting, user, options):
                if item.status == ItemStatus.DONE:
                    done += 1
                else:
                    refused.append(_item_refusal(item))
        except RecordsError as error:  # before the first record was begun
            refused += _refusals_of_all(waiting, error)
        seconds = round(time.monotonic() - begun, 3)
        self._report(options, {"done": done, "refused": refused, "seconds": seconds})

    def _run(
        self, records: RecordQuerySet, user: User, options: dict[str, Any]
    ) -> Iterator[BatchItem]:
        """Take the step for each. Raises what ``start_batch`` raises."""
        batch = start_batch(
            step=options["step"],
            record_ids=list(records.values_list("pk", flat=True)),
            by=user,
            reason=options["reason"],
        )
        yield from track(
            run_batch(batch.pk),
            description=options["step"],
            total=batch.items.count(),
            console=progress_console,
            disable=options["verbosity"] == 0,
        )
        if left := batch.items.filter(status=ItemStatus.PENDING).count():
            # A key whose holder is asked: the worker goes on once they have answered.
            self.stderr.write(f"{left} wait for their signer (batch {batch.uuid})")

    def _report(self, options: dict[str, Any], result: dict[str, Any]) -> None:
        if options["as_json"]:
            self.stdout.write(as_json(result))
        else:
            self.stdout.write(f"{options['step']}: {result['done']} done")
            for row in result["refused"]:
                self.stdout.write(f"{row['code']}\t{row['error']}\t{row['message']}")
        if result["refused"]:
            raise SystemExit(1)


def ahead(records: RecordQuerySet, step: str) -> RecordQuerySet:
    """Leave out what has the step behind it, so that a second call is no fault.

    A step forward is asked of every record that stands before its target; a step
    back only of those that can take it.
    """
    row = machine.table()[step]
    order = [str(state) for state in State]
    target = order.index(row.target) if row.target else 0
    before = [s for s in order if order.index(s) < target] or list(row.sources)
    return records.filter(state__in=before)


def _refusal(code: str) -> dict[str, str]:
    error = NotVisible(code)
    return {"code": code, "error": error.code, "message": error.for_user()}


def _refusals_of_all(
    records: RecordQuerySet, error: RecordsError
) -> list[dict[str, str]]:
    """Nothing was begun: the same refusal for each record."""
    message = error.for_user()
    return [
        {"code": record.book.lookup_code, "error": error.code, "message": message}
        for record in records.select_related("book").order_by("pk")
    ]


def _item_refusal(item: BatchItem) -> dict[str, str]:
    record = Record.objects.select_related("book").get(pk=item.record_id)
    code = record.book.lookup_code
    return {"code": code, "error": item.error, "message": item.message}
