"""The queue of an officer: locks, late records and schools of the own unit."""

from __future__ import annotations

from datetime import timedelta

from tests import factories
from tests.cms.staff.conftest import fill, to
from tests.factories import NOW, TODAY
from workflow.models import Deadline
from workflow.services.season.late import request_late

from .tasks import HOME, by_text


def test_the_officer_decides_locks_and_sees_who_is_behind(
    queue_of, officer, registrar, draft_record, deadline
):
    Deadline.objects.filter(pk=deadline.pk).update(
        report_until=TODAY - timedelta(days=9),
        lock_on=TODAY - timedelta(days=1),
    )
    queue = queue_of(officer)
    due = by_text(queue.waiting, "lock of")
    assert due.url == to("lock-report", "dong-thap", deadline.pk)
    assert by_text(queue.waiting, "has not signed everything").count == 1

    Deadline.objects.filter(pk=deadline.pk).update(locked_at=NOW)
    request_late(
        deadline_id=deadline.pk,
        school=draft_record.issuer,
        record_ids=[draft_record.pk],
        by=registrar,
        reason="Mất điện",
    )

    waiting = queue_of(officer).waiting
    assert by_text(waiting, "late records to decide").count == 1
    assert not any("lock of" in task.text for task in waiting)


def test_the_officers_numbers_lead_to_as_many_rows(
    sign_in, officer, draft_record, school, deadline
):
    older = factories.make_class(school, "4A", "2024-2025")
    fill(older, 2)
    client = sign_in(officer)

    coming = client.get(HOME).context["queue"].coming

    assert [task.count for task in coming] == [1, 2]
    for task in coming:
        page = client.get(task.url, follow=True)
        assert sum(lot.count for lot in page.context["lots"]) == task.count


def test_long_before_the_date_no_school_is_behind(queue_of, officer, draft_record):
    assert queue_of(officer).waiting == []


def test_an_officer_of_elsewhere_sees_none_of_it(
    queue_of, staff_of_elsewhere, signed_record, deadline
):
    queue = queue_of(staff_of_elsewhere["officer"])

    assert (queue.waiting, queue.sent, queue.coming) == ([], [], [])
