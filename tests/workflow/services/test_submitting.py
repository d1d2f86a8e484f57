from __future__ import annotations

from datetime import timedelta

import pytest

from documents.models import Record, SchoolClass, Signature, User
from documents.versions import Draft, add_version
from tests.factories import NOW, make_draft, make_pupil
from workflow.errors import ChecksFailed, IllegalTransition, NotVisible
from workflow.services import return_record, submit_record
from workflow.services.submitting import findings_of


def test_submitting_signs_off_and_hands_over(draft_record: Record, teacher: User):
    submit_record(record_id=draft_record.pk, by=teacher, at=NOW)

    record = Record.objects.get(pk=draft_record.pk)
    assert (record.state, record.revision) == ("reviewed", draft_record.revision + 1)
    sheet = Signature.objects.get(slot="class_teacher")
    rows = Signature.objects.exclude(pk=sheet.pk).get()
    assert (sheet.signer, sheet.signed_at, sheet.version, sheet.parts) == (
        teacher,
        NOW,
        record.current,
        [],
    )
    # One signature over all rows, as nobody else teaches a subject of the class.
    assert rows.slot == f"subject_teacher.{rows.parts[0]}"
    assert set(rows.parts) == set(record.current.content.subjects)
    assert sheet.certificate == rows.certificate != ""
    line = record.ledger.last()
    assert (line.action, line.actor, line.at) == ("submit", teacher, NOW)
    assert line.payload["sha256"] == record.current.sha256


def test_what_blocks_is_named_and_nothing_is_written(
    school_class: SchoolClass, teacher: User
):
    record = make_draft(school_class, subjects={}, result=None)

    with pytest.raises(ChecksFailed) as caught:
        submit_record(record_id=record.pk, by=teacher)

    error = caught.value
    assert error.code == "checks_failed"
    assert error.codes and all(finding.blocks for finding in error.findings)
    assert all(finding.text() in error.for_user() for finding in error.findings)
    assert Record.objects.get(pk=record.pk).state == "draft"
    assert record.ledger.count() == 1
    assert not Signature.objects.exists()


def test_a_warning_does_not_block(school_class: SchoolClass, teacher: User):
    record = make_draft(school_class, result="good", result_reason="Tiến bộ nhiều")
    assert [f.code for f in findings_of(record)] == ["result_by_reason"]

    submit_record(record_id=record.pk, by=teacher)

    assert Record.objects.get(pk=record.pk).state == "reviewed"


def test_a_record_is_checked_beside_its_class(school_class: SchoolClass, teacher: User):
    record = make_draft(school_class)
    other = make_draft(school_class, make_pupil("Lê An"))
    add_version(Draft(other, record.current.content), by=None, at=NOW)

    with pytest.raises(ChecksFailed) as caught:
        submit_record(record_id=record.pk, by=teacher)

    assert caught.value.codes == ["pupil_duplicate"]


def test_the_same_version_is_signed_off_once(
    reviewed_record: Record, teacher: User, head: User
):
    return_record(record_id=reviewed_record.pk, by=head, reason="Xem lại nhận xét")

    submit_record(record_id=reviewed_record.pk, by=teacher, at=NOW + timedelta(hours=1))

    assert [one.signed_at for one in Signature.objects.all()] == [NOW, NOW]
    actions = [entry.action for entry in reviewed_record.ledger.all()]
    assert actions == ["import", "submit", "return", "submit"]


def test_submitting_twice_is_refused(reviewed_record: Record, teacher: User):
    with pytest.raises(IllegalTransition) as caught:
        submit_record(record_id=reviewed_record.pk, by=teacher)

    assert (caught.value.state, caught.value.action) == ("reviewed", "submit")
    assert reviewed_record.ledger.count() == 2


def test_a_record_without_content_is_refused(draft_record: Record, teacher: User):
    Record.objects.filter(pk=draft_record.pk).update(current=None)

    with pytest.raises(NotVisible):
        submit_record(record_id=draft_record.pk, by=teacher)

    assert Record.objects.get(pk=draft_record.pk).state == "draft"
