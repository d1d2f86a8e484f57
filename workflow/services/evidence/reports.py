"""A verdict on paper: the answer as a PDF, with the seal of the unit that gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from documents.errors import RecordsError
from documents.models import Unit
from documents.rendering import (
    SIGNATURE_SIZE,
    ReportInput,
    Row,
    Section,
    render_report,
    render_stamp,
)

from ...signing.pades import sign_pdf
from ...verification.etsi import validation_report
from ...verification.report import SignatureReport, TimeSource
from ..keys import credentials
from ..keys.providers import answers_alone
from .verdicts import Answer, SheetAnswer

logger = structlog.get_logger(__name__)

# The typeface of the form has the letters of these languages.
LANGUAGES = ("vi", "en")


@dataclass(frozen=True)
class Written:
    """A report as PDF, and whose seal it bears; without one it says so itself."""

    pdf: bytes
    sealed_by: Unit | None


def report_seal() -> Unit | None:
    """The unit whose seal reports bear, by REPORT_SEAL; None where there is none.

    A key whose holder would be asked each time cannot be: anybody may want a report.
    """
    if not settings.REPORT_SEAL:
        return None
    unit: Unit | None = Unit.objects.filter(code=settings.REPORT_SEAL).first()
    key = unit and unit.credentials.filter(is_active=True).first()
    return unit if key and answers_alone(key) else None


def write_report(
    answer: Answer, *, at: datetime | None = None, language: str = "vi"
) -> Written:
    """The answer as PDF, sealed if the operator has named a seal and it can be set.

    Without a seal the report says so, and where to repeat the check.
    """
    at = at or timezone.now()
    if unit := report_seal():
        try:
            pdf = signed_report(answer, unit=unit, at=at, language=language)
        except RecordsError as error:
            logger.warning("report_not_sealed", unit=unit.code, error=error.code)
        else:
            return Written(pdf, unit)
    return Written(unsigned_report(answer, at=at, language=language), None)


def unsigned_report(answer: Answer, *, at: datetime, language: str = "vi") -> bytes:
    """The answer as PDF/A-3a that nobody vouches for, and that says so."""
    with override(language if language in LANGUAGES else "vi"):
        plain = _input(answer, settings.SITE_URL, at)
        note = _(
            "Nobody has sealed this report, so it proves nothing by itself. To be "
            "sure, repeat the check at %(address)s."
        ) % {"address": f"{settings.SITE_URL}/verify/"}
        label = _("No seal")
        return render_report(
            replace(plain, advice=(*plain.advice, note), seal_label=label)
        )


def report_data(answer: Answer) -> dict[str, Any]:
    """The same for programs: ETSI TS 119 102-2, and beside it what that has not."""
    report = validation_report(
        sha256=answer.file_sha256,
        verdict=answer.verdict,
        reasons=[reason.code for reason in answer.reasons],
        signatures=answer.signatures,
        at=answer.checked_at,
    )
    return report | {
        "LookUpCode": answer.lookup_code,
        "CheckedAt": answer.checked_at.isoformat(),
        "Sentences": [str(reason.sentence) for reason in answer.reasons],
        "Register": [
            {
                "Verdict": sheet.verdict,
                "SchoolYear": sheet.school_year,
                "Issuer": sheet.issuer,
                "Custodian": sheet.custodian,
                "InEffectSince": sheet.locked_at and sheet.locked_at.isoformat(),
                "ReplacedAt": sheet.superseded_at and sheet.superseded_at.isoformat(),
            }
            for sheet in answer.sheets
        ],
    }


def signed_report(
    answer: Answer, *, unit: Unit, at: datetime | None = None, language: str = "vi"
) -> bytes:
    """The answer as PDF/A-3a, sealed by ``unit`` and made to last (B-LTA).

    It names who signed and what was found, and nothing else of the pupil. Any other
    ``language`` than those of LANGUAGES gives Vietnamese. Raises what
    ``credentials.signer_of`` and ``Keeper.complete`` raise.
    """
    at = at or timezone.now()
    provider, certificate = credentials.signer_of(unit, at=at)
    keeper = credentials.keeper(at)
    with override(language if language in LANGUAGES else "vi"):
        pdf = render_report(_input(answer, unit.name, at))
        reason = _("Result of a check")
        moment = _("Signed at: %(time)s") % {"time": _time(at)}
    lines = list(dict.fromkeys([certificate.name, certificate.organisation]))
    signed = sign_pdf(
        pdf,
        field="seal",
        provider=provider,
        stamp_pdf=render_stamp([*filter(None, lines), moment], *SIGNATURE_SIZE),
        reason=reason,
        location=unit.place,
        at=at,
        timestamper=keeper.timestamper,
    )
    return keeper.complete(signed, at=at)


def _input(answer: Answer, issuer: str, at: datetime) -> ReportInput:
    verdicts = {
        "authentic": _("The record is authentic."),
        "superseded": _("The record was authentic and has been replaced."),
        "altered": _("The file was altered. Do not accept it."),
        "unknown": _("It cannot be said whether the record is authentic."),
        "unreadable": _("The file cannot be read."),
    }
    return ReportInput(
        language=get_language() or "vi",
        title=_("Result of checking a school record"),
        verdict=verdicts[answer.verdict],
        advice=tuple(str(reason.sentence) for reason in answer.reasons),
        sections=tuple(_sections(answer)),
        issuer=issuer,
        seal_label=_("Seal of the unit that has checked"),
        created_at=at,
        data=report_data(answer),
    )


def _sections(answer: Answer) -> Iterator[Section]:
    facts = [
        Row(_("Checked at"), _time(answer.checked_at)),
        Row(_("Look-up code"), answer.lookup_code),
        Row(_("SHA-256 of the file"), answer.file_sha256),
        Row(_("Reasons"), ", ".join(reason.code for reason in answer.reasons)),
    ]
    yield Section(_("The check"), tuple(row for row in facts if row.text))
    for sheet in answer.sheets:
        yield Section(_("In the register"), tuple(_sheet(sheet)))
    for one in answer.signatures:
        title = _("Signature “%(field)s”") % {"field": one.field}
        yield Section(title, tuple(row for row in _signature(one) if row.text))


def _sheet(sheet: SheetAnswer) -> Iterator[Row]:
    yield Row(_("School year"), sheet.school_year)
    yield Row(_("Issued by"), sheet.issuer)
    yield Row(_("Kept by"), sheet.custodian)
    if sheet.locked_at:
        yield Row(_("In effect since"), _time(sheet.locked_at))
    if sheet.superseded_at:
        yield Row(_("Replaced at"), _time(sheet.superseded_at))


def _signature(one: SignatureReport) -> Iterator[Row]:
    """Who, in what office, when and how that is known, whole or not, trusted or not."""
    proven = one.time_source is TimeSource.TIMESTAMP
    yield Row(_("Signer"), one.signer)
    yield Row(_("Office"), one.office)
    yield Row(_("Organisation"), one.organisation)
    yield Row(_("Time"), _time(one.signed_at) if one.signed_at else "")
    source = _("by a time-stamp") if proven else _("by the signer’s own clock")
    yield Row(_("How the time is known"), source)
    yield Row(_("Intact"), _("yes") if one.intact else _("no"))
    trusted = f"{_('yes')} {one.trust_store}".strip()
    yield Row(_("Trusted"), trusted if one.trusted else _("no"))
    yield Row(_("Level"), one.level)
    status = " ".join(filter(None, (one.indication, one.sub_indication)))
    yield Row("EN 319 102-1", status)
    yield Row(_("Reasons"), ", ".join(reason.value for reason in one.reasons))


def _time(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%d/%m/%Y %H:%M:%S")
