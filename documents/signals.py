"""What the later stages may hear of; always sent after commit, always robust."""

from functools import partial

from django.db import transaction
from django.dispatch import Signal

# sender=Record, record_ids=list[int]: rows, versions or custody have changed.
records_changed = Signal()


def announce(record_ids: list[int]) -> None:
    """Tell the later stages once the transaction is committed.

    Robust: once committed, a failing listener must not look like a failed step.
    """
    send = partial(records_changed.send_robust, sender=None, record_ids=record_ids)
    transaction.on_commit(send)
