"""Checkpoints: their own chain, their time-stamps, and the heads that they sealed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import NamedTuple
from uuid import UUID

from asn1crypto import cms
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from documents.canonical import digest_of
from documents.checkpoints import (
    CHAINS,
    Document,
    Head,
    file_of,
    previous_of,
    read_file,
    recompose,
)
from documents.models import Chain, Checkpoint, Record, SealedHead

from ..services.keys import credentials
from ..verification.knowledge import Knowledge
from ..verification.reasons import Reason
from ..verification.signatures import judge_token
from .base import CHUNK, Flaw, register

# The heads are read and stamped one after the other: that long it takes at the most.
AT_ONCE = timedelta(hours=1)
NAMES = {Chain.LEDGER: "ledger", Chain.READS: "read"}


@register
def sealed_lines_stand() -> Iterator[Flaw]:
    """Every line that a checkpoint sealed is still there with the same digest.

    A chain that was written anew from its first line holds in itself; here it does
    not. Of each chain the first line that differs is named.
    """
    for chain, (model, column) in CHAINS.items():
        line = model._default_manager.filter(
            record=OuterRef("record"), sequence=OuterRef("sequence")
        )
        heads = SealedHead.objects.filter(chain=chain).annotate(
            now=Subquery(line.values(column)[:1])
        )
        lost = heads.filter(Q(now=None) | ~Q(now=F("digest")))
        rows = lost.select_related("record__book", "checkpoint")
        ordered = rows.order_by("record_id", "sequence", "checkpoint__number")
        by_record = groupby(ordered.iterator(chunk_size=CHUNK), lambda h: h.record_id)
        for _record_id, found in by_record:
            first = next(found)
            seal = first.checkpoint
            yield _rewritten(first.record, first, seal.number, first.now, seal.at)


def _rewritten(
    record: Record,
    head: Head | SealedHead,
    number: int,
    now: str | None,
    at: datetime,
) -> Flaw:
    where = f"{record} {NAMES[Chain(head.chain)]} #{head.sequence}"
    what = f"is {now[:12]}…" if now else "is gone"
    text = f"was {head.digest[:12]}… at checkpoint {number}, {what}"
    return Flaw("chain_rewritten", where, text, at)


@register
def checkpoints_hold() -> Iterator[Flaw]:
    """No checkpoint was changed, removed or made anew, and each is stamped."""
    stamps: list[tuple[Checkpoint, str]] = []
    last: Checkpoint | None = None
    for checkpoint, heads in _with_heads():
        expected = last.number + 1 if last else 1
        since = last.at if last else None
        for number in range(expected, checkpoint.number):
            yield Flaw("checkpoint_missing", f"checkpoint {number}", "is gone", since)
        document = recompose(checkpoint, heads)
        digest = digest_of(document)
        if text := _differs(checkpoint, document, last):
            yield Flaw("checkpoint_altered", str(checkpoint), text, since)
        stamps.append((checkpoint, digest))
        last = checkpoint
    yield from _stamp_flaws(stamps)


def _differs(
    checkpoint: Checkpoint, document: Document, last: Checkpoint | None
) -> str:
    """Why a checkpoint is not the one that was stamped after ``last``."""
    follows = last is None or checkpoint.number == last.number + 1
    if follows and checkpoint.previous != previous_of(last):
        return "it does not follow from the one before"
    sha256 = hashlib.sha256(file_of(document, checkpoint.token)).hexdigest()
    if (digest_of(document), sha256) != (checkpoint.digest, checkpoint.sha256):
        return "its rows are not those of its file"
    return ""


def check_copy(data: bytes) -> Iterator[Flaw]:
    """A checkpoint that was copied away, against what stands here now.

    Its ``previous`` vouches for all checkpoints before it, so one copy is enough to
    find what was made anew since then, all checkpoints included. Raises
    CheckpointUnreadable.
    """
    document, token = read_file(data)
    number, at = document["number"], datetime.fromisoformat(document["at"])
    where = f"checkpoint {number}"
    judged = judge_stamp(token, digest_of(document), at=at, proven=timezone.now())
    if judged.fault:
        yield Flaw("checkpoint_stamp_bad", f"the copy of {where}", judged.fault)
        return
    kept = Checkpoint.objects.filter(number=number).first()
    if kept is None:
        yield Flaw("checkpoint_missing", where, "is gone, a copy of it is not", at)
    elif kept.sha256 != hashlib.sha256(data).hexdigest():
        yield Flaw("checkpoint_altered", where, "is not as its copy", at)
    yield from _lost_heads(document, at)


def _lost_heads(document: Document, at: datetime) -> Iterator[Flaw]:
    heads = iter([Head(*head) for head in document["heads"]])
    while chunk := list(islice(heads, 500)):
        records = {
            record.uuid.hex: record
            for record in Record.objects.filter(
                uuid__in=[UUID(head.uuid) for head in chunk]
            ).select_related("book")
        }
        now = _digests(chunk, records.values())
        for head in chunk:
            record = records.get(head.uuid)
            if record is None:
                text = f"the record {head.uuid} is gone"
                yield Flaw("record_missing", head.uuid, text, at)
            elif now.get(head[:3]) != head.digest:
                number = document["number"]
                yield _rewritten(record, head, number, now.get(head[:3]), at)


def _digests(
    heads: Iterable[Head], records: Iterable[Record]
) -> dict[tuple[str, str, int], str]:
    """The digest that each of these lines has now."""
    sequences = {head.sequence for head in heads}
    found = {}
    for chain, (model, column) in CHAINS.items():
        lines = model._default_manager.filter(
            record__in=list(records), sequence__in=sequences
        )
        for uuid, sequence, digest in lines.values_list(
            "record__uuid", "sequence", column
        ):
            found[uuid.hex, str(chain), sequence] = digest
    return found


def _with_heads() -> Iterator[tuple[Checkpoint, list[SealedHead]]]:
    """Each checkpoint with what it sealed: two queries, however many there are."""
    sealed = SealedHead.objects.select_related("record").order_by(
        "checkpoint__number", "pk"
    )
    rows = sealed.iterator(chunk_size=CHUNK)
    groups = groupby(rows, key=lambda head: head.checkpoint_id)
    group = next(groups, None)
    for checkpoint in Checkpoint.objects.order_by("number").iterator(chunk_size=CHUNK):
        if group is not None and group[0] == checkpoint.pk:
            yield checkpoint, list(group[1])
            group = next(groups, None)
        else:
            yield checkpoint, []


class Judged(NamedTuple):
    """When a stamp was given, and what is wrong with it."""

    moment: datetime | None
    fault: str


def _stamp_flaws(stamps: list[tuple[Checkpoint, str]]) -> Iterator[Flaw]:
    """From the newest to the oldest: each stamp existed when the next was given."""
    proven = timezone.now()
    for checkpoint, digest in reversed(stamps):
        judged = judge_stamp(checkpoint.token, digest, at=checkpoint.at, proven=proven)
        if judged.fault:
            yield Flaw("checkpoint_stamp_bad", str(checkpoint), judged.fault)
        elif judged.moment:
            proven = judged.moment


def judge_stamp(token: str, digest: str, *, at: datetime, proven: datetime) -> Judged:
    """Whether a trusted service stamped ``digest`` at about ``at``.

    Revocation is not asked about: a checkpoint carries no evidence of it.
    """
    try:
        signed = cms.ContentInfo.load(base64.b64decode(token), strict=True)["content"]
        stamp = judge_token(
            signed,
            expected=bytes.fromhex(digest),
            knowledge=Knowledge(credentials.trust(proven)),
            proven=proven,
        )
    except (ValueError, TypeError, KeyError) as error:
        return Judged(None, f"no time-stamp: {error}")
    faults = {reason.value for reason in stamp.reasons} - {Reason.REVOCATION_UNKNOWN}
    if stamp.moment is None or abs(stamp.moment - at) > AT_ONCE:
        faults.add(f"stamped at {stamp.moment}, not at {at}")
    return Judged(stamp.moment, ", ".join(sorted(faults)))
