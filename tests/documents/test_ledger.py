from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from documents import ledger
from documents.models import LedgerEntry, Record, User
from tests.factories import make_draft, make_pupil

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def entries(record: Record) -> list[LedgerEntry]:
    return list(record.ledger.select_related("record"))


def test_each_line_names_the_hash_of_the_one_before(draft_record: Record, head: User):
    for action in ("submit", "sign"):
        ledger.append(draft_record, action=action, actor=head, at=NOON, payload={})

    first, second, third = entries(draft_record)
    assert [e.sequence for e in (first, second, third)] == [1, 2, 3]
    assert first.previous_hash == ledger.GENESIS
    assert (second.previous_hash, third.previous_hash) == (
        first.entry_hash,
        second.entry_hash,
    )
    assert third.machine == ledger.MACHINE
    assert ledger.first_break([first, second, third]) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", "lock"),
        ("at", NOON + timedelta(microseconds=1)),
        ("payload", {"version": 2}),
        ("actor_id", 99),
        ("machine", 2),
        ("previous_hash", "f" * 64),
        ("sequence", 3),
    ],
)
def test_a_line_that_was_changed_breaks_the_chain(
    draft_record: Record, head: User, field: str, value: object
):
    payload = {"version": 1}
    ledger.append(draft_record, action="submit", actor=head, at=NOON, payload=payload)
    chain = entries(draft_record)

    setattr(chain[1], field, value)

    assert ledger.first_break(chain) is chain[1]


def test_a_line_that_is_missing_breaks_the_chain(draft_record: Record, head: User):
    for action in ("submit", "sign", "lock"):
        ledger.append(draft_record, action=action, actor=head, at=NOON, payload={})
    first, _second, third, fourth = entries(draft_record)

    assert ledger.first_break([first, third, fourth]) is third
    assert ledger.first_break([third, fourth]) is third


def test_a_line_of_another_record_breaks_the_chain(school_class, head: User):
    one, two = make_draft(school_class), make_draft(school_class, make_pupil("Lê An"))
    stolen = entries(two)[0]

    stolen.record = one

    assert ledger.first_break([stolen]) is stolen


def test_the_hash_does_not_depend_on_the_zone_in_which_the_time_is_written(
    draft_record: Record,
):
    entry = entries(draft_record)[0]
    before = ledger.entry_digest(entry)

    entry.at = entry.at.astimezone(timezone(timedelta(hours=7)))

    assert ledger.entry_digest(entry) == before


def test_the_bytes_of_format_1_never_change():
    """A chain that was written once is checked by these bytes for ever."""
    entry = LedgerEntry(
        record=Record(uuid=UUID("0f8fad5b-d9cb-469f-a165-70867728950e")),
        sequence=2,
        action="lock",
        actor_id=7,
        at=NOON,
        payload={"version": 1, "sha256": "ab"},
        machine=1,
        previous_hash="0" * 64,
    )

    written = (
        '{"action":"lock","actor":7,"at":"2026-06-30T12:00:00.000000+00:00",'
        '"format":"hocba/ledger/1","machine":1,'
        '"payload":{"sha256":"ab","version":1},'
        f'"previous":"{"0" * 64}",'
        '"record":"0f8fad5bd9cb469fa16570867728950e","sequence":2}'
    )
    assert ledger.entry_digest(entry) == sha256(written.encode()).hexdigest()


def test_many_records_gain_their_lines_in_two_queries(
    school_class, head: User, django_assert_num_queries
):
    records = [make_draft(school_class, make_pupil(f"Lê {n}")) for n in range(5)]
    lines = [ledger.Line(record, "submit", {}) for record in records]

    with django_assert_num_queries(2):
        ledger.append_many(lines, actor=head, at=NOON)

    for record in records:
        assert [e.sequence for e in entries(record)] == [1, 2]
        assert ledger.first_break(entries(record)) is None


def test_two_lines_cannot_follow_the_same_one(draft_record: Record, head: User):
    first = entries(draft_record)[0]
    fork = LedgerEntry(
        record=draft_record,
        sequence=9,
        action="submit",
        actor=head,
        at=NOON,
        machine=1,
        previous_hash=first.previous_hash,
        entry_hash="a" * 64,
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        fork.save(force_insert=True)

    assert draft_record.ledger.count() == 1
