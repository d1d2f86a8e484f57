from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from cms.staff import progress
from documents.models import State
from tests import factories
from tests.factories import NOW
from workflow.models import Batch, ItemStatus
from workflow.services.bulk.batches import run_batch, start_batch

from .conftest import MOST_QUERIES, fill, to


@pytest.fixture
def batch(school_class, teacher, school):
    """Two that can be submitted and one that cannot; not run yet."""
    records = [*fill(school_class, 2), *fill(school_class, 1, result=None)]
    return start_batch(
        step="submit", record_ids=[r.pk for r in records], by=teacher, unit=school
    )


def again(batch):
    return Batch.objects.get(pk=batch.pk)


def test_a_batch_shows_its_figures_and_asks_on_while_it_runs(sign_in, teacher, batch):
    page = sign_in(teacher).get(to("batch", batch.uuid))

    assert page.context["figures"]["pending"] == 3
    assert f'hx-get="{to("batch-progress", batch.uuid)}?seen=' in page.content.decode()


def test_a_finished_batch_stops_asking_and_names_what_went_wrong(
    sign_in, teacher, batch
):
    list(run_batch(batch.pk))

    part = sign_in(teacher).get(to("batch-progress", batch.uuid))

    text = part.content.decode()
    assert "hx-get" not in text
    [item] = part.context["wrong"]
    assert item.message in text
    assert (part.context["figures"]["done"], part.context["percent"]) == (2, 100)
    assert 'aria-live="polite"' in text


def test_the_list_begins_with_what_was_started_last(sign_in, teacher, school, batch):
    later = batch.created_at + timedelta(hours=1)
    newer = Batch.objects.create(
        step="submit", by=teacher, unit=school, created_at=later
    )

    page = sign_in(teacher).get(to("batches"))

    assert [one for one, _step in page.context["rows"]] == [newer, batch]


def test_what_went_well_is_not_said_twice(sign_in, teacher, school_class, school):
    records = [r.pk for r in fill(school_class, 2)]
    fine = start_batch(step="submit", record_ids=records, by=teacher, unit=school)
    list(run_batch(fine.pk))

    text = sign_in(teacher).get(to("batch", fine.uuid)).content.decode()

    assert "2 of 2 done" in text
    assert "not done" not in text


def test_every_item_has_its_outcome(sign_in, teacher, batch):
    list(run_batch(batch.pk))

    page = sign_in(teacher).get(to("batch-items", batch.uuid))

    statuses = [item.status for item in page.context["items"]]
    assert sorted(statuses) == ["done", "done", "refused"]


def test_a_batch_pauses_and_goes_on(
    sign_in, teacher, batch, django_capture_on_commit_callbacks
):
    client = sign_in(teacher)

    client.post(to("batch-steer", batch.uuid, "pause"))

    assert again(batch).paused_at is not None
    assert list(run_batch(batch.pk)) == []
    page = client.get(to("batch", batch.uuid)).content.decode()
    assert "<strong>paused</strong>" in page
    # Another window may let it go on: this one hears of it.
    assert f'hx-get="{to("batch-progress", batch.uuid)}?seen=' in page

    with django_capture_on_commit_callbacks(execute=True):
        client.post(to("batch-steer", batch.uuid, "resume"))

    assert again(batch).finished_at is not None
    assert batch.items.filter(status=ItemStatus.DONE).count() == 2


def test_what_failed_is_tried_again(
    sign_in, teacher, batch, django_capture_on_commit_callbacks
):
    batch.items.update(
        status=ItemStatus.FAILED, error="signing_unavailable", attempts=9
    )

    with django_capture_on_commit_callbacks(execute=True):
        sign_in(teacher).post(to("batch-steer", batch.uuid, "retry"))

    done = [item.record for item in batch.items.filter(status=ItemStatus.DONE)]
    assert {record.state for record in done} == {State.REVIEWED}
    assert len(done) == 2


def test_the_head_may_look_at_it_but_not_steer_it(sign_in, head, batch):
    client = sign_in(head)

    page = client.get(to("batch", batch.uuid))

    assert page.status_code == 200
    assert to("batch-steer", batch.uuid, "pause") not in page.content.decode()
    assert client.post(to("batch-steer", batch.uuid, "pause")).status_code == 404
    assert again(batch).paused_at is None


@pytest.mark.parametrize("role", ["class_teacher", "head", "registrar", "officer"])
def test_a_batch_of_another_school_is_not_there(
    sign_in, staff_of_elsewhere, batch, role
):
    client = sign_in(staff_of_elsewhere[role])

    for name in ("batch", "batch-progress", "batch-items", "batch-report"):
        assert client.get(to(name, batch.uuid)).status_code == 404
    for act in ("pause", "cancel"):
        assert client.post(to("batch-steer", batch.uuid, act)).status_code == 404
    assert (again(batch).paused_at, again(batch).cancelled_at) == (None, None)


def test_a_colleague_neither_sees_nor_steers_a_batch(sign_in, school, batch):
    colleague = factories.make_user(
        "colleague", "class_teacher", school, factories.make_class(school, "5C")
    )
    client = sign_in(colleague)

    for name in ("batch", "batch-progress", "batch-items", "batch-report"):
        assert client.get(to(name, batch.uuid)).status_code == 404
    assert client.post(to("batch-steer", batch.uuid, "cancel")).status_code == 404
    assert again(batch).cancelled_at is None


