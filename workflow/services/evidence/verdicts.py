"""Is this record authentic? Answered for a file or a look-up code, for anybody.

An answer holds who issued and signed what and when. It never holds marks, comments
or anything else of the pupil.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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

from ...signing.evidence import EvidenceSource
from ...verification.files import pdf_slots, verify_file
from ...verification.report import Report, SignatureReport
from ...verification.signatures import Slot
from ...verification.trust import TrustStore
from ...verification.xml import PackageReport, ReceiptReport
from ..keys.credentials import trust
from .rights import had_right

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
    "stored_file_missing": _(
        "The file of this record is missing from the store. Do not rely on the answer; "
        "tell the administrator, who has the copies."
    ),
    "stored_file_altered": _(
        "The stored file of this record is not the one that was issued. Do not hand "
        "it out; tell the administrator, who has the copies."
    ),
    "store_unavailable": _(
        "The store of files does not answer, so the file was not checked. Try later."
    ),
}


@dataclass(frozen=True)
class Reason:
    """A stable code, and a sentence that says what to do."""

    code: str
    sentence: Promise | str


class What(StrEnum):
    """What was brought to be checked."""

    RECORD = "record"
    PACKAGE = "package"
    RECEIPT = "receipt"


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
    version_id: int = 0

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
    what: What = What.RECORD


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
    """What a PDF or a packet proves by itself, and what the register says of it.

    ``store`` replaces the trust of this installation. Without ``source`` nothing
    leaves this machine; with it, services are asked where nothing else knows.
    """
    at = at or timezone.now()
    store = trust(at) if store is None else store
    slots = issued_slots()
    report = verify_file(data, store, at, source=source, packet_slots=slots)
    if report.verdict != AUTHENTIC:
        reasons = tuple(Reason(r.value, r.sentence) for r in report.reasons)
        return _of_file(report, report.verdict.value, at, reasons=reasons)
    if isinstance(report, ReceiptReport):
        # Whoever received has said so; the register of this place need not know.
        return _of_file(report, AUTHENTIC, at)
    versions = _versions_of(report)
    if not versions:
        return _of_file(report, UNKNOWN, at, reasons=_reasons("not_registered"))
    if wrong := _without_right(versions):
        return _of_file(report, UNKNOWN, at, reasons=wrong)
    sheets = tuple(map(_sheet_of_version, versions))
    replaced = any(sheet.verdict == SUPERSEDED for sheet in sheets)
    return _of_file(
        report,
        SUPERSEDED if replaced else AUTHENTIC,
        at,
        lookup_code=_code_of(versions),
        reasons=_reasons("superseded") if replaced else (),
        sheets=sheets,
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
        verdict,
        at,
        lookup_code,
        reasons,
        sheets,
        report.signatures,
        report.sha256,
        _what(report),
    )


def _what(report: Report) -> What:
    if isinstance(report, ReceiptReport):
        return What.RECEIPT
    return What.PACKAGE if isinstance(report, PackageReport) else What.RECORD


def _reasons(code: str) -> tuple[Reason, ...]:
    return (Reason(code, SENTENCES[code]),)


def reason_named(code: str) -> Reason:
    """A reason of the register, by its code."""
    return Reason(code, SENTENCES[code])


def required_slots() -> list[Slot]:
    """The signatures that every issued PDF carries."""
    return pdf_slots()


def issued_slots() -> list[Slot]:
    """The signatures without which no packet is issued here: those of the PDF.

    A teacher without a key signs off in the workspace; the register knows of that, and
    a packet counts only when the register has it, byte for byte.
    """
    return [
        Slot(slot.code)
        for kind in KINDS.values()
        for packet_format in kind.packets.values()
        for slot in packet_format.slots
        if slot.role in {one.code for one in kind.slots if one.in_pdf}
    ]


def _versions_of(report: Report) -> list[Version]:
    """The versions whose stored files these are; none unless all of them are."""
    parts = report.records if isinstance(report, PackageReport) else (report,)
    digests = [part.sha256 for part in parts]
    known = {
        artifact.sha256: artifact.version
        for artifact in Artifact.objects.filter(sha256__in=digests).select_related(
            "version__record__book",
            "version__record__issuer",
            "version__record__custodian",
        )
    }
    found = [known.get(part.sha256) for part in parts]
    pairs = zip(found, parts, strict=True)
    if not all(version and _holds(version, part) for version, part in pairs):
        return []
    return [version for version in found if version]


def _without_right(versions: Sequence[Version]) -> tuple[Reason, ...]:
    """Why a signature is not that of a person with the right to it; empty if all are.

    Asked of one record: a package is asked about record by record when it comes in. Who
    signed elsewhere is known to the register of that place alone.
    """
    if len(versions) != 1:
        return ()
    own = versions[0].signatures.exclude(signer=None)
    rows = own.select_related("version__record").order_by("pk")
    found = dict.fromkeys(wrong for row in rows if (wrong := had_right(row)))
    return tuple(Reason(wrong.value, wrong.sentence) for wrong in found)


def _holds(version: Version, report: Report) -> bool:
    """Whether the data in the file is the content of that version."""
    if report.record is None:
        return False
    kind = version.record.kind
    embedded = content_digest(kind, version.format_version, report.record)
    return embedded == version.sha256


def _code_of(versions: Sequence[Version]) -> str:
    """The look-up code, where all are of one book."""
    codes = {version.record.book.lookup_code for version in versions}
    return codes.pop() if len(codes) == 1 else ""


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
        version_id=version.pk,
    )


def _signers(
    signatures: Sequence[Signature] | QuerySet[Signature],
) -> tuple[Signature, ...]:
    """Those of the printed form: which teachers signed what is not public."""
    printed = {slot.field for slot in required_slots()}
    return tuple(signature for signature in signatures if signature.slot in printed)


def _recalled_at(version: Version) -> datetime | None:
    recalls = LedgerEntry.objects.filter(
        record=version.record_id, action__in=("recall", "receive_recall")
    )
    of_it = [e for e in recalls if e.payload.get("version") == version.number]
    return of_it[-1].at if of_it else None
