from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from documents.exchange.standing import Given, given_to, given_to_many
from documents.kinds import Finding, Kind, get_kind
from documents.models import Record, User, Version

from ..errors import ChecksFailed
from .bulk.works import Desk, Work
from .drafts import require_settled, settle_many
from .many import Taken, claim_many, refuse, sift
from .signing_off import (
    NotSigned,
    RowsNotSigned,
    SignedOff,
    SignOff,
    Teaching,
    enter_many,
    enter_signatures,
    may_click,
    sign_off_work,
)
from .steps import claim, conclude, conclude_many

# What a teacher signs is read from the content; where it came from is not.
CONTENTS = Version.objects.defer("lineage")


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


@transaction.atomic
def submit_records(
    *, record_ids: Iterable[int], by: User, at: datetime | None = None
) -> Taken:
    """The same for many where no key has to be asked, in a fixed number of queries.

    Their signatures stand already, or their teacher may sign off by a click. A refusal
    stops only its own record; NotSigned is that of a record whose teacher has to sign.
    """
    at = at or timezone.now()
    taken = claim_many(record_ids, step="submit", by=by, versions=CONTENTS)
    refuse(taken, settle_many(taken.records, at=at))
    findings = findings_of_many(taken.records)
    sift(taken, lambda record: _require_sound(findings[record.pk]))
    signed = _sign_offs(taken, by=by, at=at)
    for record in taken.records:
        record.submit(at=at)
    payloads = enter_many([(record, signed[record.pk]) for record in taken.records])
    conclude_many(
        taken.records, "submit", by=by, at=at, payload=lambda one: payloads[one.pk]
    )
    return taken


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
    sign_off = _sign_off(given_to(version), Teaching.of(record), by=by, at=at)
    return sign_off_work(
        sign_off,
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
    _require_sound(findings_of(record))


def findings_of(record: Record) -> list[Finding]:
    """What the rules say of a record's current version beside its class."""
    return findings_of_many([record])[record.pk]


def findings_of_many(records: Iterable[Record]) -> dict[int, list[Finding]]:
    """The same for many, by record: one query, and each class is looked at once."""
    wanted = {record.pk: (record.school_class_id, record.kind) for record in records}
    found: dict[int, list[Finding]] = {}
    for (room, kind), texts in _class_contents(wanted.values()).items():
        asked = [key for key in texts if wanted.get(key) == (room, kind)]
        contents = {key: _content(kind, text) for key, text in texts.items()}
        found |= _findings(get_kind(kind), contents, asked)
    return found


@lru_cache(maxsize=200)
def _content(kind: str, canonical: str) -> Any:
    # Whoever submits a class record by record looks at all of it each time.
    return get_kind(kind).parse(canonical)


def _findings(
    definition: Kind, contents: Mapping[int, Any], asked: Sequence[int]
) -> dict[int, list[Finding]]:
    peers = list(contents.values())
    if len(asked) == 1:
        (key,) = asked
        return {key: definition.check(contents[key], peers)}
    return dict(zip(contents, definition.check_class(peers), strict=True))


def _class_contents(
    rooms: Iterable[tuple[int, str]],
) -> dict[tuple[int, str], dict[int, str]]:
    """What the records of some classes say now: by class and kind, by record."""
    asked = set(rooms)
    records = Record.objects.filter(
        school_class__in={room for room, _kind in asked},
        kind__in={kind for _room, kind in asked},
    )
    rows = Version.objects.filter(pk__in=records.values("current")).order_by("pk")
    found: dict[tuple[int, str], dict[int, str]] = {one: {} for one in asked}
    for room, kind, key, text in rows.values_list(
        "record__school_class", "record__kind", "record", "canonical"
    ):
        if (room, kind) in found:
            found[room, kind][key] = text
    return found


def _require_sound(findings: Iterable[Finding]) -> None:
    if blocking := [finding for finding in findings if finding.blocks]:
        raise ChecksFailed(blocking)


def _sign_offs(taken: Taken, *, by: User, at: datetime) -> dict[int, SignedOff]:
    """What is to be entered beside each; takes out those that need a key."""
    given = given_to_many([one.current for one in taken.records if one.current])
    teaching = Teaching.of_many(taken.records)
    clicks = may_click(by)
    signed: dict[int, SignedOff] = {}

    def sign_off(record: Record) -> None:
        own = given[record.current_id or 0]
        one = _sign_off(own, teaching[record.pk], by=by, at=at)
        if not (one.is_empty or clicks):
            raise NotSigned(by, one.version)
        signed[record.pk] = one.clicked(own)

    sift(taken, sign_off)
    return signed


def _sign_off(given: Given, teaching: Teaching, *, by: User, at: datetime) -> SignOff:
    """What is left to sign: the own rows, and the sheet.

    Raises RowsNotSigned, naming subject and teacher, for the rows of others.
    """
    unsigned = given.unsigned_parts()
    own = teaching.own(unsigned, by)
    others = [part for part in unsigned if part not in own]
    if others:
        labels = given.packet.format.part_labels
        raise RowsNotSigned([(labels.get(p, p), teaching.names(p)) for p in others])
    sheet = not given.sheet_is_signed
    return SignOff(given.version, by, at, own, sheet, given)
