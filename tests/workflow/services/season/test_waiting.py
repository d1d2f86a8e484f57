from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents.models import Record, State
from tests import factories
from tests.factories import NOW, YEAR
from workflow.errors import NotAllowed
from workflow.models import Batch, BatchItem, Deadline, Notice
from workflow.services import return_record, submit_record
from workflow.services.season.urging import NoDate
from workflow.services.season.waiting import (
    NobodyThere,
    NothingLies,
    batches_waiting,
    figures,
    lots_of,
    reasons_of,
    remind_holder,
)


@pytest.fixture
def deadline(units):
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="completed",
        report_until=date(2027, 6, 30),
        lock_on=date(2027, 7, 10),
    )


def drafts(school_class, count):
    return [
        factories.make_draft(school_class, factories.make_pupil(f"Lê An {n}"))
        for n in range(count)
    ]


def test_records_are_counted_by_class_and_state_since_the_first_came_there(
    school_class, teacher, head
):
    first, second, _third = drafts(school_class, 3)
    submit_record(record_id=first.pk, by=teacher, at=NOW - timedelta(days=2))
    submit_record(record_id=second.pk, by=teacher, at=NOW - timedelta(days=1))

    lots = {lot.state: lot for lot in lots_of(Record.objects.visible_to(head))}

    reviewed = lots[State.REVIEWED]
    assert (reviewed.count, reviewed.class_name) == (2, "3B")
    assert reviewed.since == NOW - timedelta(days=2)
    assert (lots[State.DRAFT].count, lots[State.DRAFT].came_back) == (1, False)


def test_what_came_back_is_counted_by_its_reason(school_class, teacher, head):
    records = drafts(school_class, 3)
    for record in records:
        submit_record(record_id=record.pk, by=teacher, at=NOW)
    for record, reason in zip(records, ["Thiếu", "Thiếu", "Sai tên"], strict=True):
        return_record(record_id=record.pk, by=head, reason=reason, at=NOW)

    found = reasons_of(Record.objects.visible_to(teacher))

    assert {(one.reason, one.count) for one in found} == {("Thiếu", 2), ("Sai tên", 1)}
    assert {one.by for one in found} == {str(head)}


def test_what_was_submitted_again_came_back_no_more(school_class, teacher, head):
    [record] = drafts(school_class, 1)
    submit_record(record_id=record.pk, by=teacher, at=NOW)
    return_record(record_id=record.pk, by=head, reason="Thiếu", at=NOW)
    mine = Record.objects.visible_to(teacher)
    [lot] = lots_of(mine)
    assert lot.came_back

    submit_record(record_id=record.pk, by=teacher, at=NOW)

    [lot] = lots_of(mine)
    assert (lot.state, lot.came_back) == (State.REVIEWED, False)
    assert reasons_of(mine) == []


def test_what_a_running_batch_signs_is_counted_apart(
    reviewed_record, school_class, teacher, head
):
    [other] = drafts(school_class, 1)
    submit_record(record_id=other.pk, by=teacher, at=NOW)
    batch = Batch.objects.create(step="sign", by=head, created_at=NOW)
    BatchItem.objects.create(batch=batch, record=reviewed_record)

    lots = lots_of(Record.objects.visible_to(head))

    assert sorted((lot.is_busy, lot.count) for lot in lots) == [(False, 1), (True, 1)]


def test_many_figures_are_one_query(school_class, teacher):
    drafts(school_class, 2)
    records = Record.objects.visible_to(teacher)
    assert teacher.standing

    with CaptureQueriesContext(connection) as captured:
        found = figures(teacher, all=records, signed=records.filter(state="signed"))

    assert found == {"all": 2, "signed": 0}
    assert len(captured) == 1


def failed_batch(head, record, **item):
    batch = Batch.objects.create(
        step="sign", by=head, created_at=NOW, finished_at=NOW, unit=record.issuer
    )
    values = {"status": "failed", "error": "signing_unavailable"} | item
    BatchItem.objects.create(batch=batch, record=record, **values)
    return batch


def test_a_batch_that_failed_waits_until_it_is_tried_again(reviewed_record, head):
    batch = failed_batch(head, reviewed_record)
    [found] = batches_waiting(head, NOW)
    assert (found.pk, found.wrong, found.left, found.asked) == (batch.pk, 1, 0, None)

    again = Batch.objects.create(step="sign", by=head, created_at=NOW)
    BatchItem.objects.create(batch=again, record=reviewed_record)

    assert [one.pk for one in batches_waiting(head, NOW)] == [again.pk]


def test_a_failure_of_long_ago_or_of_somebody_else_does_not_wait(
    reviewed_record, head, teacher
):
    failed_batch(head, reviewed_record)

    assert not batches_waiting(teacher, NOW)
    assert not batches_waiting(head, NOW + timedelta(days=8))


def remind(school_class, by, state=State.REVIEWED, at=NOW):
    return remind_holder(school_class=school_class, state=state, by=by, at=at)


def test_whoever_holds_the_queue_is_reminded_once_a_day(
    reviewed_record, school_class, teacher, registrar, head, deadline
):
    assert remind(school_class, teacher) == [head]

    assert remind(school_class, teacher) == []
    assert remind(school_class, registrar) == []

    notice = Notice.objects.get(person=head)
    assert (notice.kind, notice.data["count"]) == ("urged_sign", 1)
    assert notice.data["by"] == str(teacher)
    assert remind(school_class, teacher, at=NOW + timedelta(days=1)) == [head]


def test_the_head_reminds_the_class_teacher(
    draft_record, school_class, head, teacher, deadline
):
    assert remind(school_class, head, State.DRAFT) == [teacher]

    assert Notice.objects.get().kind == "urged_submit"


def test_nobody_of_elsewhere_reminds(
    reviewed_record, school_class, head, registrar2, inspector, deadline
):
    for stranger in (registrar2, inspector):
        with pytest.raises(NotAllowed):
            remind(school_class, stranger)

    assert not Notice.objects.exists()


def test_nobody_is_reminded_of_nothing(
    draft_record, school_class, teacher, head, deadline
):
    for state in (State.REVIEWED, State.LOCKED, "whatever"):
        with pytest.raises(NothingLies):
            remind(school_class, teacher, state)

    assert not Notice.objects.exists()


def test_a_queue_that_nobody_holds_is_said(
    reviewed_record, school_class, teacher, deadline
):
    with pytest.raises(NobodyThere):
        remind(school_class, teacher)


def test_without_a_date_nobody_is_late(reviewed_record, school_class, teacher, head):
    with pytest.raises(NoDate):
        remind(school_class, teacher)
