"""A verdict as a page that is read at arm's length.

Whoever holds the paper may compare it with the initials of the pupil, the school and
the year: enough to see that a code was copied to another child's paper, and nothing
that tells a stranger who the child is (docs/adr/0007-what-a-verdict-shows.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.models import Book, State
from workflow.services.evidence.handed_answers import hand
from workflow.services.evidence.reports import report_seal
from workflow.services.evidence.verdicts import Answer, SheetAnswer, What
from workflow.verification.report import SignatureReport

from .codes import in_fours

SHAPES = {State.SIGNED: "◑", State.LOCKED: "●", State.TRANSFERRED: "➜"}
RECALLED = "○"


@dataclass(frozen=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True)
class Signer:
    """``proven``: the time comes from a time-stamp, not from the signer's clock."""

    name: str
    office: str
    organisation: str
    signed_at: datetime
    proven: bool


@dataclass(frozen=True)
class VerdictPage:
    """``mark`` is the verdict's code: it chooses the shape and the colour."""

    mark: str
    headline: str
    lead: list[str]
    advice: list[str]
    signers: list[Signer]
    facts: list[Fact]
    technical: list[Fact]
    at: datetime
    report: str = ""
    # The answer itself, to be brought back for a report; a file is not kept here.
    handed: str = ""
    code: str = ""
    seal: str = ""


def of_code(answer: Answer) -> VerdictPage:
    """What the register says of a code that it knows."""
    sheet = answer.sheets[0]
    advice = [str(reason.sentence) for reason in answer.reasons]
    if answer.verdict == "authentic":
        advice.append(_of_paper())
    return VerdictPage(
        mark=answer.verdict,
        headline=_headline_of_sheet(
            sheet, _("This code belongs to an official record.")
        ),
        lead=_lead(sheet),
        advice=advice,
        signers=_signers(sheet),
        facts=_facts(answer),
        technical=_technical(answer),
        at=answer.checked_at,
        report=reverse("api-v1:verify_code", args=[answer.lookup_code]),
        code=answer.lookup_code,
        seal=_seal(),
    )


def of_file(answer: Answer) -> VerdictPage:
    """What a file proves, and what the register says of it."""
    sheet = _speaking(answer)
    return VerdictPage(
        mark=answer.verdict,
        headline=_headline_of_file(answer, sheet),
        lead=_lead(sheet) if sheet else [],
        advice=[str(reason.sentence) for reason in answer.reasons],
        signers=_signers(sheet) if sheet else [],
        facts=_facts(answer) if sheet else [],
        technical=_technical(answer),
        at=answer.checked_at,
        handed=hand(answer),
        seal=_seal(),
    )


def masked(name: str) -> str:
    """``Nguyễn Thị Hoà`` → ``N. T. H***``: neither the name nor its length."""
    words = name.split()
    initials = [f"{word[0]}." for word in words[:-1]]
    return " ".join([*initials, f"{words[-1][0]}***"]) if words else "***"


def _speaking(answer: Answer) -> SheetAnswer | None:
    """The sheet that the headline is about: of many the first that was replaced."""
    replaced = [one for one in answer.sheets if one.verdict != "authentic"]
    return next(iter([*replaced, *answer.sheets]), None)


def _seal() -> str:
    unit = report_seal()
    return unit.name if unit else ""


def _headline_of_file(answer: Answer, sheet: SheetAnswer | None) -> str:
    if answer.what is What.PACKAGE and answer.verdict == "authentic":
        return _("Every record in this packet is official and has not been changed.")
    if sheet is not None:
        return _headline_of_sheet(
            sheet, _("This record is official and has not been changed.")
        )
    if answer.what is What.RECEIPT and answer.verdict == "authentic":
        return _("This receipt is genuine and has not been changed.")
    return {
        "altered": _("This file was changed after it was signed. Do not use it."),
        "unreadable": _("This file cannot be read."),
    }.get(answer.verdict, _("This file cannot be confirmed."))


