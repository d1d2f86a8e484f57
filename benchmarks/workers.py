"""How much faster two workers sign than one, each with a school of its own."""

from __future__ import annotations

import json
import subprocess
import sys

from workflow.services.bulk.batches import run_batch, start_batch

from .measure import Figure
from .world import Staff, make_staff

PUPILS = 30


def figures() -> list[Figure]:
    schools = [submitted() for _ in range(3)]
    alone = together(schools[:1])
    both = together(schools[1:])
    return [
        Figure("one worker", PUPILS / alone, "records/s"),
        Figure("two workers", 2 * PUPILS / both, "records/s"),
        Figure("two are faster than one", 2 * alone / both, "×", 1.9, at_least=True),
    ]


def submitted() -> Staff:
    staff = make_staff((("3B", PUPILS),))
    staff.import_files(staff.files())
    ids = [record.pk for record in staff.records()]
    batch = start_batch(step="submit", record_ids=ids, by=staff.teacher)
    assert {item.status for item in run_batch(batch.pk)} == {"done"}
    return staff


def together(schools: list[Staff]) -> float:
    """Seconds until the last of the schools is signed, each by a process."""
    running = [
        subprocess.Popen(command(one), stdout=subprocess.PIPE) for one in schools
    ]
    answers = [json.loads(process.communicate()[0]) for process in running]
    assert [answer["done"] for answer in answers] == [PUPILS] * len(schools)
    return max(float(answer["seconds"]) for answer in answers)


def command(staff: Staff) -> list[str]:
    who = staff.head.username
    return [sys.executable, "manage.py", "advance", "sign", "--as", who, "--json"]
