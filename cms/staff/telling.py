"""Who started work in the background hears of it: the notice leads back to its page."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from documents.models import Unit
from workflow.models import Batch, Consent, ItemStatus
from workflow.services.bulk.batches import progress
from workflow.services.notices import notify


def tell_end(batch: Batch, **_signal: Any) -> None:
    """Told once for each end; not what was cancelled, nor a single record."""
    figures = progress(batch)
    if batch.cancelled_at is not None or figures["total"] < 2:
        return
    ended = batch.finished_at or timezone.now()
    notify(
        [batch.by],
        "batch_done_sign" if batch.step == "sign" else "batch_done",
        subject=f"{batch.uuid.hex}.{ended:%Y%m%d%H%M%S}",
        data={
            "done": figures[ItemStatus.DONE],
            "count": figures["total"],
            "unit": _unit_of(batch).name,
        },
        url=reverse("staff:batch", args=[batch.uuid]),
    )


def _unit_of(batch: Batch) -> Unit:
    """Where it was started; from the command line that is where its records are."""
    if batch.unit:
        return batch.unit
    return batch.items.select_related("record__issuer").earliest("pk").record.issuer


def tell_question(consent: Consent, **_signal: Any) -> None:
    """The second question comes when its answerer may have gone."""
    if consent.round < 2:
        return
    batch = consent.batch
    notify(
        [batch.by],
        "batch_waits",
        subject=consent.uuid.hex,
        data={"count": consent.count},
        url=reverse("staff:batch", args=[batch.uuid]),
    )
