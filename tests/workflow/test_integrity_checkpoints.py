"""A history that was rewritten from start to end is found against what was sealed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from documents import ledger, reading, storage, triggers
from documents.canonical import content_digest
from documents.checkpoints import CheckpointUnreadable
from documents.models import (
    Checkpoint,
    LedgerEntry,
    ReadLog,
    Record,
    SealedHead,
    User,
    Version,
)
from documents.reading import log_reads
from tests.factories import NOW, make_draft, make_pupil, make_user
from workflow.integrity import Flaw, check_copy, flaws
from workflow.services import submit_record
from workflow.services.evidence.checkpoints import CheckpointMoved, make_checkpoint

# A day, by a clock that runs fast: the authority of the tests was made yesterday.
DAY = timedelta(hours=3)


def found() -> list[Flaw]:
    return [flaw for flaw in flaws() if not flaw.code.startswith("index_")]


def codes() -> set[str]:
    return {flaw.code for flaw in found()}


def sealed(at: datetime = NOW) -> Checkpoint:
    """A checkpoint made at that time, by a service that has the same time."""
    with time_machine.travel(at, tick=True):
        return make_checkpoint()


@pytest.fixture
def tampering(db: None):
    """An operator with all rights over the database, who puts the triggers back."""
    connection.check_constraints()  # PostgreSQL drops no trigger with checks pending

    class Tampering:
        def __enter__(self) -> None:
            triggers.remove()

        def __exit__(self, *error: object) -> None:
            triggers.install()

    return Tampering()


def rewrite_ledger(record: Record) -> None:
    """Another mark, and the whole chain made anew so that it holds in itself."""
    version = record.versions.get(pk=record.current.pk if record.current else 0)
    text = version.canonical.replace('"score":9', '"score":10')
    digest = content_digest(record.kind, version.format_version, text.encode())
    Version.objects.filter(pk=version.pk).update(canonical=text, sha256=digest)
    previous = ledger.GENESIS
    for entry in record.ledger.order_by("sequence"):
        if "sha256" in entry.payload:
            entry.payload["sha256"] = digest
        entry.previous_hash = previous
        previous = entry.entry_hash = ledger.entry_digest(entry)
        LedgerEntry.objects.filter(pk=entry.pk).update(
            payload=entry.payload,
            previous_hash=entry.previous_hash,
            entry_hash=entry.entry_hash,
        )


def rewrite_reads(record: Record, user: User) -> None:
    previous = ledger.GENESIS
    for line in record.reads.order_by("sequence"):
        line.user = user
        previous = reading.line_digest(line, previous)
        ReadLog.objects.filter(pk=line.pk).update(user=user, digest=previous)


def test_a_chain_rewritten_from_its_first_line_is_found(
    tampering, reviewed_record: Record
):
    made = sealed()

    with tampering:
        rewrite_ledger(reviewed_record)

    (flaw,) = found()
    assert flaw.code == "chain_rewritten"
    assert flaw.where == f"{reviewed_record} ledger #2"
    assert (flaw.since, flaw.until) == (made.at, None)
    assert "checkpoint 1" in flaw.message


def test_without_a_checkpoint_it_would_not_be(tampering, reviewed_record: Record):
    with tampering:
        rewrite_ledger(reviewed_record)

    assert found() == []


def test_since_when_is_between_two_checkpoints(tampering, reviewed_record: Record):
    sealed(NOW - 3 * DAY)
    clean = sealed(NOW - 2 * DAY)
    with tampering:
        rewrite_ledger(reviewed_record)
    first = sealed(NOW - 1 * DAY)
    sealed(NOW)

    flaw = next(flaw for flaw in found() if flaw.code == "chain_rewritten")

    assert (flaw.since, flaw.until) == (clean.at, first.at)


def test_lines_taken_off_the_end_are_found(tampering, reviewed_record: Record):
    sealed()

    with tampering:
        last = reviewed_record.ledger.filter(sequence=2)
        last._raw_delete(last.db)
        Record.objects.filter(pk=reviewed_record.pk).update(state="draft")

    assert "chain_rewritten" in codes()


@pytest.fixture
def read_record(draft_record: Record, inspector: User) -> Record:
    for minute in range(3):
        at = NOW + timedelta(minutes=minute)
        log_reads([draft_record], by=inspector, access="view", at=at)
    return draft_record


def test_a_reader_who_was_renamed_is_found(tampering, read_record: Record):
    other = make_user("other")

    with tampering:
        read_record.reads.filter(sequence=2).update(user=other)

    (flaw,) = found()
    assert (flaw.code, flaw.where) == ("read_log_broken", f"{read_record} read #2")


def test_a_reading_that_was_taken_out_is_found(tampering, read_record: Record):
    with tampering:
        lines = read_record.reads.filter(sequence=2)
        lines._raw_delete(lines.db)

    assert codes() == {"read_log_broken"}


def test_reads_rewritten_from_the_first_are_found(tampering, read_record: Record):
    sealed()

    with tampering:
        rewrite_reads(read_record, make_user("other"))

    (flaw,) = found()
    assert (flaw.code, flaw.where) == ("chain_rewritten", f"{read_record} read #3")


def test_the_last_reading_taken_off_is_found(tampering, read_record: Record):
    sealed()

    with tampering:
        lines = read_record.reads.filter(sequence=3)
        lines._raw_delete(lines.db)

    assert codes() == {"chain_rewritten"}


def test_only_what_moved_is_sealed_again(
    read_record: Record, school_class, teacher: User
):
    other = make_draft(school_class, make_pupil("Lê Văn An"))
    assert sealed(NOW - 2 * DAY).heads.count() == 3
    assert sealed(NOW - DAY).heads.count() == 0
    submit_record(record_id=other.pk, by=teacher, at=NOW)

    (head,) = sealed().heads.all()

    assert (head.record, head.chain, head.sequence) == (other, "ledger", 2)
    assert found() == []


def forge_checkpoint(**changes: object) -> None:
    Checkpoint.objects.filter(number=2).update(**changes)


def remove(rows) -> None:
    rows._raw_delete(rows.db)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (lambda: forge_checkpoint(findings=[["a", "b"]]), {"checkpoint_altered"}),
        (lambda: forge_checkpoint(at=NOW - 9 * DAY), {"checkpoint_altered"}),
        (lambda: forge_checkpoint(previous="a" * 64), {"checkpoint_altered"}),
        (lambda: forge_checkpoint(token=""), {"checkpoint_altered"}),
        (
            lambda: SealedHead.objects.filter(chain="ledger").update(
                sequence=F("sequence") + 1
            ),
            {"checkpoint_altered", "chain_rewritten"},
        ),
        (lambda: remove(SealedHead.objects.all()), {"checkpoint_altered"}),
        (lambda: remove(Checkpoint.objects.filter(number=2)), {"checkpoint_missing"}),
    ],
)
def test_a_checkpoint_that_was_changed_is_found(
    tampering, draft_record: Record, what, expected: set[str]
):
    for ago in (2, 1, 0):
        sealed(NOW - ago * DAY)

    with tampering:
        what()

    assert expected <= codes()
    assert codes() - expected <= {"checkpoint_stamp_bad"}


def test_checkpoints_made_anew_later_bear_a_stamp_of_later(
    tampering, reviewed_record: Record
):
    """Everything is rewritten, and given out as of three days ago."""
    then = NOW - 3 * DAY
    sealed(then)
    with tampering:
        rewrite_ledger(reviewed_record)
        remove(SealedHead.objects.all())
        remove(Checkpoint.objects.all())
    make_checkpoint(at=then)

    (flaw,) = found()

    assert (flaw.code, flaw.where) == ("checkpoint_stamp_bad", "checkpoint 1")


def test_a_copy_tells_of_checkpoints_that_were_all_made_anew(
    tampering, reviewed_record: Record
):
    sealed(NOW - 2 * DAY)
    copy = storage.get(sealed(NOW - DAY).sha256)
    with tampering:
        rewrite_ledger(reviewed_record)
        remove(SealedHead.objects.all())
        remove(Checkpoint.objects.all())
    sealed()

    assert found() == []
    (flaw,) = check_copy(copy)
    assert (flaw.code, flaw.where) == ("checkpoint_missing", "checkpoint 2")
    assert flaw.since == NOW - DAY


def test_a_copy_names_the_record_that_was_rewritten(tampering, reviewed_record: Record):
    copy = storage.get(sealed(NOW - DAY).sha256)
    with tampering:
        rewrite_ledger(reviewed_record)
        remove(SealedHead.objects.all())
        remove(Checkpoint.objects.all())
    sealed()

    flaws_of_copy = {(flaw.code, flaw.where) for flaw in check_copy(copy)}

    assert flaws_of_copy == {
        ("checkpoint_altered", "checkpoint 1"),
        ("chain_rewritten", f"{reviewed_record} ledger #2"),
    }


def test_an_untouched_copy_finds_nothing(read_record: Record):
    copy = storage.get(sealed().sha256)

    assert list(check_copy(copy)) == []


def test_a_copy_that_was_changed_itself_is_not_believed(read_record: Record):
    whole = json.loads(storage.get(sealed().sha256))
    whole["checkpoint"]["heads"] = []

    (flaw,) = check_copy(json.dumps(whole).encode())

    assert (flaw.code, flaw.where) == (
        "checkpoint_stamp_bad",
        "the copy of checkpoint 1",
    )


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"checkpoint": {}}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_checkpoint_is_said_to_be_none(db: None, data: bytes):
    with pytest.raises(CheckpointUnreadable):
        list(check_copy(data))


def test_of_two_checkpoints_made_at_once_one_is_refused(
    draft_record: Record, monkeypatch: pytest.MonkeyPatch
):
    def another_is_first(data: bytes) -> str:
        monkeypatch.undo()
        make_checkpoint()
        return storage.put(data)

    monkeypatch.setattr(
        "workflow.services.evidence.checkpoints.storage.put", another_is_first
    )
    with pytest.raises(CheckpointMoved):
        make_checkpoint()

    assert Checkpoint.objects.count() == 1


def test_the_number_of_queries_does_not_grow_with_the_checkpoints(read_record: Record):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert found() == []
        return len(asked)

    for ago in (5, 4):
        sealed(NOW - ago * DAY)
    few = queries()
    for ago in (3, 2, 1):
        sealed(NOW - ago * DAY)

    assert queries() == few


def test_the_file_of_a_checkpoint_is_checked_like_any_other(
    read_record: Record, settings
):
    made = sealed()
    path = Path(settings.DATA_DIR) / "files" / made.sha256[:2] / made.sha256
    path.unlink()

    assert [(flaw.code, flaw.where) for flaw in found()] == [
        ("file_missing", "checkpoint 1")
    ]
