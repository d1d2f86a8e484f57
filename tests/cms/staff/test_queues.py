"""The queue of each role: every line with its count, its page, and whose turn it is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from documents.models import (
    Assignment,
    Checkpoint,
    FileSweep,
    ImportRun,
    Package,
    State,
    Transfer,
)
from documents.models.packets import Direction, PackagePurpose
from tests import factories
from tests.factories import NOW, YEAR
from workflow.models import Batch, BatchItem, Consent, Credential, Deadline, Notice
from workflow.services import return_record, submit_record
from workflow.services.notices import notify
from workflow.services.season.late import request_late

from .conftest import MOST_QUERIES, fill, to

HOME = "/admin/"


@pytest.fixture
def deadline(units):
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="completed",
        report_until=NOW.date() + timedelta(days=12),
        lock_on=NOW.date() + timedelta(days=20),
    )


@pytest.fixture
def queue_of(sign_in):
    """What a person finds on the first page."""
    return lambda user: sign_in(user).get(HOME).context["queue"]


def by_text(tasks, words):
    [found] = [task for task in tasks if words in task.text]
    return found


# -- Class teacher ---------------------------------------------------------------


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


# -- Reminding -------------------------------------------------------------------


def test_a_button_reminds_the_head_and_says_so(
    sign_in, teacher, head, reviewed_record, school_class, deadline
):
    client = sign_in(teacher)
    url = to("nudge", school_class.pk, "reviewed")
    assert url in client.get(HOME).content.decode()

    page = client.post(url, follow=True)

    assert f"{head} has been reminded." in page.content.decode()
    assert Notice.objects.get().person == head
    again = client.post(url, follow=True)
    assert "reminded today already" in again.content.decode()
    assert Notice.objects.count() == 1


@pytest.mark.parametrize("role", ["class_teacher", "head", "registrar", "officer"])
def test_whoever_does_not_see_the_class_cannot_remind(
    sign_in, staff_of_elsewhere, role, reviewed_record, head, school_class, deadline
):
    client = sign_in(staff_of_elsewhere[role])

    response = client.post(to("nudge", school_class.pk, "reviewed"))

    assert response.status_code == 404
    assert not Notice.objects.exists()


def test_an_inspector_sees_a_class_and_reminds_nobody(
    sign_in, inspector, signed_record, school_class, deadline
):
    client = sign_in(inspector)

    page = client.post(to("nudge", school_class.pk, "reviewed"), follow=True)

    assert page.status_code == 200
    assert not Notice.objects.exists()


def test_reminding_takes_a_post(sign_in, teacher, reviewed_record, school_class):
    response = sign_in(teacher).get(to("nudge", school_class.pk, "reviewed"))

    assert response.status_code == 405


# -- Head ------------------------------------------------------------------------


def test_the_head_sees_who_has_not_submitted(
    queue_of, head, teacher, draft_record, deadline
):
    queue = queue_of(head)

    [task] = queue.coming
    assert task.count == 1
    assert task.notes == (str(teacher),)
    assert task.nudge.state == State.DRAFT
    assert "3B" in queue.next


def test_what_the_head_sent_back_is_said_beside_its_class(
    queue_of, head, teacher, reviewed_record
):
    return_record(record_id=reviewed_record.pk, by=head, reason="Thiếu")

    [task] = queue_of(head).coming

    assert any("1 of them came back" in note for note in task.notes)


def test_what_is_being_signed_waits_no_more(queue_of, head, reviewed_record):
    batch = Batch.objects.create(step="sign", by=head, created_at=NOW)
    BatchItem.objects.create(batch=batch, record=reviewed_record)

    queue = queue_of(head)

    assert queue.waiting == []
    assert by_text(queue.sent, "being signed").count == 1


def ask(batch, credential, **values):
    return Consent.objects.create(
        batch=batch,
        credential=credential,
        slot="head",
        round=1,
        digests=[],
        code="1234-5678",
        created_at=NOW,
        **values,
    )


@pytest.mark.parametrize(
    ("needs", "status", "words"),
    [
        ("pin", "waiting", "waits for your PIN"),
        ("pin otp", "waiting", "one-time code"),
        ("agent", "waiting", "the token at your machine"),
        ("", "pending", "confirm on your phone"),
    ],
)
def test_a_batch_that_asks_for_the_key_stands_first(
    queue_of, head, reviewed_record, school_class, teacher, needs, status, words
):
    other = factories.make_draft(school_class)
    submit_record(record_id=other.pk, by=teacher, at=NOW)
    batch = Batch.objects.create(step="sign", by=head, created_at=NOW)
    BatchItem.objects.create(batch=batch, record=reviewed_record)
    ask(batch, Credential.objects.get(user=head), needs=needs, status=status)

    first = queue_of(head).waiting[0]

    assert (first.count, first.url) == (1, to("batch", batch.uuid))
    assert words in first.text


def test_what_failed_waits_with_the_page_of_its_batch(queue_of, head, reviewed_record):
    batch = Batch.objects.create(step="sign", by=head, created_at=NOW, finished_at=NOW)
    BatchItem.objects.create(
        batch=batch, record=reviewed_record, status="failed", error="no_service"
    )

    task = by_text(queue_of(head).waiting, "went wrong")

    assert (task.count, task.url) == (1, to("batch", batch.uuid))


# -- Subject teacher -------------------------------------------------------------


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


# -- Registrar -------------------------------------------------------------------


def test_the_registrar_sees_imports_transfers_and_packages(
    queue_of, registrar, registrar2, locked_record, other_school, units
):
    school = locked_record.issuer
    ImportRun.objects.create(
        unit=school, school_year=YEAR, by=registrar, created_at=NOW
    )
    Transfer.objects.create(
        record=locked_record,
        from_unit=school,
        to_unit=other_school,
        dispatched_by=registrar,
        dispatched_at=NOW,
    )
    Package.objects.create(
        uuid=locked_record.uuid,
        direction=Direction.SENT,
        purpose=PackagePurpose.REPORT,
        sender=school,
        receiver=units["dong-thap"],
        sha256="a" * 64,
        size=1,
        count=1,
        created_at=NOW,
        entered_at=NOW,
    )

    queue = queue_of(registrar)

    assert by_text(queue.waiting, "imports").count == 1
    assert by_text(queue.sent, "not yet received").url == to(
        "transfers", show="leaving"
    )
    assert by_text(queue.sent, "no receipt").count == 1
    theirs = queue_of(registrar2)
    assert [task.url for task in theirs.waiting] == [to("transfers", show="arriving")]
    assert theirs.sent == []


def test_the_registrar_sees_what_waits_for_the_seal(
    queue_of, registrar, registrar2, head, reviewed_record, seal
):
    batch = Batch.objects.create(step="sign", by=head, unit=seal, created_at=NOW)
    BatchItem.objects.create(batch=batch, record=reviewed_record)
    ask(batch, Credential.objects.get(unit=seal), needs="pin", status="waiting")

    task = by_text(queue_of(registrar).sent, "the key of the seal")

    assert (task.count, task.url) == (1, to("batch", batch.uuid))
    assert str(head) in task.notes[0]
    assert queue_of(registrar2).sent == []


# -- Officer ---------------------------------------------------------------------


def test_the_officer_decides_locks_and_sees_who_is_behind(
    queue_of, officer, registrar, draft_record, deadline
):
    Deadline.objects.filter(pk=deadline.pk).update(
        report_until=NOW.date() - timedelta(days=9),
        lock_on=NOW.date() - timedelta(days=1),
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


# -- Inspector and administrator -------------------------------------------------


def test_the_inspector_begins_with_the_search(sign_in, inspector):
    page = sign_in(inspector).get(HOME)

    assert page.context["queue"].searches
    assert f'action="{to("search")}"' in page.content.decode()


def checkpoint(at, findings=()):
    return Checkpoint.objects.create(
        number=1,
        at=at,
        previous="",
        digest="0" * 64,
        token="",
        findings=list(findings),
        sha256="0" * 64,
    )


def test_without_a_checkpoint_nothing_is_called_well(queue_of, admin_user):
    assert "No checkpoint has been made yet" in queue_of(admin_user).next


def test_the_administrator_sees_that_all_is_well(queue_of, admin_user):
    checkpoint(NOW)

    queue = queue_of(admin_user)

    assert queue.waiting == []
    assert "No finding stands open" in queue.next


def test_the_administrator_sees_what_the_checks_found(queue_of, admin_user):
    flaw = {"code": "chain_broken", "where": "ABC 2025-2026"}
    checkpoint(NOW - timedelta(days=3), [flaw])
    lost = {"sha256": "f" * 64, "code": "file_missing"}
    FileSweep.objects.create(at=NOW, first="", last="g", files=1, findings=[lost])

    waiting = queue_of(admin_user).waiting

    assert by_text(waiting, "stored files").count == 1
    assert by_text(waiting, "checkpoint is overdue").count == 1
    assert by_text(waiting, "findings of the last").notes == (
        "chain_broken · ABC 2025-2026",
    )


def test_a_certificate_that_ends_is_a_line_and_no_news(sign_in, registrar, school):
    notify(
        [registrar],
        "certificate_expires",
        subject="1",
        data={"owner": school.name, "until": date(2026, 12, 1), "days": 9},
    )
    notice = Notice.objects.get()

    page = sign_in(registrar).get(HOME)

    [task] = page.context["queue"].waiting
    assert task.url == to("notice", notice.pk)
    assert page.content.decode().count(to("notice", notice.pk)) == 1


# -- All -------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["teacher", "head", "registrar", "officer"])
def test_a_full_queue_asks_no_more_than_a_page_may(
    request, sign_in, queries_of, role, reviewed_record, school_class, teacher, head,
    deadline,
):  # fmt: skip
    again, signed = fill(school_class, 2)
    for record in (again, signed):
        submit_record(record_id=record.pk, by=teacher, at=NOW)
    return_record(record_id=again.pk, by=head, reason="Thiếu")
    fill(school_class, 2)
    failed = Batch.objects.create(step="sign", by=head, created_at=NOW, finished_at=NOW)
    BatchItem.objects.create(batch=failed, record=signed, status="failed", error="x")
    client = sign_in(request.getfixturevalue(role))
    client.get(HOME)

    assert queries_of(client, HOME) <= MOST_QUERIES
