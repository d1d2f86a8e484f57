"""Steps on many records: the rules of one, in as many queries as for a few."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.province import Size, load_province
from documents import ledger
from documents.models import LedgerEntry, Record, SchoolClass, State, Unit, User
from tests.actors import make_record
from tests.factories import NOW, make_user
from workflow import integrity
from workflow.errors import IllegalTransition, NotAllowed, NotVisible, ReasonMissing
from workflow.services.locking import lock_records
from workflow.services.many import Taken
from workflow.services.returning import return_records

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
