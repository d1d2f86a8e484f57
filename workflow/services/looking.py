"""The head's look before the signature: which version was looked at and found fine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from documents.models import LedgerEntry, Record, Unit, User
from documents.querysets import RecordQuerySet

from ..errors import VersionMoved
from ..models import BatchItem, ItemStatus, Look
from .season.waiting import BACKWARD
from .steps import claim

# So many of a school's newest returns say which reasons are frequent.
RETURNS_READ = 200
REASONS_SHOWN = 5


@dataclass(frozen=True)
class Standing:
    """What a review asks of a record beside its content.

    ``looked_by`` and ``looked_at`` say who looked at the current version first;
    ``being_signed``: a running batch has it; ``returned`` is the key of the ledger
    line of its last return or recall.
    """

    looked_by: str
    looked_at: datetime | None
    being_signed: bool
    returned: int | None

    @property
    def is_looked_at(self) -> bool:
        return self.looked_at is not None


def with_standing(records: RecordQuerySet) -> RecordQuerySet:
    """So that ``standing_of`` knows each of them without a query more."""
    looks = Look.objects.filter(version=OuterRef("current")).order_by("at", "pk")
    back = LedgerEntry.objects.filter(record=OuterRef("pk"), action__in=BACKWARD)
    signing = BatchItem.objects.filter(
        record=OuterRef("pk"),
        status=ItemStatus.PENDING,
        batch__step="sign",
        batch__finished_at=None,
    )
    return records.annotate(
        standing_name=Subquery(looks.values("person__full_name")[:1]),
        standing_at=Subquery(looks.values("at")[:1]),
        standing_signing=Exists(signing),
        standing_back=Subquery(back.order_by("-sequence").values("pk")[:1]),
    )


def standing_of(record: Record) -> Standing:
    """The record comes from ``with_standing``."""
    known = vars(record)
    return Standing(
        known["standing_name"] or "",
        known["standing_at"],
        known["standing_signing"],
        known["standing_back"],
    )


@transaction.atomic
def approve(
    *, record_id: int, version_id: int, by: User, at: datetime | None = None
) -> Look:
    """The head has seen this version and finds it fine. A second time changes nothing.

    Raises NotVisible, NotAllowed, IllegalTransition unless it waits for the signature,
    and VersionMoved when another version has come since the page was shown.
    """
    record = claim(record_id, step="sign", by=by)
    if record.current_id != version_id:
        raise VersionMoved(record)
    look, _created = Look.objects.get_or_create(
        version_id=version_id, person=by, defaults={"at": at or timezone.now()}
    )
    return look


@transaction.atomic
def take_back(*, record_id: int, by: User) -> bool:
    """Take the own look back; return whether there was one.

    Raises NotVisible, NotAllowed, IllegalTransition.
    """
    record = claim(record_id, step="sign", by=by)
    mine = Look.objects.filter(version=record.current_id, person=by)
    return bool(mine.delete()[0])


def forget_looks(records: Iterable[Record]) -> None:
    """What goes back is looked at again, also where it comes back unchanged."""
    versions = [record.current_id for record in records]
    Look.objects.filter(version__in=versions).delete()


def frequent_reasons(issuer: Unit) -> list[str]:
    """With which words records of a school were returned most often lately.

    They name no pupil unless somebody wrote a name; the caller shows them only to the
    school's head.
    """
    returns = LedgerEntry.objects.filter(record__issuer=issuer, action="return")
    newest = returns.order_by("-at", "-pk").values_list("payload", flat=True)
    reasons = (payload.get("reason", "") for payload in newest[:RETURNS_READ])
    counted = Counter(reason for reason in reasons if reason)
    return [reason for reason, _count in counted.most_common(REASONS_SHOWN)]
