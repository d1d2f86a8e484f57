"""A subject teacher stands by the own rows of a record (GVBM, domain.md §5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from documents.exchange.standing import given_to
from documents.models import Record, User, Version
from documents.querysets import RecordQuerySet

from ..errors import ChecksFailed, NotVisible
from .bulk.works import Desk, Work
from .drafts import require_settled
from .editing import in_grid_of, is_within
from .signing_off import SignedOff, SignOff, Teaching, enter_signatures, sign_off_work
from .steps import check, conclude


def confirm_rows(
    *, record_id: int, by: User, at: datetime | None = None, reason: str = ""
) -> Record:
    """Sign the rows of a draft that ``by`` teaches and that are not signed as they are.

    One signature over all of them. Where nothing is left to sign, nothing happens.
    Raises NotVisible, NotAllowed, IllegalTransition, EditsCollide, ChecksFailed with
    what blocks these rows, VersionMoved, NoCredential, a CertificateRefused, or
    SigningUnavailable when trying again may help.
    """
    at = at or timezone.now()
    return confirm_work(record_id=record_id, by=by, at=at, desk=Desk.plain()).do()


def confirm_work(
    *, record_id: int, by: User, at: datetime, desk: Desk, reason: str = ""
) -> Work:
    """The same, for whoever brings keys that are asked another way.

    What is being typed is in the version that is signed.
    """
    with transaction.atomic():
        record = _claim(record_id, by)
        require_settled(record, at=at)
    version = record.current
    assert version is not None  # has_a_version
    given = given_to(version)
    parts = Teaching.of(record).own(given.unsigned_parts(), by)
    _require_sound(record, version, parts)
    return sign_off_work(
        SignOff(version, by, at, parts, given=given),
        desk=desk,
        enter=partial(_enter, record_id=record_id, by=by, at=at),
    )


def _enter(done: SignedOff, *, record_id: int, by: User, at: datetime) -> Record:
    """Write down what has been signed. Raises VersionMoved, or what is asked first."""
    with transaction.atomic():
        record = _claim(record_id, by)
        if done.signatures:
            payload = enter_signatures(record, done)
            payload["rows"] = sorted(p for one in done.signatures for p in one.parts)
            conclude(record, "confirm", by=by, at=at, payload=payload, fields=())
    return record


def within_reach(by: User, step: str) -> RecordQuerySet:
    """Where ``by`` may begin a step: what they see, for rows also what they teach."""
    return in_grid_of(by) if step == "confirm" else Record.objects.visible_to(by)


def _claim(record_id: int, by: User) -> Record:
    """Lock the row, then check. A subject teacher finds the own classes here too."""
    by.hold_standing()
    rows = in_grid_of(by).select_for_update(of=("self",))
    related = ("school_class", "issuer", "custodian")
    try:
        record = rows.select_related(*related).get(pk=record_id)
    except Record.DoesNotExist as error:
        raise NotVisible(f"record {record_id}") from error
    check(record, step="confirm", by=by)
    return record


def _require_sound(record: Record, version: Version, parts: Sequence[str]) -> None:
    """Raise ChecksFailed for what blocks one of these rows; others are not asked."""
    definition = record.definition
    member = definition.packets[version.format_version].parts
    if member is None:
        return
    own = frozenset(f"{member.key}.{part}" for part in parts)
    blocking = [
        finding
        for finding in definition.check(definition.parse(version.canonical))
        if finding.blocks and is_within(finding.path, own)
    ]
    if blocking:
        raise ChecksFailed(blocking)
