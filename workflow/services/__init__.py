"""One service per use case. ``STEPS`` are those that a batch can take."""

from __future__ import annotations

from collections.abc import Callable

from documents.models import Record

from .confirming import confirm_rows
from .editing import edit_record
from .effective import file_name, record_pdf
from .locking import lock_record
from .recalling import recall_record
from .returning import return_record
from .signing import sign_record
from .submitting import submit_record
from .transferring import dispatch_record, receive_record, withdraw_transfer

STEPS: dict[str, Callable[..., Record]] = {
    "confirm": confirm_rows,
    "submit": submit_record,
    "return": return_record,
    "sign": sign_record,
    "recall": recall_record,
    "lock": lock_record,
}

__all__ = [
    "STEPS",
    "confirm_rows",
    "dispatch_record",
    "edit_record",
    "file_name",
    "lock_record",
    "recall_record",
    "receive_record",
    "record_pdf",
    "return_record",
    "sign_record",
    "submit_record",
    "withdraw_transfer",
]
