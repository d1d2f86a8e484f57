"""What an operator changes after dropping the triggers is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from documents import storage, triggers
from documents.canonical import content_digest
from documents.models import (
    Artifact,
    Book,
    Record,
    Signature,
    Unit,
    User,
    Version,
)
from tests.actors import bring_to
from tests.factories import NOW, make_draft, make_pupil
from workflow.integrity import Flaw, flaws
from workflow.models import Batch, BatchItem
from workflow.services import (
    dispatch_record,
    lock_record,
    recall_record,
    receive_record,
    record_pdf,
    sign_record,
    submit_record,
)


def own_flaws() -> list[Flaw]:
    """Without those of the index: it hears after a commit, which no test here makes."""
    return [flaw for flaw in flaws() if not flaw.code.startswith("index_")]


def codes() -> set[str]:
    return {flaw.code for flaw in own_flaws()}


def sql(statement: str, *parameters: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def forge_content(record: Record) -> None:
    """A better mark, with a digest that fits."""
    version = record.current
    text = version.canonical.replace('"score":9', '"score":10')
    digest = content_digest(record.kind, version.format_version, text.encode())
    Version.objects.filter(pk=version.pk).update(canonical=text, sha256=digest)


def forge_old_version(record: Record) -> None:
    old = record.versions.exclude(pk=record.current.pk).first()
    digest = content_digest(record.kind, old.format_version, b"{}")
    Version.objects.filter(pk=old.pk).update(canonical="{}", sha256=digest)


def remove(rows) -> None:
    """As SQL does, without what Django looks after."""
    rows._raw_delete(rows.db)


def forget_version(version: Version) -> None:
    remove(version.artifacts.all())
    remove(version.signatures.all())
    remove(Version.objects.filter(pk=version.pk))


def swap_file(record: Record) -> None:
    issued = Artifact.objects.filter(version=record.current_id, purpose="issued")
    issued.update(sha256=storage.put(b"%PDF- another"))


TAMPERING: dict[str, tuple[set[str], Callable[[Record], object]]] = {
    "a mark": (
        {"version_altered"},
        lambda r: sql(
            "UPDATE documents_version SET canonical ="
            " replace(canonical, '\"score\":9', '\"score\":10') WHERE id = %s",
            r.current_id,
        ),
    ),
    "a mark and its digest": (
        {"version_swapped", "version_not_in_ledger"},
        forge_content,
    ),
    "a version of the past": ({"version_not_in_ledger"}, forge_old_version),
    "the record points at an earlier version": (
        {"version_swapped"},
        lambda r: Record.objects.filter(pk=r.pk).update(
            current=r.versions.exclude(pk=r.current.pk).first()
        ),
    ),
    "a line of the ledger": (
        {"ledger_broken"},
        lambda r: r.ledger.filter(action="recall").update(at=NOW - timedelta(days=1)),
    ),
    "a line taken out": (
        {"ledger_broken"},
        lambda r: remove(r.ledger.filter(action="recall")),
    ),
    "the last lines taken off": (
        {"state_altered", "lock_date_altered", "custody_without_receipt"},
        lambda r: remove(r.ledger.filter(action__in=["lock", "dispatch", "receive"])),
    ),
    "the whole ledger taken away": (
        {
            "state_altered",
            "version_swapped",
            "version_not_in_ledger",
            "lock_date_altered",
            "custody_without_receipt",
            "signature_altered",
            "file_swapped",
        },
        lambda r: remove(r.ledger.all()),
    ),
    "the state": (
        {"state_altered"},
        lambda r: Record.objects.filter(pk=r.pk).update(state="locked"),
    ),
    "back to draft": (
        {"state_altered", "lock_date_altered", "signed_but_not_issued"},
        lambda r: Record.objects.filter(pk=r.pk).update(state="draft", locked_at=None),
    ),
    "the date of the lock": (
        {"lock_date_altered"},
        lambda r: Record.objects.filter(pk=r.pk).update(
            locked_at=NOW - timedelta(days=9)
        ),
    ),
    "the custodian": (
        {"custody_without_receipt"},
        lambda r: Record.objects.filter(pk=r.pk).update(custodian=r.issuer_id),
    ),
    "the name of a signer": (
        {"signature_altered"},
        lambda r: Signature.objects.filter(version=r.current_id, slot="head").update(
            name="Lê Văn Khác"
        ),
    ),
    "a sign-off": (
        {"signature_altered"},
        lambda r: Signature.objects.filter(slot="class_teacher").update(
            signed_at=NOW - timedelta(days=9)
        ),
    ),
    "the signatures taken away": (
        {"signature_altered", "issued_without_signatures"},
        lambda r: remove(Signature.objects.filter(version=r.current_id)),
    ),
    "an old version taken away": (
        {"version_missing"},
        lambda r: forget_version(r.versions.exclude(pk=r.current.pk).get()),
    ),
    "another file": ({"file_swapped"}, swap_file),
    "a file that is not there": (
        {"file_swapped", "file_missing"},
        lambda r: Artifact.objects.filter(purpose="issued").update(sha256="a" * 64),
    ),
    "the dated file": (
        {"file_swapped"},
        lambda r: Artifact.objects.filter(purpose="effective").update(
            sha256=storage.put(b"%PDF- another")
        ),
    ),
    "the packet": (
        {"file_swapped"},
        lambda r: Artifact.objects.filter(
            version=r.current_id, purpose="packet"
        ).update(sha256=storage.put(b"<another/>")),
    ),
    "the school that issued it": (
        {"issuer_altered"},
        lambda r: Record.objects.filter(pk=r.pk).update(
            issuer=Unit.objects.get(code="hoa-thuan")
        ),
    ),
    "the pupil": (
        {"owner_altered"},
        lambda r: Record.objects.filter(pk=r.pk).update(
            book=Book.objects.create(pupil=make_pupil("Lê Văn An"), level="primary")
        ),
    ),
    "the year": (
        {"year_altered"},
        lambda r: Record.objects.filter(pk=r.pk).update(school_year="2024-2025"),
    ),
    "the files forgotten": (
        {"file_not_recorded"},
        lambda r: remove(Artifact.objects.filter(version=r.current_id)),
    ),
}


@pytest.fixture
def travelled(
    signed_record: Record,
    teacher: User,
    head: User,
    officer: User,
    registrar: User,
    registrar2: User,
    other_school: Unit,
) -> Record:
    """Recalled once, signed again, locked, handed over: every kind of line and row."""
    pk = signed_record.pk
    recall_record(record_id=pk, by=head, reason="Sai nhận xét", at=NOW)
    submit_record(record_id=pk, by=teacher, at=NOW)
    sign_record(record_id=pk, by=head, at=NOW)
    from_lock_to_receipt(pk, officer, registrar, registrar2, other_school)
    return Record.objects.get(pk=pk)


def from_lock_to_receipt(
    pk: int, officer: User, registrar: User, registrar2: User, other_school: Unit
) -> None:
    lock_record(record_id=pk, by=officer, at=NOW)
    dispatch_record(record_id=pk, to_unit=other_school, by=registrar, at=NOW)
    receive_record(record_id=pk, by=registrar2, at=NOW)
    record_pdf(Record.objects.get(pk=pk))


def test_a_whole_life_through_the_services_leaves_no_flaw(travelled: Record):
    assert own_flaws() == []


def test_each_forgery_is_named_by_its_codes(subtests, travelled: Record):
    connection.check_constraints()  # PostgreSQL drops no trigger with checks pending

    for what, (expected, forge) in TAMPERING.items():
        with subtests.test(what), transaction.atomic():
            triggers.remove()
            forge(travelled)
            triggers.install()
            assert codes() == expected
            transaction.set_rollback(True)


@pytest.mark.parametrize("table", triggers.APPEND_ONLY)
def test_a_trigger_that_was_dropped_is_missed(db: None, table: str):
    on = f" ON {table}" if connection.vendor == "postgresql" else ""

    sql(f"DROP TRIGGER {triggers.PREFIX}{table}_update{on}")

    assert [(f.code, f.where) for f in own_flaws()] == [("trigger_missing", table)]


def test_a_stored_file_with_another_byte_is_named(signed_record: Record):
    sha256 = signed_record.current.artifacts.get(purpose="issued").sha256
    path = Path(settings.DATA_DIR) / "files" / sha256[:2] / sha256
    good = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(good.replace(b"%PDF-", b"%PDf-"))

    found = own_flaws()

    path.write_bytes(good)
    assert [(f.code, f.message) for f in found] == [("file_altered", sha256)]
    os.chmod(path, 0o440)


def test_a_record_that_everybody_signed_and_that_stands_still_is_named(
    units, draft_record: Record
):
    bring_to(draft_record, "signed", units)
    Record.objects.filter(pk=draft_record.pk).update(state="reviewed")

    assert "signed_but_not_issued" in codes()


def test_an_item_that_waits_in_a_finished_batch_is_named(
    draft_record: Record, head: User
):
    batch = Batch.objects.create(step="sign", by=head, created_at=NOW, finished_at=NOW)
    BatchItem.objects.create(batch=batch, record=draft_record)

    assert codes() == {"item_forgotten"}


def test_the_number_of_queries_does_not_grow_with_the_records(school_class):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert codes() == set()
        return len(asked)

    make_draft(school_class)
    few = queries()
    for number in range(4):
        make_draft(school_class, make_pupil(f"Lê Văn {number}"))

    assert queries() == few
