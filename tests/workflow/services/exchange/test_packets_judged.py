"""Packages and receipts of the services, judged by xmlsec1 and xmllint."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from documents import storage
from documents.exchange.trees import DS, SCHEMAS, XADES
from tests.factories import NOW, YEAR
from tests.workflow.services.exchange.parcels import DEPARTMENT, desk, give_seal
from workflow.services.exchange.receiving import receive_package
from workflow.services.exchange.sending import send_report

IDS = (
    "DU_LIEU_GOI",
    "DU_LIEU_BIEN_NHAN",
    "DU_LIEU_HOC_BA",
    "THONG_TIN_HOC_BA",
    "DIEM_TONG_KET",
    f"{DS[1:-1]}:KeyInfo",
    f"{XADES[1:-1]}:SignedProperties",
)


def says(path: Path, slot: str) -> str:
    folder = desk().ca.directory
    words = ["xmlsec1", "--verify"]
    words += [word for name in IDS for word in ("--id-attr:Id", name)]
    words += ["--node-xpath", f"//{slot}/*[local-name()='Signature']"]
    words += ["--trusted-pem", str(folder / "root.pem")]
    words += ["--untrusted-pem", str(folder / "issuing.pem"), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.fixture
def files(signed_record, school, units, tmp_path: Path) -> tuple[Path, Path]:
    """The package of a school and the receipt of its department."""
    if not shutil.which("xmlsec1"):
        pytest.skip("xmlsec1 is not installed")
    give_seal(units["dong-thap"], DEPARTMENT)
    (package,) = send_report(school=school, school_year=YEAR, by=None, at=NOW).packages
    sent = storage.get(package.sha256)
    receipt = receive_package(data=sent, by=None, at=NOW).receipt
    paths = tmp_path / "package.xml", tmp_path / "receipt.xml"
    for path, data in zip(paths, (sent, receipt), strict=True):
        path.write_bytes(data)
    return paths


def test_xmlsec1_accepts_the_package_its_record_and_the_receipt(files):
    package, receipt = files

    slots = ("KY_GOI", "KY_PHAT_HANH", "CBQL")
    said = [says(package, slot) for slot in slots] + [says(receipt, "KY_BIEN_NHAN")]

    assert all(answer.startswith("OK\n") for answer in said), said
    # What is signed, the signature's own properties, and its certificates.
    assert "References (ok/all): 3/3" in said[0]


@pytest.mark.parametrize(
    ("number", "slot", "old", "new"),
    [
        (0, "KY_GOI", b"<SO_LUONG>1<", b"<SO_LUONG>2<"),
        (0, "KY_GOI", b"<MUC_DICH>report<", b"<MUC_DICH>transfer<"),
        (1, "KY_BIEN_NHAN", b"<DA_NHAN>true<", b"<DA_NHAN>false<"),
    ],
)
def test_xmlsec1_refuses_what_was_changed(files, number, slot, old, new):
    path = files[number]
    data = path.read_bytes()
    assert data.count(old) == 1

    path.write_bytes(data.replace(old, new))

    assert not says(path, slot).startswith("OK\n")


def test_xmllint_accepts_both_by_the_published_schemas(files):
    for path, name in zip(files, ("package-1.xsd", "receipt-1.xsd"), strict=True):
        done = subprocess.run(
            ["xmllint", "--noout", "--nonet", "--schema", SCHEMAS / name, path],
            capture_output=True,
            text=True,
            check=False,
        )

        assert "validates" in done.stderr