def _headline_of_sheet(sheet: SheetAnswer, good: str) -> str:
    if sheet.verdict == "authentic":
        return good
    if sheet.superseded_at is None:
        return _("This version has been replaced.")
    return _("This version was withdrawn on %(date)s.") % {
        "date": _day(sheet.superseded_at)
    }


def _lead(sheet: SheetAnswer) -> list[str]:
    lines = [_issue(sheet)]
    if sheet.custodian != sheet.issuer:
        kept = _("It is now kept by %(school)s.")
        lines.append(kept % {"school": sheet.custodian})
    return lines


def _issue(sheet: SheetAnswer) -> str:
    if sheet.verdict != "authentic":
        # The day of the lock is that of the version which came after this one.
        text, moment = _("It was issued by %(school)s on %(date)s."), sheet.issued_at
    elif sheet.locked_at:
        text = _("Issued by %(school)s, in effect since %(date)s.")
        moment = sheet.locked_at
    else:
        text, moment = _not_yet_in_effect(), sheet.issued_at
    return text % {"school": sheet.issuer, "date": _day(moment) if moment else "–"}


def _not_yet_in_effect() -> str:
    return _(
        "Issued by %(school)s on %(date)s. Not yet in effect: "
        "until the department locks it the school may still withdraw it."
    )


def _of_paper() -> str:
    return _(
        "A code says that the record exists, not that the paper is unchanged. "
        "Compare the lines below with it; to be sure, check the PDF file as well."
    )


def _signers(sheet: SheetAnswer) -> list[Signer]:
    return [
        Signer(
            name=signature.name,
            office=signature.office,
            organisation=signature.organisation,
            signed_at=signature.signed_at,
            proven=signature.time_source == "tsa",
        )
        for signature in sheet.signatures
    ]


def _facts(answer: Answer) -> list[Fact]:
    if not answer.lookup_code:
        count = len(answer.sheets)
        text = ngettext("%(count)d record", "%(count)d records", count)
        return [Fact(_("In the packet"), text % {"count": count})]
    years = [Fact(_year(sheet), _year_line(sheet)) for sheet in answer.sheets]
    return [
        Fact(_("Initials of the pupil"), _initials(answer.lookup_code)),
        Fact(_("Code"), in_fours(answer.lookup_code)),
        *years,
    ]


def _year(sheet: SheetAnswer) -> str:
    return _("School year %(year)s") % {"year": sheet.school_year}


def _year_line(sheet: SheetAnswer) -> str:
    """One year of the book: the school, and its state as a shape and a word."""
    if sheet.verdict != "authentic":
        return _with_state(sheet, RECALLED, _("withdrawn"))
    state = State(sheet.state)
    return _with_state(sheet, SHAPES[state], str(state.label))


def _with_state(sheet: SheetAnswer, shape: str, word: str) -> str:
    """Shape and word stay on one line."""
    words = f"{shape} {capfirst(word)}".replace(" ", "\N{NO-BREAK SPACE}")
    return f"{sheet.issuer} · {words}"


def _initials(code: str) -> str:
    name = Book.objects.filter(code=code).values_list("pupil__name", flat=True).first()
    return masked(name or "")


def _technical(answer: Answer) -> list[Fact]:
    facts = [Fact(_("Verdict"), answer.verdict)]
    facts += [Fact(_("Reason"), reason.code) for reason in answer.reasons]
    if answer.file_sha256:
        facts.append(Fact(_("SHA-256 of the file"), answer.file_sha256))
    return facts + [_signature_fact(one) for one in answer.signatures]


def _signature_fact(report: SignatureReport) -> Fact:
    """In the words of EN 319 102-1; the signer's personal number stays out."""
    parts = [
        report.signer,
        report.organisation,
        f"{report.signed_at:%Y-%m-%dT%H:%M:%S%z}" if report.signed_at else "",
        str(report.time_source or ""),
        report.level,
        report.indication,
        report.sub_indication,
        *(reason.value for reason in report.reasons),
    ]
    label = _("Signature “%(field)s”") % {"field": report.field}
    return Fact(label, " · ".join(filter(None, dict.fromkeys(parts))))


def _day(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%d/%m/%Y")