def test_the_head_takes_the_report_and_cancels_nothing(sign_in, head, batch):
    client = sign_in(head)

    assert client.get(to("batch-report", batch.uuid)).status_code == 200
    assert client.post(to("batch-steer", batch.uuid, "cancel")).status_code == 404
    assert again(batch).cancelled_at is None


def test_a_batch_is_cancelled_and_says_so(sign_in, teacher, batch):
    run = run_batch(batch.pk)
    next(run)
    client = sign_in(teacher)
    page = client.get(to("batch", batch.uuid)).content.decode()
    assert to("batch-steer", batch.uuid, "cancel") in page

    after = client.post(to("batch-steer", batch.uuid, "cancel"), follow=True)

    assert list(run) == []
    assert after.context["figures"]["cancelled"] == 2
    assert len(after.context["wrong"]) == 2
    text = after.content.decode()
    assert "<strong>cancelled</strong>" in text
    assert 'hx-get="' + to("batch-progress", batch.uuid) not in text
    assert "cancelled" in client.get(to("batches")).content.decode()


def test_the_report_names_every_record_with_its_outcome_and_no_formula(
    sign_in, teacher, school_class, school
):
    pupil = factories.make_pupil("=1+1")
    records = [factories.make_draft(school_class, pupil, result=None)]
    batch = start_batch(
        step="submit", record_ids=[r.pk for r in records], by=teacher, unit=school
    )
    [item] = run_batch(batch.pk)

    answer = sign_in(teacher).get(to("batch-report", batch.uuid))

    head, row = load_workbook(BytesIO(answer.content)).active.iter_rows()
    assert [cell.value for cell in head] == [
        *("No.", "Pupil", "Class", "Outcome", "Reason", "When")
    ]
    assert [cell.value for cell in row[:5]] == [
        *(1, "=1+1", "3B", "refused", item.message)
    ]
    assert row[1].data_type == "s"
    assert "no-store" in answer["Cache-Control"]


def test_whoever_left_the_class_finds_no_pupil_in_the_report(
    sign_in, teacher, school, batch
):
    client = sign_in(teacher)
    before = client.get(to("batch-report", batch.uuid))
    teacher.assignments.update(school_class=factories.make_class(school, "5C"))

    after = client.get(to("batch-report", batch.uuid))

    assert [rows_in(before), rows_in(after)] == [4, 1]


def rows_in(answer):
    return load_workbook(BytesIO(answer.content)).active.max_row


def test_however_many_watch_a_batch_it_is_looked_at_once_a_second(
    teacher, head, batch, sign_in
):
    browsers = [Client() for _ in range(4)]
    for number, browser in enumerate(browsers):
        browser.force_login(head if number % 2 else teacher)
        browser.get(to("batch", batch.uuid))
    progress.forget(batch.uuid)

    with (
        time_machine.travel(NOW, tick=False),
        CaptureQueriesContext(connection) as asked,
    ):
        answers = [
            browser.get(to("batch-progress", batch.uuid), {"seen": ""})
            for browser in browsers * 5
        ]

    looks = [one["sql"] for one in asked if "workflow_batchitem" in one["sql"]]
    assert len(looks) == 1
    assert {answer.context["seen"] for answer in answers} == {
        answers[0].context["seen"]
    }


def test_nothing_is_drawn_anew_where_nothing_has_changed(sign_in, teacher, batch):
    client = sign_in(teacher)
    seen = client.get(to("batch", batch.uuid)).context["seen"]
    url = to("batch-progress", batch.uuid)

    assert client.get(url, {"seen": seen}).status_code == 204
    next(run_batch(batch.pk))
    progress.forget(batch.uuid)
    drawn = client.get(url, {"seen": seen})

    assert drawn.status_code == 200
    assert drawn.context["seen"] != seen


@pytest.mark.parametrize("role", ["inspector", "admin_user"])
def test_some_roles_run_nothing(request, sign_in, batch, role):
    client = sign_in(request.getfixturevalue(role))

    assert client.get(to("batches")).url == "/admin/"
    assert client.get(to("batch", batch.uuid)).url == "/admin/"


def test_the_list_names_the_own_batches_only(sign_in, teacher, head, batch):
    mine = sign_in(teacher).get(to("batches")).context["rows"]
    theirs = sign_in(head).get(to("batches")).context["rows"]

    assert [row[0] for row in mine] == [batch]
    assert theirs == []


def test_a_batch_asks_as_much_for_40_wrong_items_as_for_3(
    sign_in, queries_of, teacher, school_class, school
):
    client = sign_in(teacher)
    counts = []
    for size in (3, 40):
        name = "3B" if size == 3 else "3C"
        one = school_class if size == 3 else factories.make_class(school, name)
        records = fill(one, size)
        batch = start_batch(
            step="lock", record_ids=[r.pk for r in records], by=teacher, unit=school
        )
        batch.items.update(status=ItemStatus.REFUSED, error="not_allowed")
        client.get(to("batch", batch.uuid))
        counts.append(queries_of(client, to("batch", batch.uuid)))

    assert counts[0] == counts[1] <= MOST_QUERIES
    assert queries_of(client, to("batches")) <= MOST_QUERIES
