"""A school whose batches go through a real broker.

Run as `python -m tests.workflow.broker_school WORD …` with the environment of an
installation and its BROKER_URL; prints one JSON document.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from documents.models import LedgerEntry, User  # noqa: E402
from tests.concurrency import scene  # noqa: E402
from workflow import tasks  # noqa: E402
from workflow.models import Batch, ItemStatus  # noqa: E402
from workflow.services.bulk.batches import start_batch  # noqa: E402

SECONDS = 120


def begin(class_name: str, count: str) -> int:
    """Submit a class through the broker; the key of its batch."""
    by = User.objects.get(username="teacher")
    drafts = scene.drafted(class_name, int(count))
    batch = start_batch(step="submit", record_ids=drafts, by=by)
    tasks.run_batch.delay(batch.pk)
    return batch.pk


def begin_and_kill(class_name: str, count: str, group: str) -> dict[str, int]:
    """The same; as soon as a record is done, the worker dies with all its children."""
    batch = begin(class_name, count)
    done = Batch.objects.get(pk=batch).items.filter(status=ItemStatus.DONE)
    wait(done.exists)
    os.killpg(int(group), signal.SIGKILL)
    return {"batch": batch, "done": done.count()}


def reconcile(batch_id: str) -> None:
    """What beat asks for each minute, once the dead run was silent long enough."""
    scene.age(Batch.objects.filter(pk=batch_id))
    tasks.reconcile.delay()


def report(batch_id: str) -> dict[str, Any]:
    """How it ended: each record, and how often it was submitted."""
    batch = Batch.objects.filter(pk=batch_id)
    wait(batch.filter(finished_at__isnull=False).exists)
    items = batch.get().items.order_by("pk")
    lines = LedgerEntry.objects.filter(action="submit")
    return {
        "statuses": [str(item.status) for item in items],
        "submitted": [lines.filter(record=item.record_id).count() for item in items],
    }


def wait(condition: Callable[[], bool]) -> None:
    for _ in range(SECONDS * 50):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("nothing came of it")


def main(word: str, *words: str) -> None:
    actions: dict[str, Callable[..., Any]] = {
        "begin": begin,
        "begin_and_kill": begin_and_kill,
        "build": scene.build,
        "reconcile": reconcile,
        "report": report,
    }
    json.dump(actions[word](*words), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
