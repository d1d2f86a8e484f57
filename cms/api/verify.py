"""The verdict on a code as data, for anybody."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from ninja import Router, Schema
from ninja.decorators import decorate_view
from ninja.errors import Throttled

from cms.portal.codes import read_code
from cms.portal.limits import CODES, client_address
from workflow.services.evidence.verdicts import Answer, SheetAnswer, verdict_of_code

from .problems import BadRequest, Problem
from .schemas import SignatureOut, signature_of

router = Router(tags=["verification"])


class ReasonOut(Schema):
    """``code`` is stable; ``sentence`` is in the reader's language."""

    code: str
    sentence: str


class SheetOut(Schema):
    verdict: str
    year: str
    issuer: str
    custodian: str
    state: str
    issued_at: datetime | None
    locked_at: datetime | None
    superseded_at: datetime | None
    signatures: list[SignatureOut]


class VerdictOut(Schema):
    """``verdict``: authentic, superseded or unknown; the newest year speaks."""

    code: str
    verdict: str
    checked_at: datetime
    reasons: list[ReasonOut]
    sheets: list[SheetOut]


@router.get(
    "/verify/{code}",
    auth=None,
    response={200: VerdictOut, 400: Problem, 429: Problem},
    operation_id="verify_code",
    url_name="verify_code",
    summary="Check a look-up code",
)
@decorate_view(never_cache)
def verify_code(request: HttpRequest, code: str) -> VerdictOut:
    """Who issued and signed which years. Never a name of a pupil, mark or comment."""
    if wait := CODES.take(client_address(request)):
        raise Throttled(wait=wait)
    lookup = read_code(code).code
    if not lookup:
        raise BadRequest("invalid_code", _("A look-up code has 32 hexadecimal digits."))
    return _verdict(verdict_of_code(lookup))


def _verdict(answer: Answer) -> VerdictOut:
    return VerdictOut(
        code=answer.lookup_code,
        verdict=answer.verdict,
        checked_at=answer.checked_at,
        reasons=[
            ReasonOut(code=reason.code, sentence=str(reason.sentence))
            for reason in answer.reasons
        ],
        sheets=[_sheet(sheet) for sheet in answer.sheets],
    )


def _sheet(sheet: SheetAnswer) -> SheetOut:
    return SheetOut(
        verdict=sheet.verdict,
        year=sheet.school_year,
        issuer=sheet.issuer,
        custodian=sheet.custodian,
        state=sheet.state,
        issued_at=sheet.issued_at,
        locked_at=sheet.locked_at,
        superseded_at=sheet.superseded_at,
        signatures=[signature_of(signature) for signature in sheet.signatures],
    )
