"""``python -m workflow.verification FILE… --trust DIR``: no database, no site.

Says of each file whether it is authentic, by the file and by whom you trust alone.
Exit 0: all authentic. 1: one is not. 2: wrong use. What only the register knows
(replaced, recalled) is not asked.
"""

from __future__ import annotations

import json
import logging
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from workflow.signing.evidence import EvidenceSource, OnlineEvidence
from workflow.verification.etsi import validation_report
from workflow.verification.files import verify_file
from workflow.verification.reasons import Verdict
from workflow.verification.report import Report
from workflow.verification.structure import MAX_SIZE
from workflow.verification.trust import TrustStore, TrustUnreadable

LOCALE = Path(__file__).resolve().parents[2] / "locale"
WRONG_USE = 2


def main(arguments: list[str]) -> int:
    """Print the verdicts and return the exit code."""
    options = parser().parse_args(arguments)
    configure(options.language)
    logging.disable(logging.CRITICAL)
    if not options.trust.is_dir():
        print(f"{options.trust} is not a folder.", file=sys.stderr)  # noqa: T201
        return WRONG_USE
    try:
        trust = TrustStore.from_directory(options.trust)
    except TrustUnreadable as error:
        print(error, file=sys.stderr)  # noqa: T201
        return WRONG_USE
    rows = [row(path, trust, options) for path in options.files]
    if options.as_json or options.as_etsi:
        print(json.dumps(rows, ensure_ascii=False, indent=1, default=str))  # noqa: T201
    else:
        for one in rows:
            print("\n".join(lines(one)))  # noqa: T201
    return 0 if all(one["verdict"] == Verdict.AUTHENTIC for one in rows) else 1


def parser() -> ArgumentParser:
    made = ArgumentParser("python -m workflow.verification", description=__doc__)
    made.add_argument("files", nargs="+", type=Path, metavar="FILE")
    made.add_argument("--trust", required=True, type=Path, metavar="DIR")
    made.add_argument("--offline", action="store_true", help="ask no service")
    made.add_argument("--json", action="store_true", dest="as_json")
    made.add_argument(
        "--etsi", action="store_true", dest="as_etsi", help="as ETSI TS 119 102-2"
    )
    made.add_argument("--language", choices=("vi", "en", "zh-hans"), default="vi")
    return made


def configure(language: str) -> None:
    """Just enough of Django for sentences in the reader's language."""
    if not settings.configured:
        settings.configure(
            USE_I18N=True, USE_TZ=True, LANGUAGE_CODE=language, LOCALE_PATHS=[LOCALE]
        )
        django.setup()


def row(path: Path, trust: TrustStore, options: Namespace) -> dict[str, Any]:
    """The answer for one file, as ``manage.py verify_records --json`` gives it."""
    source: EvidenceSource | None = None if options.offline else OnlineEvidence()
    try:
        too_large = path.stat().st_size > MAX_SIZE
        data = b"" if too_large else path.read_bytes()
    except OSError:
        return unreadable(path, "file_not_found")
    if too_large:
        return unreadable(path, "too_large")
    at = datetime.now(UTC)
    report = verify_file(data, trust, at, source=source)
    verdict = report.verdict.value
    reasons = [reason.value for reason in report.reasons]
    found = {
        "path": str(path),
        "verdict": verdict,
        "reasons": reasons,
        "signatures": [one.as_json() for one in report.signatures],
        "sentences": sentences(report),
    }
    if not options.as_etsi:
        return found
    return found | validation_report(
        sha256=report.sha256,
        verdict=verdict,
        reasons=reasons,
        signatures=report.signatures,
        at=at,
    )


def sentences(report: Report) -> list[str]:
    return [str(reason.sentence) for reason in report.reasons]


def unreadable(path: Path, reason: str) -> dict[str, Any]:
    return {
        "path": str(path),
        "verdict": Verdict.UNREADABLE.value,
        "reasons": [reason],
        "signatures": [],
        "sentences": [],
    }


def lines(one: dict[str, Any]) -> list[str]:
    """The verdict, who signed, and what to do."""
    signers = [
        f"  {signature['slot']}: {signature['signer']}"
        f" ({signature['organisation']}), {signature['signed_at']},"
        f" {signature['level']} {signature['indication']}"
        f" {signature['sub_indication']}".rstrip()
        for signature in one["signatures"]
    ]
    codes = " ".join(one["reasons"])
    head = f"{one['verdict']}\t{one['path']}\t{codes}".rstrip()
    return [head, *signers, *(f"  {sentence}" for sentence in one["sentences"])]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
