"""Is this record authentic? Answered for a file or a look-up code, for anybody.

An answer holds who issued and signed what and when. It never holds marks, comments
or anything else of the pupil.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from documents.canonical import content_digest
from documents.kinds import KINDS
from documents.models import (
    ISSUED_STATES,
    Artifact,
    LedgerEntry,
    Record,
    Signature,
    Version,
)

from ..signing.evidence import EvidenceSource
from ..verification.report import Report, SignatureReport
from ..verification.signatures import Slot
from ..verification.trust import TrustStore
from ..verification.verifier import verify_pdf
from .credentials import trust

AUTHENTIC, SUPERSEDED, UNKNOWN = "authentic", "superseded", "unknown"
SENTENCES: dict[str, Promise] = {
    "superseded": _(
        "The school has replaced or recalled this version. Ask for the current one."
    ),
    "not_registered": _(
        "The signatures are good, but this file is not in the register. "
        "Ask the school for the file that it issued."
    ),
    "code_unknown": _(
        "There is no record with this code. Compare its 32 characters with the paper."
    ),
    "not_issued": _("This record has not been issued yet. Ask the school."),
}


@dataclass(frozen=True)
class Reason:
    """A stable code, and a sentence that says what to do."""

    code: str
    sentence: Promise | str


@dataclass(frozen=True)
class SheetAnswer:
    """What the register says of one year sheet, in public."""

    verdict: str
    school_year: str
    issuer: str
    custodian: str
    state: str
    signatures: tuple[Signature, ...]
    locked_at: datetime | None
    superseded_at: datetime | None

    @cached_property
    def issued_at(self) -> datetime | None:
        times = [s.signed_at for s in self.signatures if s.certificate]
        return max(times, default=None)


@dataclass(frozen=True)
class Answer:
    """The verdict, why, on which sheets, and each signature found in the file."""

    verdict: str
    checked_at: datetime
    lookup_code: str = ""
    reasons: tuple[Reason, ...] = ()
    sheets: tuple[SheetAnswer, ...] = ()
    signatures: tuple[SignatureReport, ...] = ()
    file_sha256: str = ""


def verdict_of_code(code: str, at: datetime | None = None) -> Answer:
    """What the register says of the book with that code; hyphens and case are free."""
    at = at or timezone.now()
    lookup = parse_code(code)
    records = list(_public_records(lookup)) if lookup else []
    if lookup is None or not records:
        return Answer(UNKNOWN, at, code.strip(), _reasons("code_unknown"))
    sheets = tuple(answer for record in records if (answer := _sheet(record)))
    if not sheets:
        return Answer(UNKNOWN, at, lookup.hex, _reasons("not_issued"))
    # The newest sheet speaks for the book; each older one has its own line.
    verdict = sheets[0].verdict
    reasons = _reasons("superseded") if verdict == SUPERSEDED else ()
    return Answer(verdict, at, lookup.hex, reasons, sheets)


def verdict_of_file(
    data: bytes,
    at: datetime | None = None,
    *,
    store: TrustStore | None = None,
    source: EvidenceSource | None = None,
) -> Answer:
    """What a PDF proves by itself, and what the register says of it.

    ``store`` replaces the trust of this installation. Without ``source`` nothing
    leaves this machine; with it, services are asked where nothing else knows.
    """
    at = at or timezone.now()
    store = trust(at) if store is None else store
    report = verify_pdf(data, store, at, slots=required_slots(), source=source)
    if report.verdict != AUTHENTIC:
        reasons = tuple(Reason(r.value, r.sentence) for r in report.reasons)
        return _of_file(report, report.verdict.value, at, reasons=reasons)
    version = _version_of(report)
    if version is None:
        return _of_file(report, UNKNOWN, at, reasons=_reasons("not_registered"))
    sheet = _sheet_of_version(version)
    return _of_file(
        report,
        sheet.verdict,
        at,
        lookup_code=version.record.book.lookup_code,
        reasons=_reasons("superseded") if sheet.verdict == SUPERSEDED else (),
        sheets=(sheet,),
    )


def parse_code(text: str) -> UUID | None:
    """The look-up code in what somebody typed, or None."""
    digits = "".join(text.replace("-", "").split())
    if len(digits) != 32:
        return None
    try:
        return UUID(hex=digits)
    except ValueError:
        return None


def _of_file(
    report: Report,
    verdict: str,
    at: datetime,
    *,
    lookup_code: str = "",
    reasons: tuple[Reason, ...] = (),
    sheets: tuple[SheetAnswer, ...] = (),
) -> Answer:
    return Answer(
        verdict, at, lookup_code, reasons, sheets, report.signatures, report.sha256
    )


def _reasons(code: str) -> tuple[Reason, ...]:
    return (Reason(code, SENTENCES[code]),)


def required_slots() -> list[Slot]:
    """The signatures that every issued file carries."""
    codes = {slot.code for kind in KINDS.values() for slot in kind.slots if slot.in_pdf}
    return [Slot(code) for code in sorted(codes)]


def _version_of(report: Report) -> Version | None:
    """The version whose stored file this is, byte for byte."""
    artifact = (
        Artifact.objects.filter(sha256=report.sha256)
        .select_related("version__record__book", "version__record__issuer")
        .first()
    )
    if artifact is None or report.record is None:
        return None
    version = artifact.version
    kind = version.record.kind
    embedded = content_digest(kind, version.format_version, report.record)
    return version if embedded == version.sha256 else None


def _public_records(lookup: UUID) -> QuerySet[Record]:
    signatures = Signature.objects.order_by("pk")
    return (
        Record.objects.filter(book__code=lookup)
        .select_related("book", "issuer", "custodian", "current")
        .prefetch_related(Prefetch("current__signatures", queryset=signatures))
        .order_by("-school_year")
    )


def _sheet(record: Record) -> SheetAnswer | None:
    """The answer for a record; None when nothing of it was ever issued."""
    if record.state in ISSUED_STATES and record.current is not None:
        return _answer(record, record.current, AUTHENTIC)
    issued = Artifact.objects.filter(version__record=record).order_by("-pk").first()
    if issued is None:
        return None
    return _answer(record, issued.version, SUPERSEDED)


def _sheet_of_version(version: Version) -> SheetAnswer:
    record = version.record
    current = record.current_id == version.pk and record.state in ISSUED_STATES
    return _answer(record, version, AUTHENTIC if current else SUPERSEDED)


def _answer(record: Record, version: Version, verdict: str) -> SheetAnswer:
    return SheetAnswer(
        verdict=verdict,
        school_year=record.school_year,
        issuer=record.issuer.name,
        custodian=record.custodian.name,
        state=record.state,
        signatures=_signers(version.signatures.all()),
        locked_at=record.locked_at,
        superseded_at=_recalled_at(version) if verdict == SUPERSEDED else None,
    )


def _signers(
    signatures: Sequence[Signature] | QuerySet[Signature],
) -> tuple[Signature, ...]:
    """Those with a certificate: the teacher's sign-off is not public."""
    return tuple(signature for signature in signatures if signature.certificate)


def _recalled_at(version: Version) -> datetime | None:
    recalls = LedgerEntry.objects.filter(record=version.record_id, action="recall")
    of_it = [e for e in recalls if e.payload.get("version") == version.number]
    return of_it[-1].at if of_it else None
