from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents.kinds import Finding
from documents.models import Record, Role, Signature, User, Version

from ..errors import ChecksFailed, IllegalTransition
from .drafts import require_settled
from .steps import claim, conclude, signatures_digest, version_payload

# As certificates say "Hiệu trưởng": what is kept does not follow the screen's language.
OFFICE = "Giáo viên chủ nhiệm"


@transaction.atomic
def submit_record(
    *, record_id: int, by: User, at: datetime | None = None, reason: str = ""
) -> Record:
    """The class teacher signs the sheet off and hands it to the head.

    What its teacher was typing is in the version that is signed off.
    Raises NotVisible, NotAllowed, IllegalTransition, EditsCollide, and ChecksFailed
    with the findings that block.
    """
    at = at or timezone.now()
    record = claim(record_id, step="submit", by=by)
    if record.current is None:
        raise IllegalTransition(record, "submit")
    require_settled(record, at=at)
    blocking = [finding for finding in findings_of(record) if finding.blocks]
    if blocking:
        raise ChecksFailed(blocking)
    _sign_off(record.current, record, by=by, at=at)
    record.submit(at=at)
    signatures = signatures_digest(record.current)
    payload = version_payload(record) | {"signatures": signatures}
    conclude(record, "submit", by=by, at=at, payload=payload)
    return record


def findings_of(record: Record) -> list[Finding]:
    """What the rules say of a record's current version beside its class."""
    peers = class_versions(record)
    contents = [record.definition.parse(version.canonical) for version in peers]
    own = next(c for v, c in zip(peers, contents, strict=True) if v == record.current)
    return record.definition.check(own, contents)


def class_versions(record: Record) -> list[Version]:
    """The current versions of the record's class, its own among them."""
    return list(
        Version.objects.filter(
            pk__in=Record.objects.filter(
                school_class=record.school_class_id, kind=record.kind
            ).values("current")
        ).order_by("pk")
    )


def _sign_off(version: Version, record: Record, *, by: User, at: datetime) -> None:
    """Enter the teacher's sign-off; on a version that came back it stands already."""
    Signature.objects.get_or_create(
        version=version,
        slot=Role.CLASS_TEACHER.value,
        defaults={
            "signer": by,
            "unit": record.issuer,
            "name": str(by),
            "office": OFFICE,
            "organisation": record.issuer.name,
            "signed_at": at,
            "time_source": "clock",
        },
    )
