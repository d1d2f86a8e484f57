"""An answer that its reader takes along and brings back to have it written up.

Files that are checked are not kept, so the answer about one is handed to the reader,
under this site's own signature: what comes back is what was handed out, or nothing.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from ...errors import WorkflowError
from ...verification.reasons import Reason as FileReason
from ...verification.report import Coverage, SignatureReport, TimeSource
from .verdicts import Answer, Reason, SheetAnswer, What, reason_named

SALT = "hocba.answer.1"
LASTS = timedelta(hours=1)
# Of more a page cannot carry the answer: a package is better checked by the command.
MOST_SIGNATURES = 200
SHEET_FIELDS = ("verdict", "school_year", "issuer", "custodian", "state")


class AnswerLapsed(WorkflowError):
    code = "answer_lapsed"
    user_message = _("This check is too long ago. Check the file again.")


def hand(answer: Answer) -> str:
    """The answer as text that only this site can have written; "" if it is too long."""
    if len(answer.signatures) > MOST_SIGNATURES:
        return ""
    return signing.dumps(_plain(answer), salt=SALT, compress=True)


def take_back(text: str) -> Answer:
    """What ``hand`` gave within the last hour. Raises AnswerLapsed."""
    try:
        plain = signing.loads(text, salt=SALT, max_age=LASTS)
    except signing.BadSignature as error:
        raise AnswerLapsed from error
    return Answer(
        verdict=plain["verdict"],
        checked_at=datetime.fromisoformat(plain["checked_at"]),
        lookup_code=plain["lookup_code"],
        reasons=tuple(map(_reason, plain["reasons"])),
        sheets=tuple(map(_sheet, plain["sheets"])),
        signatures=tuple(map(_signature, plain["signatures"])),
        file_sha256=plain["file_sha256"],
        what=What(plain["what"]),
    )


def _plain(answer: Answer) -> dict[str, Any]:
    return {
        "verdict": answer.verdict,
        "checked_at": answer.checked_at.isoformat(),
        "lookup_code": answer.lookup_code,
        "reasons": [reason.code for reason in answer.reasons],
        "sheets": [_plain_sheet(sheet) for sheet in answer.sheets],
        "signatures": [
            asdict(one) | {"signed_at": _iso(one.signed_at)}
            for one in answer.signatures
        ],
        "file_sha256": answer.file_sha256,
        "what": answer.what.value,
    }


def _plain_sheet(sheet: SheetAnswer) -> dict[str, Any]:
    plain: dict[str, Any] = {name: getattr(sheet, name) for name in SHEET_FIELDS}
    return plain | {
        "locked_at": _iso(sheet.locked_at),
        "superseded_at": _iso(sheet.superseded_at),
    }


def _sheet(plain: dict[str, Any]) -> SheetAnswer:
    return SheetAnswer(
        **{name: plain[name] for name in SHEET_FIELDS},
        signatures=(),
        locked_at=_moment(plain["locked_at"]),
        superseded_at=_moment(plain["superseded_at"]),
    )


def _signature(plain: dict[str, Any]) -> SignatureReport:
    known = {one.name for one in fields(SignatureReport)}
    values = {name: value for name, value in plain.items() if name in known}
    source = plain["time_source"]
    return SignatureReport(
        **values
        | {
            "signed_at": _moment(plain["signed_at"]),
            "time_source": TimeSource(source) if source else None,
            "coverage": Coverage(plain["coverage"]),
            "reasons": tuple(map(FileReason, plain["reasons"])),
            "parts": tuple(plain["parts"]),
        }
    )


def _reason(code: str) -> Reason:
    if code in list(FileReason):
        return Reason(code, FileReason(code).sentence)
    return reason_named(code)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None
