"""Who works on what, and for how long: a worker asks here what to do next."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from ...models import Batch
from .batches import free_batches, stopped_batches
from .runs import STALE, Run
from .scheduling import in_turn

# Long enough that opening a key is a small part of it, short enough that the batch of
# a school with three records is not asked to wait.
SLICE_SECONDS = 5.0


def begin_turn(named: int, *, seconds: float = SLICE_SECONDS) -> Run | None:
    """Take the most urgent batch for a slice; None where nothing is to be done.

    ``named`` is the batch that was called: its signer may have answered.
    """
    at = timezone.now()
    for batch_id in in_turn(free_batches(at, named=named), at):
        run = Run(batch_id, seconds)
        if run.begin():
            return run
    return None


def next_turn(named: int, *, after: int) -> int | None:
    """Which batch to call when a turn has ended that ``after`` had.

    Whoever was called and passed over is called again.
    """
    at = timezone.now()
    passed_over = named if named != after else None
    line = in_turn(free_batches(at, named=passed_over), at)
    if passed_over in line:
        return passed_over
    return line[0] if line else None


def to_call(at: datetime) -> list[int]:
    """The batches that nobody will come to unless they are called.

    While turns are taken the line moves by itself, and one more call makes up for a
    worker that was killed; more calls than batches would fill the queue.
    """
    line = in_turn(stopped_batches(at), at)
    moves = Batch.objects.filter(turn_at__gte=at - STALE).exists()
    return line[:1] if moves else line
