from __future__ import annotations

from datetime import timedelta

import pytest

from documents import ledger
from documents.exchange.standing import given_to, signed_rows
from documents.kinds.primary_year import SubjectMark
from documents.models import Record, SchoolClass, Signature, User
from tests.factories import NOW, make_class, make_draft, make_user
from workflow.errors import ChecksFailed, NoCredential, NotAllowed, NotVisible
from workflow.integrity import flaws
from workflow.services import (
    confirm_rows,
    edit_record,
    recall_record,
    return_record,
    sign_record,
    submit_record,
)
from workflow.services.effective import record_pdf
from workflow.services.evidence.verdicts import verdict_of_file
from workflow.services.keys.credentials import trust
from workflow.services.signing_off import RowsNotSigned
from workflow.verification.files import verify_file
from workflow.verification.reasons import Reason, Verdict

ENGLISH = "foreign_language"
HOUR = timedelta(hours=1)


@pytest.fixture
def linguist(school_class: SchoolClass) -> User:
    school = school_class.school
    return make_user(
        "english", "subject_teacher", school, school_class, subject=ENGLISH
    )


def fresh(record: Record) -> Record:
    return Record.objects.select_related("current").get(pk=record.pk)


def slots() -> list[str]:
    return sorted(Signature.objects.values_list("slot", flat=True))


def test_a_subject_teacher_signs_the_own_row_and_it_stays_a_draft(
    draft_record: Record, linguist: User
):
    confirm_rows(record_id=draft_record.pk, by=linguist, at=NOW)

    row = Signature.objects.get()
    assert (row.slot, row.parts, row.signer) == (
        f"subject_teacher.{ENGLISH}",
        [ENGLISH],
        linguist,
    )
    assert (row.office, row.time_source) == ("Giáo viên bộ môn", "tsa")
    assert row.xml and row.covers
    record = fresh(draft_record)
    assert record.state == "draft"
    line = record.ledger.last()
    assert (line.action, line.actor, line.payload["rows"]) == (
        "confirm",
        linguist,
        [ENGLISH],
    )
    assert ledger.first_break(record.ledger.select_related("record")) is None
    assert [flaw.code for flaw in flaws() if not flaw.code.startswith("index_")] == []


def test_what_is_signed_is_not_signed_again(draft_record: Record, linguist: User):
    confirm_rows(record_id=draft_record.pk, by=linguist, at=NOW)
    confirm_rows(record_id=draft_record.pk, by=linguist, at=NOW + HOUR)

    assert Signature.objects.get().signed_at == NOW
    assert [line.action for line in draft_record.ledger.all()] == ["import", "confirm"]


def test_a_row_that_changed_is_signed_anew_and_the_others_stand(
    draft_record: Record, linguist: User, teacher: User
):
    confirm_rows(record_id=draft_record.pk, by=linguist, at=NOW)
    for path, value in (("subjects.math.score", 10), (f"subjects.{ENGLISH}.score", 8)):
        number = fresh(draft_record).current.number
        changes = {path: value}
        edit_record(record_id=draft_record.pk, by=teacher, base=number, changes=changes)
        record = fresh(draft_record)
        stands = ENGLISH not in given_to(record.versions.latest()).unsigned_parts()
        assert stands is (path == "subjects.math.score")
        assert (ENGLISH in signed_rows([record]).get(record.pk, {})) is stands

    confirm_rows(record_id=draft_record.pk, by=linguist, at=NOW + HOUR)

    record = fresh(draft_record)
    assert signed_rows([record])[record.pk][ENGLISH].signed_at == NOW + HOUR
    assert Signature.objects.count() == 2


def test_a_sheet_waits_for_the_rows_of_others(
    draft_record: Record, linguist: User, teacher: User
):
    with pytest.raises(RowsNotSigned) as caught:
        submit_record(record_id=draft_record.pk, by=teacher)

    error = caught.value
    assert error.code == "rows_not_signed"
    assert error.missing == [("Ngoại ngữ 1", str(linguist))]
    assert "Ngoại ngữ 1" in error.for_user() and str(linguist) in error.for_user()
    assert fresh(draft_record).state == "draft"
    assert not Signature.objects.exists()


def test_the_class_teacher_signs_all_other_rows_and_the_sheet_in_one_act(
    draft_record: Record, linguist: User, teacher: User
):
    confirm_rows(record_id=draft_record.pk, by=linguist)

    submit_record(record_id=draft_record.pk, by=teacher)

    record = fresh(draft_record)
    assert record.state == "reviewed"
    given = given_to(record.versions.latest())
    assert given.unsigned_parts() == [] and given.sheet_is_signed
    assert slots() == [
        "class_teacher",
        "subject_teacher.art",
        f"subject_teacher.{ENGLISH}",
    ]


def test_what_came_back_unchanged_needs_no_second_signature(
    draft_record: Record, linguist: User, teacher: User, head: User
):
    confirm_rows(record_id=draft_record.pk, by=linguist)
    submit_record(record_id=draft_record.pk, by=teacher)
    return_record(record_id=draft_record.pk, by=head, reason="Xem lại")
    before = slots()
    teacher.credentials.update(is_active=False)  # so that nobody could sign

    submit_record(record_id=draft_record.pk, by=teacher)

    assert slots() == before


