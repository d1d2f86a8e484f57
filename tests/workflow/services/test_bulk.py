"""Steps on many records: the rules of one, in as many queries as for a few."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.province import Size, load_province
from documents import ledger
from documents.exchange.standing import Given, given_to, given_to_many
from documents.models import (
    Assignment,
    LedgerEntry,
    Record,
    Role,
    SchoolClass,
    Signature,
    State,
    Unit,
    User,
    Version,
)
from documents.versions import Draft, add_version
from tests.actors import make_record
from tests.factories import NOW, make_draft, make_pupil, make_user
from workflow import integrity
from workflow.errors import (
    ChecksFailed,
    IllegalTransition,
    NotAllowed,
    NotVisible,
    ReasonMissing,
)
from workflow.models import WorkingCopy
from workflow.services import return_record, submit_record
from workflow.services.drafts import EditsCollide
from workflow.services.locking import lock_records
from workflow.services.many import Taken
from workflow.services.returning import return_records
from workflow.services.signing_off import NotSigned, RowsNotSigned, SignOff
from workflow.services.submitting import submit_records

LATER = NOW + timedelta(minutes=1)
FEW, MANY = 10, 1_000
ENOUGH = Size(records=1_150, schools=1, communes=1, lines=3_600)


@pytest.fixture
def signed_school(db: None) -> list[int]:
    """The keys of more than a thousand signed records of one school."""
    load_province(ENOUGH, stages=[State.SIGNED])
    return keys_in(State.SIGNED)


@pytest.fixture
def reviewed_school(db: None) -> list[int]:
    load_province(ENOUGH, stages=[State.REVIEWED])
    return keys_in(State.REVIEWED)


@pytest.fixture
def written_school(db: None) -> list[int]:
    """Drafts of one school, all of them signed by one teacher of all its classes."""
    load_province(ENOUGH, stages=[State.DRAFT])
    keys = keys_in(State.DRAFT)
    teacher = person("teacher-0-0")
    Assignment.objects.filter(role=Role.CLASS_TEACHER).update(user=teacher)
    versions = Version.objects.filter(record__in=keys).select_related("record")
    given = given_to_many(list(versions))
    rows = [
        row
        for one in given.values()
        for row in SignOff(one.version, teacher, NOW, tuple(one.unsigned_parts()), True)
        .clicked(one)
        .signatures
    ]
    old = Signature.objects.filter(slot="class_teacher").values_list("version", "slot")
    there = set(old)
    new = [row for row in rows if (row.version_id, row.slot) not in there]
    Signature.objects.bulk_create(new)
    return keys


def keys_in(state: str) -> list[int]:
    records = Record.objects.filter(state=state).order_by("pk")
    return list(records.values_list("pk", flat=True))


def faults() -> set[str]:
    """What the installation's own checks find.

    The province comes without its files, and nothing is indexed before a commit.
    """
    found = {flaw.code for flaw in integrity.flaws()}
    return found - {"file_missing", "index_missing"}


def person(username: str) -> User:
    return User.objects.get(username=f"do-{username}")


def given_now(record_id: int) -> Given:
    current = Record.objects.get(pk=record_id).current
    assert current is not None
    return given_to(current)


def queries_of(work: Callable[[], Taken]) -> tuple[int, Taken]:
    with CaptureQueriesContext(connection) as captured:
        taken = work()
    return len(captured), taken


def test_a_thousand_are_locked_in_as_many_queries_as_ten(signed_school: list[int]):
    few, many = signed_school[:FEW], signed_school[FEW : FEW + MANY]
    queries, _taken = queries_of(
        lambda: lock_records(record_ids=few, by=person("officer"), at=LATER)
    )

    as_many, taken = queries_of(
        lambda: lock_records(record_ids=many, by=person("officer"), at=LATER)
    )

    assert as_many == queries
    assert [record.pk for record in taken.records] == many
    assert set(keys_in(State.LOCKED)) == {*few, *many}
    assert faults() == set()


def test_a_thousand_are_returned_in_as_many_queries_as_ten(reviewed_school: list[int]):
    few, many = reviewed_school[:FEW], reviewed_school[FEW : FEW + MANY]

    def send_back(keys: list[int]) -> Taken:
        return return_records(
            record_ids=keys, by=person("head-0"), reason="Thiếu điểm", at=LATER
        )

    queries, _taken = queries_of(lambda: send_back(few))

    as_many, taken = queries_of(lambda: send_back(many))

    assert as_many == queries
    assert len(taken.records) == MANY
    assert not set(keys_in(State.REVIEWED)) & {*few, *many}
    newest = LedgerEntry.objects.filter(record=many[-1]).latest("sequence")
    assert (newest.action, newest.payload["reason"]) == ("return", "Thiếu điểm")
    assert faults() == set()


def test_a_thousand_are_submitted_in_as_many_queries_as_ten(written_school: list[int]):
    few, many = written_school[:FEW], written_school[FEW : FEW + MANY]
    queries, _taken = queries_of(
        lambda: submit_records(record_ids=few, by=person("teacher-0-0"), at=LATER)
    )

    as_many, taken = queries_of(
        lambda: submit_records(record_ids=many, by=person("teacher-0-0"), at=LATER)
    )

    assert as_many == queries
    assert not taken.refused
    assert [record.pk for record in taken.records] == many
    assert set(keys_in(State.REVIEWED)) == {*few, *many}
    newest = LedgerEntry.objects.filter(record=many[-1]).latest("sequence")
    assert (newest.action, newest.actor) == ("submit", person("teacher-0-0"))
    given = given_now(many[-1])
    assert given.sheet_is_signed and not given.unsigned_parts()


def test_what_came_back_unchanged_is_submitted_as_one_by_one(
    school_class: SchoolClass, teacher: User, head: User
):
    records = [make_draft(school_class, make_pupil(name)) for name in ("An", "Lê Bình")]
    keys = [record.pk for record in records]
    for key in keys:
        submit_record(record_id=key, by=teacher, at=NOW)
        return_record(record_id=key, by=head, reason="Xem lại", at=NOW)
    signed = Signature.objects.count()

    taken = submit_records(record_ids=keys, by=teacher, at=LATER)

    assert [record.pk for record in taken.records] == keys
    assert keys_in(State.REVIEWED) == keys
    assert Signature.objects.count() == signed
    for record in records:
        first, _returned, again = record.ledger.order_by("sequence")[1:]
        assert (again.action, again.actor, again.at) == ("submit", teacher, LATER)
        assert again.payload == first.payload
    assert faults() == set()


def test_what_its_teacher_has_not_signed_is_not_submitted_without_a_key(
    school_class: SchoolClass, teacher: User
):
    record = make_draft(school_class)

    taken = submit_records(record_ids=[record.pk], by=teacher, at=NOW)

    assert type(taken.refused[record.pk]) is NotSigned
    assert str(teacher) in taken.refused[record.pk].for_user()
    assert keys_in(State.DRAFT) == [record.pk]
    assert not Signature.objects.exists()
    assert record.ledger.count() == 1


def test_a_teacher_who_may_click_submits_many_without_a_key(
    school_class: SchoolClass, school: Unit, settings: Any
):
    settings.TEACHER_SIGNATURES = "where-possible"
    teacher = make_user("clicks", "class_teacher", school, school_class)
    teacher.credentials.all().delete()
    records = [make_draft(school_class, make_pupil(name)) for name in ("An", "Lê Bình")]

    taken = submit_records(record_ids=[r.pk for r in records], by=teacher, at=NOW)

    assert not taken.refused
    for record in records:
        given = given_now(record.pk)
        assert given.sheet_is_signed and not given.unsigned_parts()
        assert {one.certificate for one in given.signatures} == {""}
    assert faults() == set()


def test_each_record_of_a_class_is_refused_for_its_own_reason(
    school_class: SchoolClass, teacher: User, head: User, school: Unit
):
    sound, bare, typed, taught = (
        make_draft(school_class, make_pupil(name))
        for name in ("An", "Lê Bình", "Lê Cúc", "Lê Dung")
    )
    for record in (sound, typed):
        submit_record(record_id=record.pk, by=teacher, at=NOW)
        return_record(record_id=record.pk, by=head, reason="Xem lại", at=NOW)
    empty = bare.current.content.model_copy(update={"subjects": {}})
    add_version(Draft(bare, empty), by=None, at=NOW)
    WorkingCopy.objects.create(
        record=typed,
        author=teacher,
        saved_at=NOW,
        changes={"subjects.math.score": [1, 2]},
    )
    make_user("maths", "subject_teacher", school, school_class, subject="math")
    keys = [sound.pk, bare.pk, typed.pk, taught.pk]

    taken = submit_records(record_ids=keys, by=teacher, at=LATER)

    assert [record.pk for record in taken.records] == [sound.pk]
    assert {key: type(error) for key, error in taken.refused.items()} == {
        bare.pk: ChecksFailed,
        typed.pk: EditsCollide,
        taught.pk: RowsNotSigned,
    }
    assert keys_in(State.DRAFT) == [bare.pk, typed.pk, taught.pk]


def test_what_is_typed_meanwhile_takes_its_signature_away(
    school_class: SchoolClass, teacher: User, head: User
):
    record = make_draft(school_class)
    submit_record(record_id=record.pk, by=teacher, at=NOW)
    return_record(record_id=record.pk, by=head, reason="Xem lại", at=NOW)
    said = record.current.content.subjects["math"].comment
    WorkingCopy.objects.create(
        record=record,
        author=teacher,
        saved_at=NOW,
        changes={"subjects.math.comment": [said, "Em làm bài cẩn thận."]},
    )

    taken = submit_records(record_ids=[record.pk], by=teacher, at=LATER)

    assert type(taken.refused[record.pk]) is NotSigned
    now = Record.objects.get(pk=record.pk)
    assert now.state == State.DRAFT
    assert now.current.content.subjects["math"].comment == "Em làm bài cẩn thận."


def test_who_may_not_submit_one_may_not_submit_many(
    school_class: SchoolClass, units: dict[str, Unit], head: User, registrar: User
):
    records = [make_record(school_class, "draft", units) for _ in range(2)]
    stranger = make_user("stranger", "head", units["far"])
    keys = [record.pk for record in records]

    for user, refusal in (
        (head, NotAllowed),
        (registrar, NotAllowed),
        (stranger, NotVisible),
    ):
        taken = submit_records(record_ids=keys, by=user, at=NOW)

        assert {type(error) for error in taken.refused.values()} == {refusal}
    assert keys_in(State.DRAFT) == keys


def test_a_refusal_stops_only_its_own_record(
    school_class: SchoolClass, units: dict[str, Unit], officer: User
):
    signed = make_record(school_class, "signed", units)
    draft = make_record(school_class, "draft", units)
    nowhere = draft.pk + 1_000

    taken = lock_records(record_ids=[nowhere, draft.pk, signed.pk], by=officer, at=NOW)

    assert [record.pk for record in taken.records] == [signed.pk]
    assert {key: type(error) for key, error in taken.refused.items()} == {
        draft.pk: IllegalTransition,
        nowhere: NotVisible,
    }
    draft.refresh_from_db()
    assert draft.state == State.DRAFT
    assert draft.ledger.count() == 1


def test_who_may_not_lock_one_may_not_lock_many(
    school_class: SchoolClass, units: dict[str, Unit], head: User
):
    records = [make_record(school_class, "signed", units) for _ in range(2)]
    stranger = make_user("stranger", "officer", units["an-giang"])

    by_head = lock_records(record_ids=[r.pk for r in records], by=head)
    by_stranger = lock_records(record_ids=[r.pk for r in records], by=stranger)

    assert {type(error) for error in by_head.refused.values()} == {NotAllowed}
    assert {type(error) for error in by_stranger.refused.values()} == {NotVisible}
    assert not keys_in(State.LOCKED)


def test_one_without_a_signature_is_left_out_of_the_lock(
    school_class: SchoolClass, units: dict[str, Unit], officer: User
):
    whole = make_record(school_class, "signed", units)
    half = make_record(school_class, "draft", units)
    Record.objects.filter(pk=half.pk).update(state=State.SIGNED)

    taken = lock_records(record_ids=[whole.pk, half.pk], by=officer, at=NOW)

    assert [record.pk for record in taken.records] == [whole.pk]
    assert set(taken.refused) == {half.pk}


def test_many_are_not_returned_without_a_reason(
    school_class: SchoolClass, units: dict[str, Unit], head: User
):
    record = make_record(school_class, "reviewed", units)

    with pytest.raises(ReasonMissing):
        return_records(record_ids=[record.pk], by=head, reason=" ", at=NOW)

    record.refresh_from_db()
    assert record.state == State.REVIEWED


def test_each_record_stands_once_however_often_it_is_named(
    school_class: SchoolClass, units: dict[str, Unit], officer: User
):
    record = make_record(school_class, "signed", units)

    taken = lock_records(record_ids=[record.pk, record.pk], by=officer, at=NOW)

    assert len(taken.records) == 1
    lines = list(record.ledger.filter(action="lock"))
    assert len(lines) == 1


def test_the_province_that_is_measured_is_a_true_one(db: None):
    load_province(Size(records=300, schools=2, communes=1, lines=2_400))

    assert Record.objects.count() == 300
    assert LedgerEntry.objects.count() == pytest.approx(2_400, rel=0.05)
    assert {state for state in State if keys_in(state)} >= {State.SIGNED, State.LOCKED}
    assert faults() == set()
    newest = Record.objects.order_by("-pk")[0]
    assert ledger.first_break(newest.ledger.order_by("sequence")) is None
