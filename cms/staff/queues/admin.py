"""The administrator: whether the installation is well; records are not shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from documents.models import Checkpoint
from documents.rehash import standing_findings

from .base import Desk, Queue, Task

# A checkpoint is made every night; a day and a half without one is too long.
OVERDUE = timedelta(hours=36)
SHOWN = 5


def fill(queue: Queue, desk: Desk) -> None:
    last = Checkpoint.objects.order_by("-number").only("at", "findings").first()
    broken = standing_findings()
    queue.waiting = [
        Task(
            len(broken),
            _("stored files are missing or altered: restore them from the copies"),
            notes=_lines(broken, "sha256"),
        )
    ]
    queue.empty = _("You keep the site and the accounts; records are not shown to you.")
    queue.next = _("No checkpoint has been made yet: the clock makes one every night.")
    if last is not None:
        queue.waiting += _of_checkpoint(desk, last)
        queue.next = _("Last checkpoint: %s. No finding stands open.") % _time(last)


def _of_checkpoint(desk: Desk, last: Checkpoint) -> list[Task]:
    findings = Task(
        len(last.findings),
        _("findings of the last checkpoint: run check_integrity"),
        notes=_lines(last.findings, "where"),
    )
    if last.at > desk.at - OVERDUE:
        return [findings]
    text = _("checkpoint is overdue: the last is of %s. Does the clock run?")
    return [Task(1, text % _time(last)), findings]


def _time(last: Checkpoint) -> str:
    return timezone.localtime(last.at).strftime("%d/%m/%Y %H:%M")


def _lines(findings: Iterable[Mapping[str, Any]], where: str) -> tuple[str, ...]:
    rows = [f"{one.get('code', '')} · {one.get(where, '')}" for one in findings]
    return tuple(rows[:SHOWN])
