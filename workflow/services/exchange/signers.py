"""Had those who signed elsewhere the right to it, there and then?

This register has no accounts of theirs. What it can know is what an authority has
written into a certificate, and whom it has itself entered as the head of a school. Of
teachers it knows nothing: the head signs over their signatures and answers for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils import timezone

from documents.exchange.records import Standing
from documents.models import Assignment, Role, Unit

from ...verification.report import SignatureReport

SEAL = "seal"


def signers_fault(
    standing: Iterable[Standing], signatures: Sequence[SignatureReport], issuer: Unit
) -> str:
    """Why the issuer could not have issued that; empty if it could.

    That the seal bears the tax code of the issuer the verifier has seen already.
    """
    for one, report in zip(standing, signatures, strict=True):
        # The verifier has found each of them good: a whole one states its time.
        on = timezone.localdate(report.signed_at)
        if one.slot.role == SEAL and not was_in_force(issuer, on):
            return "issuer_not_in_force"
        if one.slot.role == Role.HEAD and not is_head(report, issuer, on):
            return "head_without_office"
    return ""


def was_in_force(unit: Unit, on: date) -> bool:
    begins, ends = unit.valid_from or date.min, unit.valid_until or date.max
    return begins <= on <= ends


def is_head(report: SignatureReport, school: Unit, on: date) -> bool:
    """The certificate is a person's, and names the school; or this register has its
    holder as the head of it.
    """
    number = report.personal_number
    if not number:  # a seal is nobody's
        return False
    if school.tax_code and report.tax_code == school.tax_code:
        return True
    heads = Assignment.objects.in_force(on).filter(unit=school, role=Role.HEAD)
    return heads.filter(user__personal_number=number).exists()
