"""Two questions to a remote key, and all that goes wrong between them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from documents.models import Record, User
from tests.workflow.services.signing_scene import (
    assert_issued_once,
    die,
    errors,
    made,
    question,
    revoked,
    run,
    say,
    signing,
    statuses,
)
from tests.workflow.signing.providers import csc_stub
from tests.workflow.signing.providers.csc_stub import Service
from workflow import tasks
from workflow.models import Consent
from workflow.services.bulk.batches import (
    pause_batch,
    retry_failed,
    run_batch,
    start_batch,
)
from workflow.services.bulk.consents import ConsentGone
from workflow.services.bulk.journal import PINNED_FOR

SIGN = "signatures/signHash"


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


def test_every_other_call_fails_and_every_record_is_issued(
    records: list[Record], head: User, service: Service
):
    service.every = (2, csc_stub.status(500))
    batch = start_batch(step="sign", record_ids=[r.pk for r in records], by=head)
    run(batch)
    say(batch)

    assert run(batch) == ["done"] * 2

    assert_issued_once(records)
