from __future__ import annotations

from datetime import timedelta

import pytest

from documents.models import Assignment, Record, Signature, User
from tests.factories import NOW, TODAY, make_user
from workflow.services import confirm_rows, submit_record
from workflow.services.evidence.rights import Wrong, had_right

DAY = timedelta(days=1)


@pytest.fixture
def linguist(draft_record: Record) -> User:
    return make_user(
        "english",
        "subject_teacher",
        draft_record.issuer,
        draft_record.school_class,
        subject="foreign_language",
    )


@pytest.fixture
def signed(draft_record: Record, teacher: User, linguist: User) -> dict[str, Signature]:
    confirm_rows(record_id=draft_record.pk, by=linguist, at=NOW)
    submit_record(record_id=draft_record.pk, by=teacher, at=NOW)
    return {one.slot: one for one in Signature.objects.all()}


def test_who_holds_the_office_on_that_day_has_the_right(signed):
    assert [had_right(one) for one in signed.values()] == [None] * 3


def test_an_office_that_ended_later_was_held_then(signed):
    Assignment.objects.update(valid_until=TODAY + DAY)

    assert [had_right(one) for one in signed.values()] == [None] * 3


def test_an_office_that_had_ended_gives_no_right(signed):
    Assignment.objects.update(valid_until=TODAY - 2 * DAY)

    assert {had_right(one) for one in signed.values()} == {Wrong.NO_ROLE}


def test_the_class_teacher_has_no_right_to_a_row_of_somebody_else(
    signed, teacher: User
):
    row = signed["subject_teacher.foreign_language"]
    row.signer = teacher

    assert had_right(row) is Wrong.NO_ROLE


def test_a_subject_teacher_has_no_right_to_the_sheet(signed, linguist: User):
    sheet = signed["class_teacher"]
    sheet.signer = linguist

    assert had_right(sheet) is Wrong.NO_ROLE


def test_a_signature_of_nobody_is_nobody_s_right(signed):
    sheet = signed["class_teacher"]
    sheet.signer = None

    assert had_right(sheet) is Wrong.NOBODY


def test_every_reason_says_what_to_do():
    assert all(str(wrong.sentence) for wrong in Wrong)
