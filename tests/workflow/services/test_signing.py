from __future__ import annotations

import pytest

from documents import ledger, storage
from documents.models import Record, Unit, User
from tests.factories import NOW
from workflow.services import record_pdf, sign_record


def test_signing_issues_the_record_with_both_signatures(
    reviewed_record: Record, head: User, seal: Unit
) -> None:
    sign_record(record_id=reviewed_record.pk, by=head, at=NOW)

    record = Record.objects.get(pk=reviewed_record.pk)
    assert record.state == "signed"
    assert record.current.signed_slots() == {"class_teacher", "head", "seal"}
    artifact = record.current.artifacts.get()
    pdf = storage.get(artifact.sha256)
    assert pdf.startswith(b"%PDF-")
    assert [entry.action for entry in record.ledger.all()] == ["import", "submit", "sign"]
    assert ledger.first_break(record.ledger.select_related("record")) is None


def test_a_locked_record_is_given_out_with_its_date(locked_record: Record) -> None:
    pdf = record_pdf(locked_record)

    issued = storage.get(locked_record.current.artifacts.get(purpose="issued").sha256)
    assert pdf.startswith(issued)
    assert record_pdf(locked_record) == pdf
