"""The report in the words of ETSI TS 119 102-2, for programs that know no others.

The names of elements, of indications and of their URIs are those of its clause 4 and
of EN 319 102-1 §5.1; JSON objects stand for XML elements.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from workflow.verification.report import SignatureReport, TimeSource

MAIN = "urn:etsi:019102:mainindication:"
SUB = "urn:etsi:019102:subindication:"
PROCESS = "urn:etsi:019102:validationprocess:"
PROOF = "urn:etsi:019102:poetype:"
PROCESSES = {"B-B": "Basic", "B-T": "LTVM", "B-LT": "LTVM", "B-LTA": "LTA"}


def validation_report(
    *,
    sha256: str,
    verdict: str,
    reasons: Iterable[str],
    signatures: Iterable[SignatureReport],
    at: datetime,
) -> dict[str, Any]:
    """The ValidationReport of one file, judged at ``at``."""
    return {
        "ValidationReport": {
            "SignatureValidationReport": [
                signature_report(one, at) for one in signatures
            ],
            "SignersDocument": {
                "DigestAlgAndValue": {
                    "DigestMethod": "http://www.w3.org/2001/04/xmlenc#sha256",
                    "DigestValue": sha256,
                }
            },
            # What the standard has no place for: the verdict on the document.
            "DocumentVerdict": verdict,
            "DocumentReasons": list(reasons),
        }
    }


def signature_report(one: SignatureReport, at: datetime) -> dict[str, Any]:
    process = f"{PROCESS}{PROCESSES.get(one.level, 'Basic')}"
    return {
        "SignatureIdentifier": {"SignatureFieldName": one.field},
        "ValidationTimeInfo": {
            "ValidationTime": at.isoformat(),
            "BestSignatureTime": best_time(one),
        },
        "SignerInformation": {
            "Signer": one.signer,
            "Organisation": one.organisation,
            "SignerCertificate": {"SerialNumber": one.serial},
        },
        "SignatureQuality": {"SignatureLevel": one.level},
        "SignatureValidationProcess": {"SignatureValidationProcessID": process},
        "SignatureValidationStatus": status(one),
    }


def status(one: SignatureReport) -> dict[str, Any]:
    """Main status and sub-indication, with our own codes beside them."""
    found: dict[str, Any] = {"MainIndication": f"{MAIN}{one.indication.lower()}"}
    if one.sub_indication:
        found["SubIndication"] = [f"{SUB}{one.sub_indication}"]
    found["AssociatedValidationReportData"] = {
        "AdditionalValidationReportData": [reason.value for reason in one.reasons]
    }
    return found


def best_time(one: SignatureReport) -> dict[str, Any] | None:
    """When it existed, and how that is known; a claimed time is no proof."""
    if one.signed_at is None or one.time_source is not TimeSource.TIMESTAMP:
        return None
    return {"POETime": one.signed_at.isoformat(), "TypeOfProof": f"{PROOF}validation"}
