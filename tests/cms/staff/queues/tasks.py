"""The first page, one line of its queue, and a batch that asks for a key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cms.staff.queues.base import Task
from tests.factories import NOW
from workflow.models import Batch, Consent, Credential

HOME = "/admin/"


def by_text(tasks: Iterable[Task], words: str) -> Task:
    [found] = [task for task in tasks if words in task.text]
    return found


def ask(batch: Batch, credential: Credential, **values: Any) -> Consent:
    return Consent.objects.create(
        batch=batch,
        credential=credential,
        slot="head",
        round=1,
        digests=[],
        code="1234-5678",
        created_at=NOW,
        **values,
    )
