"""The queue of class and subject teachers: what came back, with whom, how far."""

from __future__ import annotations

from datetime import timedelta

from documents.models import Assignment
from tests import factories
from tests.cms.staff.conftest import fill
from tests.factories import NOW
from workflow.services import return_record, submit_record

from .tasks import HOME


def test_the_teacher_reads_why_records_came_back(
    sign_in, teacher, head, reviewed_record
):
    return_record(record_id=reviewed_record.pk, by=head, reason="Thiếu nhận xét")

    page = sign_in(teacher).get(HOME)

    [task] = page.context["queue"].waiting
    assert "Thiếu nhận xét" in task.notes[0] and str(head) in task.notes[0]
    assert "Thiếu nhận xét" in page.content.decode()


def test_the_teacher_sees_with_whom_and_since_when_records_lie(
    queue_of, teacher, head, draft_record, school_class
):
    submit_record(record_id=draft_record.pk, by=teacher, at=NOW - timedelta(days=3))

    [task] = queue_of(teacher).sent

    day = (NOW - timedelta(days=3) + timedelta(hours=7)).strftime("%d/%m/%Y")
    assert task.count == 1
    assert task.notes == (f"{head}, since {day}",)
    assert (task.nudge.class_id, task.nudge.state) == (school_class.pk, "reviewed")


def test_where_nobody_is_head_nobody_can_be_reminded(
    queue_of, teacher, reviewed_record
):
    [task] = queue_of(teacher).sent

    assert task.nudge is None


def test_how_much_of_the_year_is_done_stands_beside_the_date(
    sign_in, teacher, reviewed_record, school_class, deadline
):
    fill(school_class, 3)

    page = sign_in(teacher).get(HOME)

    progress = page.context["queue"].progress
    assert (progress.done, progress.total, progress.percent) == (1, 4, 25)
    assert "25 % (1/4)" in page.content.decode()
    assert "12 days left" in page.content.decode()


def test_one_office_is_enough_for_many_classes(sign_in, school, draft_record):
    user = factories.make_user(
        "music", "subject_teacher", school, draft_record.school_class, subject="music"
    )
    other = factories.make_class(school, "4A")
    Assignment.objects.create(
        user=user,
        unit=school,
        role="subject_teacher",
        school_class=other,
        subject="music",
    )
    factories.make_draft(other)

    page = sign_in(user).get(HOME)

    assert len(page.context["offices"]) == 1
    assert [task.count for task in page.context["queue"].waiting] == [1, 1]
