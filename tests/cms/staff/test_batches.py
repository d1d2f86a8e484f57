from __future__ import annotations

import pytest

from documents.models import State
from tests import factories
from workflow.models import Batch, ItemStatus
from workflow.services.batches import run_batch, start_batch

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

    for name in ("batch", "batch-progress", "batch-items"):
        assert client.get(to(name, batch.uuid)).status_code == 404
    assert client.post(to("batch-steer", batch.uuid, "pause")).status_code == 404
    assert again(batch).paused_at is None


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
