"""The bell brings whoever started work in the background back to its page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from documents.models import Record
from workflow.models import Batch, BatchItem, Consent, Notice
from workflow.services import submit_record
from workflow.services.notices import text_of
from workflow.signals import batch_ended, question_asked

from .conftest import fill, to

NOON = datetime(2026, 6, 27, 5, tzinfo=UTC)


@pytest.fixture
def batch(school, school_class, head, teacher):
    """Two of three are signed, and it is over."""
    made = Batch.objects.create(
        step="sign", by=head, unit=school, created_at=NOON, finished_at=NOON
    )
    for record, status in zip(
        fill(school_class, 3), ("done", "done", "failed"), strict=True
    ):
        BatchItem.objects.create(
            batch=made,
            record=record,
            version_id=record.current_id,
            status=status,
            error="" if status == "done" else "no_credential",
        )
    return made


def ended(batch):
    (_receiver, answer), *_others = batch_ended.send_robust(sender=Batch, batch=batch)
    assert answer is None, answer


@pytest.mark.usefixtures("english")
def test_the_end_is_told_once_with_its_figures(batch, head):
    ended(batch)
    ended(batch)

    notice = Notice.objects.get()
    assert (notice.person, notice.url) == (head, to("batch", batch.uuid))
    assert text_of(notice) == (
        "Trường Tiểu học Mỹ Ngãi: the signing is finished, 2 of 3 records are signed."
    )


@pytest.mark.usefixtures("english")
def test_work_that_was_started_for_no_unit_is_told_with_the_school(batch):
    batch.unit = None

    ended(batch)

    text = text_of(Notice.objects.get())
    assert text.startswith("Trường Tiểu học Mỹ Ngãi: the signing is finished")


def test_a_second_run_is_told_again(batch):
    ended(batch)
    batch.finished_at = NOON.replace(hour=6)

    ended(batch)

    assert Notice.objects.count() == 2


def test_what_was_cancelled_and_one_record_alone_are_no_news(batch):
    batch.cancelled_at = NOON
    ended(batch)
    batch.cancelled_at = None
    batch.items.exclude(status="failed").delete()

    ended(batch)

    assert not Notice.objects.exists()


def test_the_page_of_the_batch_takes_the_bell_back(sign_in, batch, head):
    ended(batch)
    client = sign_in(head)
    assert "Notices (1)" in client.get(to("classes")).content.decode()

    text = client.get(to("batch", batch.uuid)).content.decode()

    assert "Notices (1)" not in text
    assert Notice.objects.get().seen_at is not None


@pytest.mark.parametrize(("number", "told"), [(1, 0), (2, 1)])
def test_only_the_second_question_is_told(batch, head, number, told):
    consent = Consent.objects.create(
        batch=batch,
        credential=head.credentials.get(),
        slot="head",
        round=number,
        digests=["00", "11"],
        code="7F3A-91C2",
        created_at=NOON,
    )

    question_asked.send_robust(sender=Consent, consent=consent)

    assert Notice.objects.filter(kind="batch_waits", person=head).count() == told


def test_a_real_run_tells_its_end(
    sign_in, head, seal, teacher, school_class, django_capture_on_commit_callbacks
):
    records = fill(school_class, 2)
    for record in records:
        submit_record(record_id=record.pk, by=teacher)
    now = Record.objects.filter(school_class=school_class)
    versions = ",".join(str(key) for key in now.values_list("current_id", flat=True))
    data = {"class": school_class.pk, f"version-{school_class.pk}": versions}

    with django_capture_on_commit_callbacks(execute=True):
        sign_in(head).post(to("sign-all"), data)

    notice = Notice.objects.get()
    assert (notice.data["done"], notice.data["count"]) == (2, 2)
    assert notice.url == to("batch", Batch.objects.get().uuid)
