"""The steps of a batch that need keys. The others are taken at once (``STEPS``)."""

from __future__ import annotations

from ..confirming import confirm_work
from ..signing import sign_work
from ..submitting import submit_work
from .works import Worker

WORKERS: dict[str, Worker] = {
    "confirm": confirm_work,
    "submit": submit_work,
    "sign": sign_work,
}
# How often each key is asked: once for the data, once for the pages that hold it.
ROUNDS = {"confirm": 1, "submit": 1, "sign": 2}
