"""What a check costs: a file by its bytes, and a code beside an empty view."""

from __future__ import annotations

import itertools
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse
from django.utils import timezone

from workflow.services import credentials, record_pdf, sign_record
from workflow.services.batches import run_batch, start_batch
from workflow.services.verdicts import required_slots, verdict_of_file
from workflow.verification.verifier import verify_pdf

from .measure import Figure, cpu_ms
from .world import make_staff

TIMES = 20
SECONDS = 3.0
# Each request from an address of its own, or the limits on look-ups would answer.
addresses = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in itertools.count())


def empty(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("empty/", empty), path("", include(settings.ROOT_URLCONF))]


def figures() -> list[Figure]:
    staff = make_staff(1, (("3B", 3),))
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
    with override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"]):
        nothing = per_second("/empty/")
        asked = per_second(reverse("portal:verdict", args=[code]))
    return [
        Figure("a PDF verified by itself, CPU", alone, "ms", 60),
        Figure("… with trust and register", whole, "ms"),
        Figure("an empty view", nothing, "requests/s"),
        Figure("verify by code", asked, "requests/s"),
        Figure("… of an empty view", asked / nothing, "×", 0.5, at_least=True),
    ]


def per_second(address: str) -> float:
    """Requests in one process through all of Django, without a network."""
    client = Client()
    assert client.get(address, REMOTE_ADDR=next(addresses)).status_code == 200
    count, begun = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - begun) < SECONDS:
        client.get(address, REMOTE_ADDR=next(addresses))
        count += 1
    return count / elapsed
