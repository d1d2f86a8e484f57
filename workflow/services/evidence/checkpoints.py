"""Say, with the time-stamp of somebody else, where all chains stand."""

from __future__ import annotations

import base64
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents import storage
from documents.canonical import digest_of
from documents.checkpoints import (
    Document,
    Head,
    compose,
    file_of,
    moved_heads,
    previous_of,
)
from documents.models import Checkpoint, SealedHead

from ...errors import WorkflowError
from ...integrity import flaws
from ..keys import credentials


class CheckpointMoved(WorkflowError):
    code = "checkpoint_moved"
    user_message = _("Another checkpoint was made at the same time; it is enough.")


def make_checkpoint(at: datetime | None = None) -> Checkpoint:
    """Seal every chain that moved since the last checkpoint, and stamp that.

    What the checks find now is part of it, so that a later check can tell since when;
    stored files are left to the rolling check. Raises TimestampUnavailable,
    TimestampRefused, StorageUnavailable, or CheckpointMoved; nothing is written then.
    """
    at = at or timezone.now()
    last = Checkpoint.objects.last()
    heads = list(moved_heads())
    document = compose(
        number=last.number + 1 if last else 1,
        at=at,
        previous=previous_of(last),
        heads=heads,
        findings=[(flaw.code, flaw.where) for flaw in flaws(read_files=False)],
    )
    # Asks services, so nothing is locked; of two made at once the number stops one.
    digest = digest_of(document)
    stamp = credentials.timestamper().stamp(bytes.fromhex(digest))
    return _keep(document, digest, base64.b64encode(stamp.der).decode(), heads, at)


def _keep(
    document: Document, digest: str, token: str, heads: list[Head], at: datetime
) -> Checkpoint:
    sha256 = storage.put(file_of(document, token))
    try:
        with transaction.atomic():
            made = Checkpoint.objects.create(
                number=document["number"],
                at=at,
                previous=document["previous"],
                digest=digest,
                token=token,
                findings=document["findings"],
                sha256=sha256,
            )
            rows = [
                SealedHead(
                    checkpoint=made,
                    record_id=head.record_id,
                    chain=head.chain,
                    sequence=head.sequence,
                    digest=head.digest,
                )
                for head in heads
            ]
            SealedHead.objects.bulk_create(rows, batch_size=2000)
    except IntegrityError as error:
        raise CheckpointMoved(f"checkpoint {document['number']}") from error
    return made
