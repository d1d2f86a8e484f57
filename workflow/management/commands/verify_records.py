from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext_lazy as _

from workflow.management.selection import WRONG_USE, as_json
from workflow.services.evidence.code_checks import check_code
from workflow.services.evidence.verdicts import (
    AUTHENTIC,
    Answer,
    parse_code,
    verdict_of_file,
)
from workflow.signing.evidence import EvidenceSource, OnlineEvidence
from workflow.verification.reasons import Reason
from workflow.verification.trust import TrustStore, TrustUnreadable

TRUST_HELP = "trust only the certificates in this folder"
# A record has some hundred kilobytes; a file beyond this is not read.
LARGEST = 50 * 1024 * 1024
UNREAD = {
    "too_large": Reason.TOO_LARGE.sentence,
    "file_not_found": _("There is no such file. Compare the name, or give a code."),
}


class Command(BaseCommand):
    help = (
        "Say of each PDF, packet (XML) or look-up code whether it is authentic; exit 1 "
        "if one is not. Of a code the stored files are judged as well."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH_OR_CODE")
        parser.add_argument("--trust", type=Path, metavar="DIR", help=TRUST_HELP)
        parser.add_argument("--offline", action="store_true", help="ask no service")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        store = _store(options["trust"])
        source = None if options["offline"] else OnlineEvidence()
        rows = [_row(path, store, source) for path in options["paths"]]
        if options["as_json"]:
            self.stdout.write(as_json(rows))
        else:
            for row in rows:
                reasons = " ".join(row["reasons"])
                self.stdout.write(f"{row['verdict']}\t{row['path']}\t{reasons}")
        if any(row["verdict"] != AUTHENTIC for row in rows):
            raise SystemExit(1)


def _store(folder: Path | None) -> TrustStore | None:
    """The anchors in a folder; None for those of this installation."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder.", returncode=WRONG_USE)
    try:
        return TrustStore.from_directory(folder)
    except TrustUnreadable as error:
        raise CommandError(str(error), returncode=WRONG_USE) from error


def _row(
    path: str, store: TrustStore | None, source: EvidenceSource | None
) -> dict[str, Any]:
    file = Path(path)
    if file.is_file() or parse_code(path) is None:
        return _of_file(path, file, store, source)
    checked = check_code(path, store=store, source=source)
    return _answer(path, checked.answer, [one.as_json() for one in checked.slots])


def _of_file(
    path: str, file: Path, store: TrustStore | None, source: EvidenceSource | None
) -> dict[str, Any]:
    try:
        if file.stat().st_size > LARGEST:
            return _unreadable(path, "too_large")
        data = file.read_bytes()
    except OSError:
        return _unreadable(path, "file_not_found")
    answer = verdict_of_file(data, store=store, source=source)
    return _answer(path, answer, [s.as_json() for s in answer.signatures])


def _answer(path: str, answer: Answer, signatures: list[Any]) -> dict[str, Any]:
    return {
        "path": path,
        "verdict": answer.verdict,
        "reasons": [reason.code for reason in answer.reasons],
        "signatures": signatures,
        "sentences": [str(reason.sentence) for reason in answer.reasons],
    }


def _unreadable(path: str, reason: str) -> dict[str, Any]:
    return {
        "path": path,
        "verdict": "unreadable",
        "reasons": [reason],
        "signatures": [],
        "sentences": [str(UNREAD[reason])],
    }
