"""What waits for a person whatever the role: questions of batches, and warnings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from documents.models import Role
from workflow.models import ConsentStatus, Notice
from workflow.services.notices import text_of
from workflow.services.season.waiting import batches_waiting

from ..batches import BATCH_ROLES, step_label
from ..notices import CALLS
from ..roles import has_role
from .base import Desk, Queue, Task, in_hands

SHOWN = 5


def batches_of(desk: Desk) -> list[Any]:
    """The own ones; for a registrar also those that wait for the school's seal."""
    if not has_role(desk.user, BATCH_ROLES):
        return []
    is_registrar = desk.office.role == Role.REGISTRAR
    seal = desk.unit if is_registrar else None
    return list(batches_waiting(desk.user, desk.at, seal_of=seal)[:SHOWN])


def add_batches(queue: Queue, desk: Desk, batches: Iterable[Any]) -> list[Any]:
    """Ask what they ask and say what failed; return those that simply run."""
    running = []
    for batch in batches:
        is_mine = batch.by_id == desk.user.pk
        if batch.asked and not is_mine:
            queue.sent.append(_sealed_by(batch))
        elif batch.asked:
            queue.waiting.insert(0, _asks(batch))
        elif batch.finished_at is None:
            running.append(batch)
        else:
            queue.waiting.append(_failed(batch))
    return running


def warnings(notices: Iterable[Notice]) -> list[Task]:
    """Certificates that end, trials that failed: each is one thing to do."""
    return [
        Task(1, text_of(one), reverse("staff:notice", args=[one.pk]), _("Look"))
        for one in notices
        if one.kind in CALLS
    ][:SHOWN]


def _asks(batch: Any) -> Task:
    if batch.asked == ConsentStatus.PENDING:
        what = _("waits for you to confirm on your phone")
    elif batch.needs == "agent":
        what = _("waits for the token at your machine")
    elif "otp" in batch.needs:
        what = _("waits for your one-time code")
    else:
        what = _("waits for your PIN")
    return Task(batch.left, f"{_name(batch)}: {what}", _url(batch), _("Answer"))


def _failed(batch: Any) -> Task:
    text = _("%s: what went wrong can be tried again") % _name(batch)
    return Task(batch.wrong, text, _url(batch), _("Look"))


def _sealed_by(batch: Any) -> Task:
    text = _("%s: waits for the key of the seal") % _name(batch)
    notes = in_hands([batch.by], batch.created_at)
    return Task(batch.left, text, _url(batch), notes=notes)


def _name(batch: Any) -> str:
    return f"{capfirst(step_label(batch))} {_time(batch.created_at)}"


def _time(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%d/%m/%Y %H:%M")


def _url(batch: Any) -> str:
    return reverse("staff:batch", args=[batch.uuid])
