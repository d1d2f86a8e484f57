"""A head whose key is at a remote service: two questions, one PIN."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone

from documents.models import Record, SchoolClass, Unit, User
from tests.workflow.services.signing_scene import (
    PIN,
    assert_issued_once,
    die,
    history,
    question,
    reviewed,
    run,
    say,
    signing,
    statuses,
)
from tests.workflow.signing.providers.csc_stub import Service
from workflow import tasks
from workflow.models import Consent, JournalEntry, KeptPin
from workflow.services.bulk import consents
from workflow.services.bulk.batches import (
    pause_batch,
    resume_batch,
    run_batch,
    stopped_batches,
)
from workflow.services.bulk.journal import Scratch
from workflow.signing.providers.errors import OtpWrong, PinLocked, PinWrong


def test_a_head_is_asked_twice_and_types_the_pin_once(
    records: list[Record], head: User, service: Service
):
    batch = signing(records, head)

    assert run(batch) == []
    asked = question(batch)
    assert (asked.slot, asked.round, asked.count, asked.needs) == ("head", 1, 2, "pin")
    assert service.calls["credentials/authorize"] == 0
    say(batch)
    assert run(batch) == ["done"] * 2

    assert_issued_once(records)
    assert history(batch) == [("head", 1, "used", 2), ("head", 2, "used", 2)]
    assert sorted(service.signed.values()) == [1] * 4
    batch.refresh_from_db()
    assert batch.finished_at is not None


def test_no_seal_is_given_before_the_head_has_agreed(
    records: list[Record], head: User, service: Service
):
    batch = signing(records, head)

    run(batch)

    assert not JournalEntry.objects.exists()
    assert [str(record.state) for record in records] == ["reviewed"] * 2


def test_a_batch_that_waits_for_its_signer_is_left_alone(
    records: list[Record], head: User, service: Service
):
    batch = signing(records, head)
    run(batch)
    die(batch)

    assert not stopped_batches().exists()
    tasks.reconcile.delay()

    assert question(batch).status == "waiting"
    assert statuses(batch) == ["pending"] * 2


def test_what_was_typed_or_granted_never_stands_in_the_database_in_clear(
    records: list[Record], head: User, service: Service
):
    service.otps = ["908172", "716253"]
    service.pin = True
    batch = signing(records, head)
    run(batch)
    say(batch, otp="908172")

    kept = KeptPin.objects.get()
    asked = Consent.objects.get()

    for text in (kept.sealed, asked.token):
        assert text and not {"908172", "sad-0", PIN} & set(text.split('"'))
        assert "sad-0" not in text and "908172" not in text
    assert consents.kept_secrets(batch, asked.credential).pin == PIN
    assert kept.until <= timezone.now() + timedelta(minutes=30)


def test_the_pin_is_gone_with_the_batch_and_after_half_an_hour(
    records: list[Record], head: User, service: Service
):
    batch = signing(records[:1], head)
    run(batch)
    say(batch)
    assert KeptPin.objects.count() == 1
    later = timezone.now() + timedelta(minutes=31)

    assert consents.kept_secrets(batch, question(batch).credential).pin == PIN
    with time_machine.travel(later):
        assert consents.kept_secrets(batch, question(batch).credential).pin == ""
    run(batch)

    assert not KeptPin.objects.exists()
    assert not Scratch.of(batch).folder.exists()


def test_each_one_time_code_opens_one_round(
    records: list[Record], head: User, service: Service
):
    service.otps = ["111111", "222222"]
    batch = signing(records, head)
    run(batch)
    assert question(batch).needs == "pin otp"
    say(batch, otp="111111")

    assert run(batch) == []

    asked = question(batch)
    assert (asked.round, asked.status) == (2, "waiting")
    say(batch, pin="", otp="222222")
    assert run(batch) == ["done"] * 2
    assert_issued_once(records)


@pytest.mark.parametrize(
    ("pin", "otp", "error"),
    [("9999", "111111", PinWrong), (PIN, "000000", OtpWrong)],
)
def test_what_was_typed_wrong_is_asked_again_and_nothing_is_signed(
    records: list[Record], head: User, service: Service, pin, otp, error
):
    service.otps = ["111111"]
    batch = signing(records, head)
    run(batch)

    with pytest.raises(error):
        say(batch, pin, otp)

    assert question(batch).status == "waiting"
    assert not KeptPin.objects.exists()
    assert not JournalEntry.objects.exists()


def test_a_locked_key_says_so_and_the_question_stays(
    records: list[Record], head: User, service: Service
):
    batch = signing(records, head)
    run(batch)
    service.locked = True

    with pytest.raises(PinLocked):
        say(batch)

    service.locked = False
    say(batch)
    assert run(batch) == ["done"] * 2


def test_a_service_that_allows_few_at_once_is_asked_more_often(
    records: list[Record], head: User, service: Service
):
    service.multisign, service.otps = 1, ["1", "2", "3", "4"]
    batch = signing(records, head)
    outcomes = run(batch)
    for otp in "1234":
        say(batch, otp=otp)
        outcomes += run(batch)

    assert outcomes == ["done"] * 2
    assert_issued_once(records)
    assert [status for _slot, _round, status, _count in history(batch)] == ["used"] * 4


def test_with_a_pin_alone_the_service_is_asked_more_often_and_nobody_else(
    records: list[Record], head: User, service: Service
):
    service.multisign = 1
    batch = signing(records, head)
    run(batch)
    say(batch)

    assert run(batch) == ["done"] * 2

    assert service.calls["credentials/authorize"] == 4
    assert_issued_once(records)


def test_pausing_stops_before_the_next_signature_and_nothing_is_lost(
    records: list[Record], head: User, service: Service
):
    batch = signing(records, head)
    run(batch)
    say(batch)
    pause_batch(batch)

    assert run(batch) == []
    assert not service.signed
    resume_batch(batch)
    assert run(batch) == ["done"] * 2
    assert_issued_once(records)


def test_the_pages_are_rendered_once_for_all_rounds(
    records: list[Record], head: User, service: Service
):
    service.otps = ["1", "2"]
    batch = signing(records, head)
    run(batch)
    say(batch, otp="1")
    run(batch)
    folder = Path(configured.DATA_DIR) / "scratch" / str(batch.uuid)
    pages = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len(pages) == 2
    say(batch, otp="2")
    running = run_batch(batch.pk)
    next(running)

    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == pages
    list(running)
    assert not folder.exists()


def test_questions_and_answers_are_few_queries_however_many_records(
    school_class: SchoolClass, units: dict[str, Unit], head: User, service: Service
):
    counts = []
    for size in (2, 5):
        batch = signing(reviewed(school_class, units, size), head)
        run(batch)
        before = len(connection.queries_log)
        connection.force_debug_cursor = True
        say(batch)
        counts.append(len(connection.queries_log) - before)
        connection.force_debug_cursor = False

    assert counts[0] == counts[1]