def test_all_four_slots_stand_in_the_file_and_it_is_authentic(
    draft_record: Record, linguist: User, teacher: User, head: User, seal
):
    confirm_rows(record_id=draft_record.pk, by=linguist)
    submit_record(record_id=draft_record.pk, by=teacher)
    sign_record(record_id=draft_record.pk, by=head)

    answer = verdict_of_file(record_pdf(fresh(draft_record)))

    assert (answer.verdict, answer.reasons) == ("authentic", ())
    found = {one.slot: one.signer for one in answer.signatures if one.in_packet}
    assert found == {
        f"GVBM.{ENGLISH}": str(linguist),
        "GVBM.art": str(teacher),
        "GVCN": str(teacher),
        "CBQL": str(head),
        "KY_PHAT_HANH": seal.name,
    }
    assert {one.level for one in answer.signatures if one.in_packet} == {"B-LT"}


def test_after_a_recall_the_rows_stand_and_only_the_sheet_is_signed_again(
    draft_record: Record, linguist: User, teacher: User, head: User, seal
):
    confirm_rows(record_id=draft_record.pk, by=linguist)
    submit_record(record_id=draft_record.pk, by=teacher)
    sign_record(record_id=draft_record.pk, by=head)
    recall_record(record_id=draft_record.pk, by=head, reason="Sai tên")

    submit_record(record_id=draft_record.pk, by=teacher)

    record = fresh(draft_record)
    assert record.current.signed_slots() == {"class_teacher"}
    assert given_to(record.versions.latest()).unsigned_parts() == []


def test_what_blocks_the_own_row_blocks_and_what_blocks_others_does_not(
    school_class: SchoolClass, linguist: User
):
    record = make_draft(school_class)
    whole = dict(record.current.content.subjects)
    bad = make_draft(
        school_class, subjects=whole | {ENGLISH: SubjectMark(level="T", score=11)}
    )
    other = make_draft(
        school_class, subjects=whole | {"math": SubjectMark(level="T", score=11)}
    )

    confirm_rows(record_id=other.pk, by=linguist)
    with pytest.raises(ChecksFailed):
        confirm_rows(record_id=bad.pk, by=linguist)

    assert [one.version.record_id for one in Signature.objects.all()] == [other.pk]


def test_nobody_signs_for_a_class_that_is_not_theirs(
    school_class: SchoolClass, linguist: User, head: User, registrar: User
):
    own = make_draft(school_class)
    foreign = make_draft(make_class(school_class.school, "3A"))

    with pytest.raises(NotVisible):
        confirm_rows(record_id=foreign.pk, by=linguist)
    for user in (head, registrar):
        with pytest.raises(NotAllowed):
            confirm_rows(record_id=own.pk, by=user)

    assert not Signature.objects.exists()


def test_without_a_key_nobody_signs(draft_record: Record, linguist: User):
    linguist.credentials.update(is_active=False)

    with pytest.raises(NoCredential):
        confirm_rows(record_id=draft_record.pk, by=linguist)

    assert not Signature.objects.exists()


def test_in_a_trial_a_teacher_without_a_key_signs_off_by_a_click(
    draft_record: Record, linguist: User, teacher: User, settings
):
    settings.TEACHER_SIGNATURES = "where-possible"
    linguist.credentials.update(is_active=False)

    confirm_rows(record_id=draft_record.pk, by=linguist, at=NOW)
    submit_record(record_id=draft_record.pk, by=teacher)

    row = Signature.objects.get(signer=linguist)
    assert (row.xml, row.certificate, row.time_source) == ("", "", "clock")
    assert fresh(draft_record).state == "reviewed"


def test_a_record_of_such_a_trial_is_issued_and_says_what_it_lacks(
    draft_record: Record, teacher: User, head: User, seal, settings
):
    settings.TEACHER_SIGNATURES = "where-possible"
    teacher.credentials.update(is_active=False)
    submit_record(record_id=draft_record.pk, by=teacher)
    sign_record(record_id=draft_record.pk, by=head)
    pdf = record_pdf(fresh(draft_record))

    by_itself = verify_file(pdf, trust(NOW), NOW + HOUR)

    assert verdict_of_file(pdf).verdict == "authentic"  # the register knows of it
    assert by_itself.verdict == Verdict.UNKNOWN
    assert by_itself.reasons == (Reason.TEACHERS_NOT_SIGNED,)


def test_many_records_are_asked_in_a_fixed_number_of_queries(
    school_class: SchoolClass, linguist: User, django_assert_num_queries
):
    for _ in range(3):
        confirm_rows(record_id=make_draft(school_class).pk, by=linguist)
    records = list(Record.objects.select_related("current"))

    with django_assert_num_queries(1):
        found = signed_rows(records)

    assert all(list(rows) == [ENGLISH] for rows in found.values()) and len(found) == 3
