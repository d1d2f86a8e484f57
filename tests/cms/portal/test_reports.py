"""The report of a check: for a code and for a file, sealed or plainly not."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cms.portal.limits import FILES
from documents.models import Record, Unit
from tests.factories import NOW
from workflow.services import recall_record
from workflow.services.effective import record_pdf
from workflow.services.keys.credentials import trust
from workflow.verification.signatures import Slot
from workflow.verification.verifier import verify_pdf

NOBODY = "f" * 32
PASSED = "urn:etsi:019102:mainindication:total-passed"
FAILED = "urn:etsi:019102:mainindication:total-failed"


def code_of(record: Record) -> str:
    return record.book.lookup_code


def check(client: Client, data: bytes, name: str = "hoc-ba.pdf"):
    file = SimpleUploadedFile(name, data, content_type="application/pdf")
    return client.post("/verify/", {"code": "", "file": file})


def handed(response) -> str:
    match = re.search(r'name="answer" value="([^"]+)"', response.text)
    assert match is not None
    return match[1]


def indications(data: dict[str, Any]) -> set[str]:
    return {
        one["SignatureValidationStatus"]["MainIndication"]
        for one in data["ValidationReport"]["SignatureValidationReport"]
    }


def text_of(pdf: bytes, folder: Path) -> str:
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_report_of_a_code_is_what_its_stored_files_prove(client, locked_record):
    page = client.get(f"/verify/{code_of(locked_record)}")
    url = f"/verify/{code_of(locked_record)}/report.json"
    assert f'href="{url}"' in page.text

    answer = client.get(url)

    data = answer.json()
    assert data["ValidationReport"]["DocumentVerdict"] == "authentic"
    assert indications(data) == {PASSED}
    assert data["LookUpCode"] == code_of(locked_record)
    assert locked_record.book.pupil.name not in answer.text
    assert "attachment" in answer.headers["Content-Disposition"]


def test_without_a_seal_the_report_says_that_it_proves_nothing(
    client, locked_record, tmp_path
):
    page = client.get(f"/verify/{code_of(locked_record)}")
    assert "It bears no seal" in page.text

    answer = client.get(f"/verify/{code_of(locked_record)}/report.pdf")

    text = " ".join(text_of(answer.content, tmp_path).split())
    assert "Nobody has sealed this report" in text
    assert code_of(locked_record) in text
    assert locked_record.book.pupil.name not in text


def test_with_the_operators_seal_the_report_bears_it(
    client, locked_record, seal: Unit, settings
):
    settings.REPORT_SEAL = seal.code
    page = client.get(f"/verify/{code_of(locked_record)}")
    assert f"It bears the seal of {seal.name}" in page.text

    answer = client.get(f"/verify/{code_of(locked_record)}/report.pdf")

    slots = [Slot("seal", tax_code=seal.tax_code)]
    report = verify_pdf(answer.content, trust(), NOW + timedelta(hours=1), slots=slots)
    assert [(s.level, s.reasons) for s in report.signatures] == [("B-LTA", ())]


def test_a_seal_that_cannot_be_set_leaves_a_report_without_one(
    client, locked_record, seal: Unit, settings, tmp_path
):
    settings.REPORT_SEAL = seal.code
    seal.credentials.update(reference="gone.p12")

    answer = client.get(f"/verify/{code_of(locked_record)}/report.pdf")

    assert answer.status_code == 200
    assert "sealed this report" in text_of(answer.content, tmp_path)


def test_nobodys_phone_rings_because_a_stranger_wants_a_report(
    client, locked_record, seal: Unit, settings
):
    settings.REPORT_SEAL = seal.code
    seal.credentials.update(provider="csc", reference="seal")

    page = client.get(f"/verify/{code_of(locked_record)}")

    assert "It bears no seal" in page.text


def test_the_report_of_a_file_is_of_the_file_that_was_checked(client, locked_record):
    answer = handed(check(client, record_pdf(locked_record)))

    response = client.post("/verify/report", {"answer": answer, "form": "json"})

    data = response.json()
    assert data["ValidationReport"]["DocumentVerdict"] == "authentic"
    assert indications(data) == {PASSED}
    assert data["Register"][0]["SchoolYear"] == locked_record.school_year


def test_the_report_of_an_altered_file_says_so_in_both_forms(
    client, locked_record, tmp_path
):
    pdf = record_pdf(locked_record).replace(b"%PDF-1.7", b"%PDF-1.6", 1)
    answer = handed(check(client, pdf))

    data = client.post("/verify/report", {"answer": answer, "form": "json"}).json()
    paper = client.post("/verify/report", {"answer": answer, "form": "pdf"})

    assert data["ValidationReport"]["DocumentVerdict"] == "altered"
    assert FAILED in indications(data)
    assert data["Sentences"]
    assert "The file was altered." in text_of(paper.content, tmp_path)


def test_the_report_of_a_recalled_record_names_the_day(client, signed_record, head):
    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên")

    data = client.get(f"/verify/{code_of(signed_record)}/report.json").json()

    assert data["ValidationReport"]["DocumentVerdict"] == "superseded"
    assert data["Register"][0]["ReplacedAt"]
    assert "Sai tên" not in json.dumps(data, ensure_ascii=False)


@pytest.mark.parametrize("change", ["", "x", "tampered", "late"])
def test_an_answer_that_was_not_handed_out_here_and_now_is_refused(
    client, locked_record, change
):
    answer = handed(check(client, record_pdf(locked_record)))
    sent = {"": "", "x": "x", "tampered": answer[:-2] + "zz", "late": answer}[change]
    later = NOW + timedelta(hours=2 if change == "late" else 0)

    with time_machine.travel(later):
        response = client.post("/verify/report", {"answer": sent, "form": "pdf"})

    assert response.status_code == 400
    assert "Check the file again." in response.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        f"/verify/{NOBODY}/report.pdf",
        f"/verify/{NOBODY}/report.doc",
        "/verify/abc/report.json",
    ],
)
def test_of_nothing_there_is_no_report(client, url):
    assert client.get(url).status_code == 404


def test_a_draft_has_no_report(client, draft_record):
    url = f"/verify/{code_of(draft_record)}/report.json"

    assert client.get(url).status_code == 404


@pytest.mark.django_db
def test_who_wants_too_many_reports_is_asked_to_wait(client):
    for _time in range(FILES.count):
        client.get(f"/verify/{NOBODY}/report.pdf")

    response = client.get(f"/verify/{NOBODY}/report.pdf")
    posted = client.post("/verify/report", {"form": "pdf"})

    assert (response.status_code, posted.status_code) == (429, 429)
