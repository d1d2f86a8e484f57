"""How a batch stands, looked up once a second for everybody who watches it.

Pages ask again and again instead of holding a thread each: decision 13. The figures
are the same for all; who may see them is asked for each person, from what was kept.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.cache import caches
from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404

from workflow.models import Batch, Consent, ItemStatus
from workflow.services.bulk.consents import ASKED

SECOND = 1
# So long a look is kept for those who come while somebody else is looking.
KEPT = 60
STATUSES = {f"n_{status.value}": status for status in ItemStatus}


def look_at(uuid: UUID) -> Any:
    """The batch with ``figures`` and ``asked``, at most about a second old.

    One query a second at most, however many ask, in whichever process. Raises Http404.
    """
    cache = caches["shared"]
    if cache.add(_turn(uuid), 1, SECOND) or not (found := cache.get(_look(uuid))):
        found = _read(uuid)
        cache.set(_look(uuid), found, KEPT)
    return found


def forget(uuid: UUID) -> None:
    """After somebody has steered it: the next look is a fresh one."""
    caches["shared"].delete_many([_turn(uuid), _look(uuid)])


def _read(uuid: UUID) -> Any:
    counts = {
        name: Count("items", filter=Q(items__status=status))
        for name, status in STATUSES.items()
    }
    asked = Consent.objects.filter(batch=OuterRef("pk"), status__in=ASKED)
    rows = Batch.objects.select_related("by", "unit")
    found = (
        rows.annotate(total=Count("items"), asked=Exists(asked), **counts)
        .filter(uuid=uuid)
        .first()
    )
    if found is None:
        raise Http404
    figures = {status.value: getattr(found, n) for n, status in STATUSES.items()}
    found.figures = {"total": found.total, **figures}  # type: ignore[attr-defined]
    return found


def _turn(uuid: UUID) -> str:
    return f"batch-turn-{uuid}"


def _look(uuid: UUID) -> str:
    return f"batch-look-{uuid}"
