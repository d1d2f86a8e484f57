from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from documents.exchange.standing import Given, given_to, signed_rows
from documents.models import Record, SchoolClass, Unit, User
from tests.actors import bring_to
from tests.factories import NOW, TODAY, YEAR, make_draft, make_user
from workflow.errors import IllegalTransition, NotAllowed, NotVisible
from workflow.models import Deadline, Reassessment
from workflow.services import (
    confirm_rows,
    edit_record,
    recall_record,
    sign_record,
    submit_record,
)
from workflow.services.editing import FieldNotEditable
from workflow.services.locking import lock_due
from workflow.services.reassessing import (
    REASON,
    NotReassessed,
    SummerOver,
    group_of,
    open_reassessment,
    results_of,
)


@pytest.fixture
def failed(units: dict[str, Unit], school_class: SchoolClass) -> Record:
    """Signed, and the pupil did not complete the programme."""
    draft = make_draft(
        school_class, completed=False, promoted=False, result="not_completed"
    )
    return bring_to(draft, "signed", units)


def second_deadline(unit: Unit, lock_on: date) -> Deadline:
    return Deadline.objects.create(
        unit=unit,
        school_year=YEAR,
        group="reassessed",
        report_until=lock_on,
        lock_on=lock_on,
    )


def given_now(record: Record) -> Given:
    assert record.current is not None
    return given_to(record.current)


def test_the_first_results_stay_signed_beside_the_second(failed: Record, head: User):
    first = failed.current

    open_reassessment(record_id=failed.pk, by=head, at=NOW)
    teacher = make_user("gvcn", "class_teacher", failed.issuer, failed.school_class)
    edit_record(
        record_id=failed.pk,
        by=teacher,
        base=2,
        changes={"second.completed": True, "second.result": "completed"},
        at=NOW,
    )

    record = Record.objects.get(pk=failed.pk)
    found = results_of(record)
    assert (record.state, found.first, found.second) == ("draft", first, record.current)
    assert found.second.number == 3
    assert found.first.signed_slots() == {"class_teacher", "head", "seal"}
    assert [
        (change.field.path, change.old, change.new) for change in found.changes
    ] == [
        ("second.result", "Chưa hoàn thành", "Hoàn thành"),
        ("second.completed", "no", "yes"),
    ]
    assert (found.first.format_version, found.second.format_version) == (1, 2)
    assert group_of(record) == "reassessed"
    recall = record.ledger.get(action="recall")
    assert recall.payload["reason"] == REASON


def test_until_something_is_entered_there_are_no_second_results(
    failed: Record, head: User
):
    open_reassessment(record_id=failed.pk, by=head, at=NOW)

    found = results_of(Record.objects.get(pk=failed.pk))

    assert (found.second, found.changes) == (None, [])


def test_who_completed_the_programme_is_not_assessed_again(
    units: dict[str, Unit], school_class: SchoolClass, head: User
):
    record = bring_to(make_draft(school_class), "signed", units)

    with pytest.raises(NotReassessed):
        open_reassessment(record_id=record.pk, by=head, at=NOW)

    assert Record.objects.get(pk=record.pk).state == "signed"
    assert group_of(record) == "completed"
    assert results_of(record) is None


@pytest.mark.parametrize("situation", ["draft", "reviewed", "locked"])
def test_only_a_signed_record_is_opened(
    units: dict[str, Unit], school_class: SchoolClass, head: User, situation: str
):
    draft = make_draft(school_class, completed=False, promoted=False)
    record = bring_to(draft, situation, units)

    with pytest.raises((NotReassessed, IllegalTransition)):
        open_reassessment(record_id=record.pk, by=head, at=NOW)

    assert Record.objects.get(pk=record.pk).state == situation


@pytest.mark.parametrize("role", ["registrar", "class_teacher", "officer"])
def test_only_the_head_opens_it(units: dict[str, Unit], failed: Record, role: str):
    unit = units["dong-thap"] if role == "officer" else failed.issuer
    in_class = failed.school_class if role == "class_teacher" else None
    user = make_user("somebody", role, unit, in_class)

    with pytest.raises(NotAllowed):
        open_reassessment(record_id=failed.pk, by=user, at=NOW)

    assert not Reassessment.objects.exists()
    assert Record.objects.get(pk=failed.pk).state == "signed"


def test_the_head_of_another_school_sees_no_such_record(
    units: dict[str, Unit], failed: Record
):
    stranger = make_user("h-far", "head", units["far"])

    with pytest.raises(NotVisible):
        open_reassessment(record_id=failed.pk, by=stranger, at=NOW)

    assert Record.objects.get(pk=failed.pk).state == "signed"


