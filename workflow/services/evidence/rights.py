"""Had this person the right to sign, there and then? Asked of the register."""

from __future__ import annotations

from enum import StrEnum

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from documents.exchange.standing import role_of
from documents.models import Assignment, Record, Role, Signature


class Wrong(StrEnum):
    """Stable codes: why a signature is that of somebody without the right."""

    NOBODY = "signer_unknown"
    NO_ROLE = "signer_without_role"

    @property
    def sentence(self) -> Promise:
        return SENTENCES[self]


SENTENCES: dict[Wrong, Promise] = {
    Wrong.NOBODY: _(
        "The register does not know who gave this signature. Tell the department."
    ),
    Wrong.NO_ROLE: _(
        "When this was signed, the signer did not hold that office at the school. "
        "Ask the school who signed and why."
    ),
}


def had_right(signature: Signature) -> Wrong | None:
    """None if the signer held the office of the slot at the school on that day.

    The seal is applied by the head. A row is signed by a teacher of each of its
    subjects, or by the class teacher where no subject teacher was assigned.
    """
    if signature.signer_id is None:
        return Wrong.NOBODY
    role = role_of(signature)
    record = signature.version.record
    held = _held(signature, record)
    if role == Role.SUBJECT_TEACHER:
        return _right_to_rows(signature, record, held)
    wanted = Role.HEAD if role == "seal" else role
    return None if wanted in {one.role for one in held} else Wrong.NO_ROLE


def _held(signature: Signature, record: Record) -> list[Assignment]:
    """What the signer held that day at the issuer, of teachers: in that class."""
    on = timezone.localdate(signature.signed_at)
    held = Assignment.objects.in_force(on).filter(
        user=signature.signer_id, unit=record.issuer_id
    )
    return [
        one for one in held if one.school_class_id in (None, record.school_class_id)
    ]


def _right_to_rows(
    signature: Signature, record: Record, held: list[Assignment]
) -> Wrong | None:
    own = {one.subject for one in held if one.role == Role.SUBJECT_TEACHER}
    leads = any(one.role == Role.CLASS_TEACHER for one in held)
    on = timezone.localdate(signature.signed_at)
    assigned = set(
        Assignment.objects.in_force(on)
        .filter(role=Role.SUBJECT_TEACHER, school_class=record.school_class_id)
        .values_list("subject", flat=True)
    )
    for part in signature.parts:
        if part not in own and not (leads and part not in assigned):
            return Wrong.NO_ROLE
    return None
