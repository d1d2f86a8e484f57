from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from documents.exchange.standing import Given, given_to
from documents.kinds import Finding
from documents.models import Record, User, Version

from ..errors import ChecksFailed
from .drafts import require_settled
from .signing_off import (
    RowsNotSigned,
    SignedOff,
    SignOff,
    Teaching,
    enter_signatures,
    sign_off_work,
)
from .steps import claim, conclude
from .works import Desk, Work


def submit_record(
    *, record_id: int, by: User, at: datetime | None = None, reason: str = ""
) -> Record:
    """The class teacher signs the own rows and the sheet, and hands it to the head.

    What its teacher was typing is in the version that is signed. What holds already
    (the record came back unchanged) is not signed again. Raises NotVisible,
    NotAllowed, IllegalTransition, EditsCollide, ChecksFailed with the findings that
    block, RowsNotSigned, VersionMoved, NoCredential, a CertificateRefused, or
    SigningUnavailable when trying again may help.
    """
    at = at or timezone.now()
    return submit_work(record_id=record_id, by=by, at=at, desk=Desk.plain()).do()


def submit_work(
    *, record_id: int, by: User, at: datetime, desk: Desk, reason: str = ""
) -> Work:
    """The same, for whoever brings keys that are asked another way."""
    with transaction.atomic():
        record = claim(record_id, step="submit", by=by)
        require_settled(record, at=at)
    version = record.current
    assert version is not None  # has_a_version
    require_complete(record)
    given = given_to(version)
    parts = own_rows(record, given, by)
    sheet = not given.sheet_is_signed
    return sign_off_work(
        SignOff(version, by, at, parts, sheet),
        desk=desk,
        enter=partial(enter_submission, record_id=record_id, by=by, at=at),
    )


def enter_submission(
    done: SignedOff, *, record_id: int, by: User, at: datetime
) -> Record:
    """Write down what has been signed, and take the step. Signs nothing."""
    with transaction.atomic():
        record = claim(record_id, step="submit", by=by)
        payload = enter_signatures(record, done)
        record.submit(at=at)
        conclude(record, "submit", by=by, at=at, payload=payload)
    return record


def require_complete(record: Record) -> None:
    """Raise ChecksFailed with the findings that block."""
    blocking = [finding for finding in findings_of(record) if finding.blocks]
    if blocking:
        raise ChecksFailed(blocking)


def own_rows(record: Record, given: Given, by: User) -> tuple[str, ...]:
    """The rows that are still unsigned and are the class teacher's own.

    Raises RowsNotSigned, naming subject and teacher, for those of others.
    """
    teaching = Teaching.of(record)
    unsigned = given.unsigned_parts()
    own = teaching.own(unsigned, by)
    others = [part for part in unsigned if part not in own]
    if others:
        labels = given.packet.format.part_labels
        raise RowsNotSigned([(labels.get(p, p), teaching.names(p)) for p in others])
    return own


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
