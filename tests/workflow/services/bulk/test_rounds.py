"""A head whose key is at a remote service: two questions, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone

from documents.models import Record, SchoolClass, Unit, User
from tests.workflow.services.signing_scene import (
    PIN,
    assert_issued_once,
    errors,
    history,
    made,
    question,
    remote,
    reviewed,
    revoked,
    run,
    say,
    signing,
    statuses,
)
from tests.workflow.signing.providers import csc_stub
from tests.workflow.signing.providers.csc_stub import Service
from workflow import tasks
from workflow.models import Batch, Consent, JournalEntry, KeptPin
from workflow.services.bulk import consents
from workflow.services.bulk.batches import (
    pause_batch,
    resume_batch,
    retry_failed,
    run_batch,
    start_batch,
    stopped_batches,
)
from workflow.services.bulk.consents import ConsentGone
from workflow.services.bulk.journal import PINNED_FOR, Scratch
from workflow.services.bulk.runs import STALE
from workflow.signing.providers.errors import OtpWrong, PinLocked, PinWrong

SIGN = "signatures/signHash"


@pytest.fixture
def service(head: User, seal: Unit, settings: Any) -> Iterator[Service]:
    with remote(head, settings) as started:
        yield started


@pytest.fixture
def phone(head: User, seal: Unit, settings: Any) -> Iterator[Service]:
    """The second version of the interface, with a confirmation elsewhere."""
    with remote(head, settings, version="2") as started:
        started.pin, started.phone = False, "waiting"
        yield started


@pytest.fixture
def records(school_class: SchoolClass, units: dict[str, Unit]) -> list[Record]:
    return reviewed(school_class, units, 2)


def die(batch: Batch) -> None:
    """As after kill -9: claimed by a run that shows no life any more."""
    long_ago = timezone.now() - STALE - timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(claimed_at=long_ago, created_at=long_ago)


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


def test_a_consent_that_ran_out_is_asked_again_for_the_rest(
    records: list[Record], head: User, service: Service
):
    service.otps = ["111111", "222222", "333333"]
    batch = signing(records, head)
    run(batch)
    say(batch, otp="111111")
    Consent.objects.update(until=timezone.now() - timedelta(seconds=1))

    assert run(batch) == []

    asked = question(batch)
    assert (asked.round, asked.count, asked.error) == (1, 2, "authorisation_lapsed")
    assert "Confirm again for the 2" in asked.message
    say(batch, otp="222222")
    run(batch)
    say(batch, otp="333333")
    assert run(batch) == ["done"] * 2
    assert_issued_once(records)


def test_a_consent_that_runs_out_in_the_middle_is_renewed_with_the_kept_pin(
    records: list[Record], head: User, service: Service
):
    service.lifetime = 6  # a second more than what is not worth the call
    batch = signing(records, head)
    run(batch)
    say(batch)
    service.faults[SIGN] = [csc_stub.status(400)]

    assert run(batch) == ["done"] * 2

    assert_issued_once(records)


NUISANCES = {
    "500": csc_stub.status(500),
    "429": csc_stub.status(429, Retry_After="0"),
    "garbage": csc_stub.garbage,
    "half an answer": csc_stub.half,
    "half of the signatures": csc_stub.fewer,
    "the right answer twice": csc_stub.twice,
    "those of others": csc_stub.swapped,
}


@pytest.mark.parametrize("fault", NUISANCES.values(), ids=NUISANCES)
def test_a_bad_answer_costs_nothing_but_time(
    records: list[Record], head: User, service: Service, fault: Any
):
    batch = signing(records, head)
    run(batch)
    say(batch)
    service.faults[SIGN] = [fault]

    assert run(batch) == ["done"] * 2

    assert_issued_once(records)


def test_a_service_that_is_away_fails_what_waits_for_it_and_is_tried_again(
    records: list[Record], head: User, service: Service
):
    batch = signing(records, head)
    run(batch)
    say(batch)
    service.faults[SIGN] = [csc_stub.status(500)] * 4

    assert run(batch) == ["failed"] * 2
    assert errors(batch) == {"service_unavailable"}
    die(batch)
    tasks.reconcile.delay()

    assert statuses(batch) == ["done"] * 2
    assert_issued_once(records)


def test_a_run_that_dies_between_two_signatures_asks_for_none_again(
    records: list[Record], head: User, service: Service
):
    """The worker is gone after the first item of the second round."""
    batch = signing(records, head)
    run(batch)
    say(batch)
    running = run_batch(batch.pk)
    assert next(running).status == "done"
    del running
    die(batch)
    before = dict(service.signed)

    tasks.reconcile.delay()

    assert statuses(batch) == ["done"] * 2
    assert dict(service.signed) == before
    assert_issued_once(records)


def test_a_new_batch_takes_over_what_an_old_one_has_signed(
    records: list[Record], head: User, service: Service
):
    """The first one was signed over the data and never came to the pages."""
    service.otps = ["111111", "222222"]
    first = signing(records, head)
    run(first)
    say(first, otp="111111")
    run(first)
    pause_batch(first)

    second = signing(records, head)
    assert run(second) == []
    assert (question(second).round, question(second).count) == (2, 2)
    say(second, otp="222222")
    assert run(second) == ["done"] * 2

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


def test_whoever_loses_the_role_while_the_phone_rings_signs_nothing(
    records: list[Record], head: User, service: Service
):
    batch = signing(records, head)
    run(batch)
    say(batch)
    head.assignments.all().delete()

    assert run(batch) == ["refused"] * 2

    assert errors(batch) == {"not_found"}
    assert not service.signed


def test_a_record_that_changed_while_the_signer_was_asked_is_left_out(
    records: list[Record], head: User, service: Service
):
    batch = signing(records, head)
    run(batch)
    say(batch)
    Record.objects.filter(pk=records[0].pk).update(state="draft")

    outcomes = run(batch)

    assert sorted(outcomes) == ["done", "refused"]
    assert made(records[0]) == {}
    assert_issued_once(records[1:])


def test_a_certificate_that_is_revoked_in_mid_batch_stops_it_and_a_new_one_goes_on(
    records: list[Record], head: User, service: Service
):
    service.otps = ["1", "2", "3"]
    batch = signing(records, head)
    run(batch)
    say(batch, otp="1")
    run(batch)
    say(batch, otp="2", pin="")
    good = service.key, service.chain
    revoked(service, head)

    assert run(batch) == ["failed"] * 2
    assert errors(batch) == {"certificate_revoked"}
    service.key, service.chain = good
    assert retry_failed(batch) == 2
    assert run(batch) == []
    say(batch, otp="3")

    assert run(batch) == ["done"] * 2
    assert_issued_once(records)


def test_a_phone_that_takes_its_time_blocks_no_worker(
    records: list[Record], head: User, phone: Service
):
    batch = signing(records, head)
    assert run(batch) == []
    asked = question(batch)
    assert (asked.needs, asked.status) == ("", "pending")
    calls = phone.calls["credentials/authorizeCheck"]

    tasks.check_phone(asked.pk)  # too early: the service wants to be left alone
    assert phone.calls["credentials/authorizeCheck"] == calls
    with time_machine.travel(timezone.now() + timedelta(seconds=100)):
        tasks.check_phone(asked.pk)
        assert question(batch).status == "pending"
        assert phone.calls["credentials/authorizeCheck"] == calls + 1


def test_both_rounds_are_confirmed_on_the_phone(
    records: list[Record], head: User, phone: Service
):
    batch = signing(records, head)
    run(batch)
    phone.phone = "confirmed"

    with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=True):
        tasks.reconcile.delay()
        assert question(batch).round == 2
    with time_machine.travel(timezone.now() + timedelta(seconds=20), tick=True):
        tasks.reconcile.delay()

    assert statuses(batch) == ["done"] * 2
    assert_issued_once(records)


def test_a_no_on_the_phone_stops_the_batch_until_its_signer_tries_again(
    records: list[Record], head: User, phone: Service
):
    batch = signing(records, head)
    run(batch)
    phone.phone = "declined"

    with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=True):
        tasks.reconcile.delay()

    assert statuses(batch) == ["failed"] * 2
    assert errors(batch) == {"authorisation_declined"}
    batch.refresh_from_db()
    assert batch.finished_at is not None
    assert retry_failed(batch) == 2
    phone.phone = "waiting"
    assert run(batch) == []
    assert question(batch).status == "pending"


def test_a_question_that_is_too_old_is_asked_anew_with_a_new_time(
    records: list[Record], head: User, service: Service
):
    batch = signing(records, head)
    run(batch)
    first = question(batch)

    with time_machine.travel(timezone.now() + PINNED_FOR + timedelta(minutes=1)):
        with pytest.raises(ConsentGone):
            say(batch)
        tasks.reconcile.delay()
        again = question(batch)

    assert again.pk != first.pk
    assert not set(again.digests) & set(first.digests)


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


def test_every_other_call_fails_and_every_record_is_issued(
    records: list[Record], head: User, service: Service
):
    service.every = (2, csc_stub.status(500))
    batch = start_batch(step="sign", record_ids=[r.pk for r in records], by=head)
    run(batch)
    say(batch)

    assert run(batch) == ["done"] * 2

    assert_issued_once(records)


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
