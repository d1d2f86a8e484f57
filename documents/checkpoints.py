"""What a checkpoint says: its document, and the heads that it seals.

The document is RFC 8785 JSON, format 1::

    {"format": "hocba/checkpoint/1", "number": 12, "at": "…", "previous": "<sha256>",
     "heads": [["<uuid of the record>", "ledger" | "reads", 7, "<digest>"], …],
     "findings": [["<code>", "<where>"], …]}

Its file has the document and, in Base64, the RFC 3161 time-stamp over its SHA-256;
``previous`` is the SHA-256 of the file before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from .canonical import canonical_json
from .errors import RecordsError
from .ledger import GENESIS
from .models import Chain, Checkpoint, LedgerEntry, ReadLog, SealedHead

FORMAT = "hocba/checkpoint/1"
CHUNK = 2000
# The rows of each chain, and the column with the digest of a line.
CHAINS: dict[str, tuple[type[LedgerEntry | ReadLog], str]] = {
    Chain.LEDGER: (LedgerEntry, "entry_hash"),
    Chain.READS: (ReadLog, "digest"),
}
Document = dict[str, Any]


class CheckpointUnreadable(RecordsError):
    code = "checkpoint_unreadable"
    user_message = _("This file is no checkpoint.")


class Head(NamedTuple):
    """The last line of one chain. ``record_id`` is not part of the document."""

    uuid: str
    chain: str
    sequence: int
    digest: str
    record_id: int = 0


def moved_heads() -> Iterator[Head]:
    """Heads that are not as the last checkpoint that saw their chain sealed them."""
    for chain, (model, column) in CHAINS.items():
        for row in _moved(chain, model, column).iterator(chunk_size=CHUNK):
            yield Head(row[0].hex, chain, *row[1:])


def _moved(
    chain: str, model: type[LedgerEntry | ReadLog], column: str
) -> QuerySet[Any, Any]:
    later = model._default_manager.filter(
        record=OuterRef("record"), sequence__gt=OuterRef("sequence")
    )
    sealed = SealedHead.objects.filter(record=OuterRef("record"), chain=chain).order_by(
        "-checkpoint__number"
    )
    heads = model._default_manager.filter(~Exists(later)).annotate(
        sealed=Subquery(sealed.values("digest")[:1])
    )
    moved = heads.filter(Q(sealed=None) | ~Q(sealed=F(column)))
    return moved.order_by("record_id").values_list(
        "record__uuid", "sequence", column, "record_id"
    )


def compose(
    *,
    number: int,
    at: datetime,
    previous: str,
    heads: Iterable[Head],
    findings: Iterable[Iterable[str]],
) -> Document:
    return {
        "format": FORMAT,
        "number": number,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "previous": previous,
        "heads": sorted(list(head[:4]) for head in heads),
        "findings": sorted(list(finding) for finding in findings),
    }


def recompose(checkpoint: Checkpoint, heads: Iterable[SealedHead]) -> Document:
    """The document again, from the rows as they are now; each head with its record."""
    return compose(
        number=checkpoint.number,
        at=checkpoint.at,
        previous=checkpoint.previous,
        heads=[
            Head(head.record.uuid.hex, head.chain, head.sequence, head.digest)
            for head in heads
        ],
        findings=checkpoint.findings,
    )


def file_of(document: Document, token: str) -> bytes:
    """The bytes that are stored, and that may be copied away."""
    return canonical_json({"checkpoint": document, "time_stamp": token})


def read_file(data: bytes) -> tuple[Document, str]:
    """Document and time-stamp of such a file. Raises CheckpointUnreadable."""
    try:
        whole = json.loads(data)
        document = whole["checkpoint"]
        token = str(whole["time_stamp"])
        shape = [(str, str, int, str)] * len(document["heads"])
        fits = [tuple(map(type, head)) for head in document["heads"]] == shape
        is_ours = document["format"] == FORMAT and isinstance(document["number"], int)
        datetime.fromisoformat(document["at"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointUnreadable(str(error)) from error
    if not (fits and is_ours):
        raise CheckpointUnreadable("not a checkpoint of format 1")
    return document, token


def previous_of(last: Checkpoint | None) -> str:
    """What the next checkpoint names as the one before it."""
    return last.sha256 if last else GENESIS
