"""Pages of a record that came as signed data, made here and signed by nobody.

Who printed and signed the pages is the school that issued them, and they stay there
(decision 16). What is given out here says on each sheet that it is a copy, carries the
signed data whole, and is made anew each time: it proves nothing that the data do not.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents import storage
from documents.models import (
    ISSUED_STATES,
    Direction,
    Package,
    Record,
    Signature,
    Unit,
    Version,
)
from documents.models.signatures import Purpose
from documents.printing import form_input
from documents.rendering import CopyNote, render_pdf

from ..errors import WorkflowError


class NotIssued(WorkflowError):
    code = "not_issued"
    user_message = _("This record is not signed yet, so there is no file of it.")


def copied_pdf(record: Record, version: Version, at: datetime) -> bytes:
    """The copy as it is made now. Raises NotIssued, FileMissing, FileAltered."""
    packet = version.artifacts.filter(purpose=Purpose.PACKET).first()
    if packet is None or record.state not in ISSUED_STATES:
        raise NotIssued(str(record))
    signed = {one.slot: one for one in version.signatures.all()}
    head = signed.get("head")
    locked_at = record.locked_at
    note = CopyNote(
        made_by=receiver_of(record, version).name,
        made_on=timezone.localdate(at),
        effective_on=timezone.localdate(locked_at) if locked_at else None,
        head=_who(head),
        seal=_who(signed.get("seal")),
    )
    form = form_input(
        version,
        signed_on=timezone.localdate(head.signed_at) if head else None,
        head_name=head.name if head else "",
        packet=storage.get(packet.sha256),
        copy=note,
    )
    return render_pdf(form)


def receiver_of(record: Record, version: Version) -> Unit:
    """Who took the version in; its keeper, where no package is named."""
    number = version.lineage.get("", {}).get("package")
    received = Package.objects.filter(direction=Direction.RECEIVED, uuid=number)
    package = received.select_related("receiver").first() if number else None
    return package.receiver if package else record.custodian


def _who(signature: Signature | None) -> str:
    if signature is None:
        return ""
    at = timezone.localtime(signature.signed_at).strftime("%d/%m/%Y %H:%M")
    return f"{signature.name}, {at}"
