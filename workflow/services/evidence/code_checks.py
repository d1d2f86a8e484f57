"""A code checked to the last byte: the register, and the stored files behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone

from documents import storage
from documents.kinds import KINDS
from documents.kinds.packets import Coverage
from documents.models import Artifact, Signature, Version
from documents.models.signatures import Purpose
from documents.storage import FileAltered, FileMissing, StorageUnavailable

from ...signing.evidence import EvidenceSource
from ...verification.files import verify_file
from ...verification.reasons import Verdict
from ...verification.report import Report, SignatureReport
from ...verification.trust import TrustStore
from ..effective import newest_file
from ..keys.credentials import trust
from .verdicts import (
    Answer,
    Reason,
    issued_slots,
    reason_named,
    required_slots,
    verdict_of_code,
)

# What the register says and no signature in a stored file confirms (EN 319 102-1).
UNCONFIRMED = ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
WORST = (Verdict.UNREADABLE, Verdict.ALTERED, Verdict.UNKNOWN)


@dataclass(frozen=True)
class SlotCheck:
    """One signature by the register, and what the stored file proves of it."""

    row: Signature
    found: SignatureReport | None

    def as_json(self) -> dict[str, Any]:
        """``slot`` to ``signed_at`` are the register's, the rest is the file's."""
        found = self.found
        indication, detail = UNCONFIRMED
        if found:
            indication, detail = found.indication, found.sub_indication
        return {
            "slot": self.row.slot,
            "signer": self.row.name,
            "organisation": self.row.organisation,
            "signed_at": self.row.signed_at.isoformat(),
            "field": found.field if found else "",
            "time_source": found.time_source if found else None,
            "level": found.level if found else "",
            "indication": indication,
            "sub_indication": detail,
            "school_year": self.row.version.record.school_year,
        }


@dataclass(frozen=True)
class CodeCheck:
    """The answer about a code, with the worst that any stored file adds to it."""

    answer: Answer
    slots: tuple[SlotCheck, ...]


def check_code(
    code: str,
    at: datetime | None = None,
    *,
    store: TrustStore | None = None,
    source: EvidenceSource | None = None,
) -> CodeCheck:
    """As ``verdict_of_code``; and the newest files of each sheet are judged as well.

    A file that is missing, altered or not authentic makes the whole answer so. Only
    the signatures of the form are told. Takes tens of milliseconds for each sheet.
    """
    at = at or timezone.now()
    answer = verdict_of_code(code, at)
    judge = partial(
        verify_file,
        trust=trust(at) if store is None else store,
        at=at,
        source=source,
        packet_slots=issued_slots(),
    )
    reports: list[Report] = []
    slots: list[SlotCheck] = []
    reasons = list(answer.reasons)
    for version in _versions(answer):
        files, faults = _read(version)
        judged = list(map(judge, files))
        reports += judged
        reasons += faults
        slots += _slots(version, judged)
    return CodeCheck(_worsened(answer, reasons, reports), tuple(slots))


def _read(version: Version) -> tuple[list[bytes], list[Reason]]:
    """The stored files, and why one of them could not be read."""
    files: list[bytes] = []
    faults: list[Reason] = []
    for artifact in _files(version):
        try:
            files.append(storage.get(artifact.sha256))
        except (FileMissing, StorageUnavailable) as error:
            faults.append(reason_named(_code_of(error)))
    return files, faults


def _versions(answer: Answer) -> list[Version]:
    keys = [sheet.version_id for sheet in answer.sheets]
    found = Version.objects.select_related("record").in_bulk(keys)
    return [found[key] for key in keys]


def _files(version: Version) -> list[Artifact]:
    """The PDF that is given out, and the packet with all signatures over the data."""
    packet = version.artifacts.filter(purpose=Purpose.PACKET).first()
    return [one for one in (newest_file(version), packet) if one]


def _slots(version: Version, judged: list[Report]) -> Iterator[SlotCheck]:
    """PDF first: of a slot that is in both, the pages' signature is shown."""
    found: dict[str, SignatureReport] = {}
    roles = _roles(version)
    for report in judged:
        for one in report.signatures:
            found.setdefault(_slot_of(one, roles), one)
    rows = version.signatures.filter(slot__in=_printed()).order_by("pk")
    for row in rows.select_related("version__record"):
        yield SlotCheck(row, found.get(row.slot))


def _printed() -> set[str]:
    """The slots of the form; which teachers signed what is not public."""
    return {slot.field for slot in required_slots()}


def _roles(version: Version) -> dict[str, tuple[str, bool]]:
    """Of each slot of the packet: its role, and whether it is over parts."""
    kind = KINDS[version.record.kind]
    packet = kind.packets.get(version.format_version)
    return {
        slot.code: (slot.role, slot.covers is Coverage.PART)
        for slot in (packet.slots if packet else ())
    }


def _slot_of(one: SignatureReport, roles: dict[str, tuple[str, bool]]) -> str:
    role, over_parts = roles.get(one.field, (one.field, False))
    return f"{role}.{one.parts[0]}" if over_parts and one.parts else role


def _code_of(error: FileMissing | StorageUnavailable) -> str:
    if isinstance(error, StorageUnavailable):
        return "store_unavailable"
    altered = isinstance(error, FileAltered)
    return "stored_file_altered" if altered else "stored_file_missing"


def _worsened(answer: Answer, reasons: list[Reason], reports: list[Report]) -> Answer:
    """The register's verdict stands only where the files bear it out."""
    verdicts = {report.verdict for report in reports}
    codes = {reason.code for reason in reasons}
    if "stored_file_altered" in codes:
        verdicts.add(Verdict.ALTERED)
    if codes & {"stored_file_missing", "store_unavailable"}:
        verdicts.add(Verdict.UNKNOWN)
    verdict = next((one.value for one in WORST if one in verdicts), answer.verdict)
    shown = _printed() | {slot.field for slot in issued_slots()}
    found = {
        reason.value: Reason(reason.value, reason.sentence)
        for report in reports
        for reason in report.reasons
    }
    return replace(
        answer,
        verdict=verdict,
        reasons=(*dict.fromkeys(reasons), *found.values()),
        signatures=tuple(
            one for report in reports for one in report.signatures if one.field in shown
        ),
    )
