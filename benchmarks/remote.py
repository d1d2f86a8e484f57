"""Many records under one authorisation of a remote key, by a CSC server beside us."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.test import override_settings

from documents.models import Assignment, Role, SchoolClass
from tests.workflow.signing.providers.csc_stub import ACCOUNT, PIN
from workflow.models import Batch, Credential, JournalEntry
from workflow.services.bulk import consents
from workflow.services.bulk.batches import run_batch, start_batch
from workflow.signing.providers.csc_client import Secrets

from .measure import Figure, seconds
from .world import Staff, make_staff, rendering

CLASS = 40
EVERY = 50
CORES = 2


def figures(records: int = 600) -> list[Figure]:
    """Once as it is, once with every fiftieth call failing."""
    good, faulty = _reviewed(records), _reviewed(records)
    with rendering() as pages:
        whole, spent = _sign(good, every=0)
    each = sum(pages) / records / 1000
    nuisance, _spent = _sign(faulty, every=EVERY)
    # By the processor: what the service spends, a process beside us, is not ours.
    own = spent / records - each
    return [
        Figure(f"{records} records, remote key, all of it", records / whole, "/s"),
        Figure("… rendering, each, CPU", each * 1000, "ms"),
        Figure("… signing's own share, each, CPU", own * 1000, "ms"),
        Figure("… on two cores", CORES / own, "records/s", 20, at_least=True),
        Figure(f"… one call of {EVERY} fails, all of it", records / nuisance, "/s"),
    ]


def _reviewed(count: int) -> Staff:
    """Classes that wait for the head, signed by their teacher."""
    sizes = [CLASS] * (count // CLASS) + [count % CLASS] * bool(count % CLASS)
    classes = [(f"3{chr(ord('A') + n)}", size) for n, size in enumerate(sizes)]
    staff = make_staff(classes)
    staff.import_files(staff.files())
    for one in SchoolClass.objects.filter(school=staff.school):
        Assignment.objects.get_or_create(
            user=staff.teacher,
            unit=staff.school,
            role=Role.CLASS_TEACHER,
            school_class=one,
        )
    ids = [record.pk for record in staff.records()]
    batch = start_batch(step="submit", record_ids=ids, by=staff.teacher)
    assert {item.status for item in run_batch(batch.pk)} == {"done"}
    assert len(ids) == count
    return staff


def _sign(staff: Staff, *, every: int) -> tuple[float, float]:
    """Seconds from the first question to the last record, and those of our processor;
    every record is issued.
    """
    with _service(staff, every) as url:
        user, password = ACCOUNT
        with override_settings(CSC_URL=url, CSC_USER=user, CSC_PASSWORD=password):
            ids = [record.pk for record in staff.records()]
            batch = start_batch(step="sign", record_ids=ids, by=staff.head)
            begun = time.process_time()
            waited = seconds(lambda: _carry_through(batch))
            spent = time.process_time() - begun
    found = JournalEntry.objects.filter(item__batch=batch)
    assert set(batch.items.values_list("status", flat=True)) == {"done"}
    assert found.filter(slot="head").count() == 2 * len(ids)
    return waited, spent


def _carry_through(batch: Batch) -> None:
    """One typing of the PIN, then the worker; a failed call is tried again."""
    list(run_batch(batch.pk))
    (question,) = consents.open_consents(batch.pk)
    consents.answer(question, Secrets(PIN))
    while batch.items.exclude(status="done").exists():
        list(run_batch(batch.pk))


@contextmanager
def _service(staff: Staff, every: int) -> Iterator[str]:
    """The head's key file moves to a service in a process of its own."""
    key = Credential.objects.get(user=staff.head, is_active=True)
    path = Path(settings.DATA_DIR) / key.reference
    words = [str(path), path.with_suffix(".pass").read_text(), str(every)]
    command = [sys.executable, "-m", "benchmarks.csc_server", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            Credential.objects.filter(pk=key.pk).update(
                provider="csc", reference="head"
            )
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
