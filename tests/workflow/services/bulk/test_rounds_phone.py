"""A head who confirms on a phone: no worker waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from documents.models import Record, Unit, User
from tests.workflow.services.signing_scene import (
    assert_issued_once,
    errors,
    question,
    remote,
    run,
    signing,
    statuses,
)
from tests.workflow.signing.providers.csc_stub import Service
from workflow import tasks
from workflow.services.bulk.batches import retry_failed


@pytest.fixture
def phone(head: User, seal: Unit, settings: Any) -> Iterator[Service]:
    """The second version of the interface, with a confirmation elsewhere."""
    with remote(head, settings, version="2") as started:
        started.pin, started.phone = False, "waiting"
        yield started


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