def test_after_the_second_lock_nothing_is_opened(
    units: dict[str, Unit], failed: Record, head: User
):
    second_deadline(units["dong-thap"], date(2026, 8, 25))

    with pytest.raises(SummerOver):
        open_reassessment(
            record_id=failed.pk, by=head, at=datetime(2026, 8, 26, 3, tzinfo=UTC)
        )

    assert Record.objects.get(pk=failed.pk).state == "signed"


def test_the_whole_summer_from_the_first_signature_to_the_second_lock(
    units: dict[str, Unit],
    school_class: SchoolClass,
    teacher: User,
    head: User,
    seal: Unit,
):
    """Signed for real twice; July leaves it out, August locks the second results."""
    draft = make_draft(
        school_class,
        completed=False,
        promoted=False,
        result="not_completed",
        result_reason="Chưa đạt yêu cầu môn Toán",
    )
    submit_record(record_id=draft.pk, by=teacher, at=NOW)
    sign_record(record_id=draft.pk, by=head, at=NOW)
    today = TODAY
    Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="completed",
        report_until=today,
        lock_on=today,
    )
    assert list(lock_due(NOW)) == []

    open_reassessment(record_id=draft.pk, by=head, at=NOW)
    edit_record(
        record_id=draft.pk,
        by=teacher,
        base=2,
        changes={
            "second.completed": True,
            "second.promoted": True,
            "second.result": "completed",
            "second.result_reason": "Đạt sau khi đánh giá lại trong hè",
        },
        at=NOW,
    )
    submit_record(record_id=draft.pk, by=teacher, at=NOW)
    sign_record(record_id=draft.pk, by=head, at=NOW)
    second_deadline(units["dong-thap"], today)
    found = list(lock_due(NOW))

    assert found == [(draft.pk, None)]
    record = Record.objects.get(pk=draft.pk)
    content = record.current.content
    assert (record.state, record.current.format_version) == ("locked", 2)
    assert (content.completed, content.second.completed) == (False, True)
    assert results_of(record).first.content.completed is False
    packet = given_now(record).packet
    assert packet.header.format_version == 2
    assert b"<DANH_GIA_LAI>" in packet.to_bytes()


def test_what_was_signed_first_is_not_written_over(
    failed: Record, head: User, teacher: User
):
    open_reassessment(record_id=failed.pk, by=head, at=NOW)

    for path, value in {"subjects.math.level": "T", "completed": True}.items():
        with pytest.raises(FieldNotEditable):
            edit_record(record_id=failed.pk, by=teacher, base=2, changes={path: value})

    record = Record.objects.get(pk=failed.pk)
    assert record.current.number == 2
    assert record.current.content.subjects == (
        record.definition.reassess(failed.current.content).subjects
    )


def test_a_row_that_is_not_assessed_again_keeps_its_teacher_s_signature(
    school_class: SchoolClass, teacher: User, head: User, seal: Unit
):
    school = school_class.school
    linguist, musician = (
        make_user(subject, "subject_teacher", school, school_class, subject=subject)
        for subject in ("foreign_language", "music")
    )
    draft = make_draft(
        school_class, completed=False, result="not_completed", result_reason="Toán"
    )
    for one in (linguist, musician):
        confirm_rows(record_id=draft.pk, by=one, at=NOW)
    submit_record(record_id=draft.pk, by=teacher, at=NOW)
    sign_record(record_id=draft.pk, by=head, at=NOW)

    open_reassessment(record_id=draft.pk, by=head, at=NOW)

    record = Record.objects.get(pk=draft.pk)
    assert given_now(record).unsigned_parts() == []
    assert set(signed_rows([record])[record.pk]) >= {"foreign_language", "music"}
    changes = {"subjects.music.second_level": "T"}
    edit_record(record_id=draft.pk, by=musician, base=2, changes=changes, at=NOW)
    record.refresh_from_db()
    assert given_now(record).unsigned_parts() == ["music"]
    assert "music" not in signed_rows([record])[record.pk]


def test_once_assessed_again_it_is_recalled_like_any_other(
    failed: Record, head: User, units: dict[str, Unit]
):
    open_reassessment(record_id=failed.pk, by=head, at=NOW)
    again = bring_to(Record.objects.get(pk=failed.pk), "signed", units)

    with pytest.raises(NotReassessed):
        open_reassessment(record_id=failed.pk, by=head, at=NOW)
    recall_record(record_id=failed.pk, by=head, reason="Sai tên", at=NOW)

    record = Record.objects.get(pk=failed.pk)
    assert (record.state, record.current.format_version) == ("draft", 2)
    assert record.current.canonical == again.current.canonical
