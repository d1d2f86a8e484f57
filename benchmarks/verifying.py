"""What a check costs: a file by its bytes, and a code beside an empty view."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

from django.utils import timezone

from workflow.services import record_pdf, sign_record
from workflow.services.bulk.batches import run_batch, start_batch
from workflow.services.evidence.verdicts import required_slots, verdict_of_file
from workflow.services.keys import credentials
from workflow.verification.verifier import verify_pdf

from .measure import Figure, cpu_ms
from .world import make_staff

TIMES = 20
SECONDS = 4.0
START_SECONDS = 60
addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count())


def figures() -> list[Figure]:
    staff = make_staff((("3B", 3),))
    staff.import_files(staff.files())
    record = staff.records()[0]
    batch = start_batch(step="submit", record_ids=[record.pk], by=staff.teacher)
    assert [item.status for item in run_batch(batch.pk)] == ["done"]
    sign_record(record_id=record.pk, by=staff.head)
    record = staff.records()[0]
    pdf, code = record_pdf(record), record.book.lookup_code
    now = timezone.now()
    assert verdict_of_file(pdf, now).verdict == "authentic"
    store = credentials.trust(now)
    alone = cpu_ms(lambda: verify_pdf(pdf, store, now, slots=required_slots()), TIMES)
    whole = cpu_ms(lambda: verdict_of_file(pdf, now), TIMES)
    with served() as port:
        nothing = per_second(port, "/empty/")
        asked = per_second(port, f"/verify/{code}")
    return [
        Figure("a PDF verified by itself, CPU", alone, "ms", 60),
        Figure("… with trust and register", whole, "ms"),
        Figure("an empty view", nothing, "requests/s"),
        Figure("verify by code", asked, "requests/s"),
        Figure("… of an empty view", asked / nothing, "×", 0.5, at_least=True),
    ]


@contextmanager
def served() -> Iterator[int]:
    """The port of the site under one process of gunicorn."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = ["gunicorn", "benchmarks.empty_site", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--log-level", "error"],
        env=os.environ | {"CONN_MAX_AGE": "60"},
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def per_second(port: int, address: str) -> float:
    """Answers to one client who asks again and again, each time anew."""
    until = time.monotonic() + START_SECONDS
    while (status := ask(port, address)) != 200:
        if time.monotonic() > until:
            raise TimeoutError(f"{address}: {status}")
        time.sleep(0.2)
    count, begun = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - begun) < SECONDS:
        if (status := ask(port, address)) != 200:
            raise ValueError(f"{address}: {status}")
        count += 1
    return count / elapsed


def ask(port: int, address: str) -> int:
    """The status of the answer, 0 while nobody answers."""
    connection = HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", address, headers={"X-Address": next(addresses)})
        answer = connection.getresponse()
        answer.read()
    except OSError:
        return 0
    finally:
        connection.close()
    return answer.status
