"""Steps back: the head returns, or recalls what was issued. Both say why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from documents import storage
from documents.models import Record, User
from tests.factories import NOW
from workflow.errors import IllegalTransition, ReasonMissing
from workflow.services import (
    edit_record,
    lock_record,
    recall_record,
    return_record,
    submit_record,
)


def test_a_returned_record_is_a_draft_with_its_reason(
    reviewed_record: Record, head: User
):
    return_record(record_id=reviewed_record.pk, by=head, reason=" Sai điểm ", at=NOW)

    record = Record.objects.get(pk=reviewed_record.pk)
    assert (record.state, record.current) == ("draft", reviewed_record.current)
    line = record.ledger.last()
    assert (line.action, line.actor, line.payload["reason"]) == (
        "return",
        head,
        "Sai điểm",
    )


def test_a_returned_record_can_be_corrected_and_submitted_again(
    reviewed_record: Record, head: User, teacher: User
):
    pk = reviewed_record.pk
    return_record(record_id=pk, by=head, reason="Sai chiều cao")
    edit_record(record_id=pk, by=teacher, base=1, changes={"height_cm": 132})

    submit_record(record_id=pk, by=teacher)

    record = Record.objects.get(pk=pk)
    assert (record.state, record.current.number) == ("reviewed", 2)
    assert record.current.signed_slots() == {"class_teacher"}


def test_a_recalled_record_goes_on_with_a_new_version_of_the_same_content(
    signed_record: Record, head: User
):
    issued = signed_record.current

    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên môn", at=NOW)

    record = Record.objects.get(pk=signed_record.pk)
    assert (record.state, record.current.number) == ("draft", 2)
    assert record.current.sha256 == issued.sha256
    assert record.current.signed_slots() == set()
    assert issued.signed_slots() >= {"class_teacher", "head", "seal"}
    assert storage.get(issued.artifacts.get(purpose="issued").sha256)
    recall, edit = list(record.ledger.all())[-2:]
    assert recall.payload["version"] == 1 and edit.payload["version"] == 2
    assert recall.payload["reason"] == "Sai tên môn"


def test_a_locked_record_is_not_recalled(
    signed_record: Record, head: User, officer: User
):
    lock_record(record_id=signed_record.pk, by=officer)

    with pytest.raises(IllegalTransition):
        recall_record(record_id=signed_record.pk, by=head, reason="Sai tên môn")

    record = Record.objects.get(pk=signed_record.pk)
    assert (record.state, record.versions.count()) == ("locked", 1)


@pytest.mark.parametrize("reason", ["", "   ", "\n\t"])
@pytest.mark.parametrize("service", [return_record, recall_record])
def test_without_a_reason_nothing_goes_back(
    reviewed_record: Record, head: User, service: Callable[..., Record], reason: str
):
    with pytest.raises(ReasonMissing) as caught:
        service(record_id=reviewed_record.pk, by=head, reason=reason)

    assert caught.value.code == "reason_missing"
    assert Record.objects.get(pk=reviewed_record.pk).state == "reviewed"
    assert reviewed_record.ledger.count() == 2
