"""Who started work in the background hears of it: the notice leads back to its page."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

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
            "unit": batch.unit.name if batch.unit else "",
        },
        url=reverse("staff:batch", args=[batch.uuid]),
    )


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
