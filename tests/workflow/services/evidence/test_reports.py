from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from documents.models import Record, Unit
from tests.workflow.signing.test_conformance import JARS, JAVA, judge
from workflow.errors import NoCredential
from workflow.services import record_pdf
from workflow.services.evidence.reports import signed_report
from workflow.services.evidence.verdicts import verdict_of_code, verdict_of_file
from workflow.services.keys import credentials
from workflow.verification.reasons import Reason
from workflow.verification.signatures import Slot
from workflow.verification.structure import embedded_files, open_file
from workflow.verification.verifier import verify_pdf


def text_of(pdf: bytes, folder: Path) -> str:
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("language", ["vi", "en", "zh-hans"])
def test_the_report_is_sealed_and_says_who_signed_what(
    locked_record: Record, seal: Unit, tmp_path: Path, language: str
):
    answer = verdict_of_file(record_pdf(locked_record))

    pdf = signed_report(answer, unit=seal, language=language)

    text = text_of(pdf, tmp_path)
    assert locked_record.book.lookup_code in text
    assert "Lê Văn Bình" in text
    assert locked_record.book.pupil.name not in text
    trust = credentials.trust()
    slot = Slot("seal", tax_code=seal.tax_code)
    report = verify_pdf(pdf, trust, answer.checked_at, slots=[slot])
    (signature,) = report.signatures
    assert (signature.level, signature.reasons) == ("B-LTA", ())
    # It is no record, and says so.
    assert report.reasons == (Reason.RECORD_MISSING,)


def test_the_same_is_inside_for_programs(locked_record: Record, seal: Unit):
    pdf = record_pdf(locked_record)
    altered = pdf.replace(b"/Location", b"/Locatiom", 1)

    report = signed_report(verdict_of_file(altered), unit=seal)

    ((name, file),) = embedded_files(open_file(report).reader)
    data: Any = json.loads(file["/EF"]["/F"].data)["ValidationReport"]
    assert name == "report.json"
    assert data["DocumentVerdict"] == "altered"
    assert data["DocumentReasons"]
    indications = {
        one["SignatureValidationStatus"]["MainIndication"]
        for one in data["SignatureValidationReport"]
    }
    assert "urn:etsi:019102:mainindication:total-failed" in indications


def test_an_answer_about_a_code_can_be_had_as_well(
    signed_record: Record, seal: Unit, tmp_path: Path
):
    answer = verdict_of_code(signed_record.book.lookup_code)

    text = text_of(signed_report(answer, unit=seal), tmp_path)

    assert signed_record.school_year in text


def test_a_unit_without_a_key_gives_no_report(signed_record: Record, units: Any):
    answer = verdict_of_code(signed_record.book.lookup_code)

    with pytest.raises(NoCredential):
        signed_report(answer, unit=units["other"])


@pytest.mark.skipif(not (JARS and JAVA), reason="veraPDF is not here")
def test_the_report_conforms_after_its_seal(
    signed_record: Record, seal: Unit, tmp_path: Path
):
    path = tmp_path / "report.pdf"
    answer = verdict_of_file(record_pdf(signed_record))
    path.write_bytes(signed_report(answer, unit=seal))

    assert judge("3a", path) == [f"PASS {path} 3a"]
    assert judge("ua1", path) == [f"PASS {path} ua1"]
