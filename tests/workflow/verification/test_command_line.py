"""The verifier on its own: a process without our settings, database or network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.signing.material import HEAD, SCHOOL

ROOT = Path(__file__).parents[3]
FIELDS = {
    "slot",
    "field",
    "signer",
    "organisation",
    "signed_at",
    "time_source",
    "level",
    "indication",
    "sub_indication",
}


@pytest.fixture
def trust(desk, tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "root.pem").write_bytes((desk.ca.directory / "root.pem").read_bytes())
    return folder


def verify(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workflow.verification", *map(str, arguments)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_locked_record_is_authentic_by_the_root_alone(locked, trust, tmp_path):
    path = tmp_path / "record.pdf"
    path.write_bytes(locked)

    done = verify(path, "--trust", trust, "--offline", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    (row,) = json.loads(done.stdout)
    assert (row["path"], row["verdict"], row["reasons"]) == (str(path), "authentic", [])
    head, seal, *data = row["signatures"]
    slots = [one["slot"] for one in data]
    assert slots == ["GVBM.toan", "GVCN", "CBQL", "KY_PHAT_HANH"]
    assert set(head) >= FIELDS
    assert (head["slot"], head["signer"]) == ("head", HEAD)
    assert (seal["slot"], seal["organisation"]) == ("seal", SCHOOL)
    for one in (head, seal):
        assert (one["level"], one["indication"]) == ("B-LTA", "TOTAL-PASSED")
        assert one["time_source"] == "timestamp"


def test_the_report_has_the_names_of_the_standard(locked, trust, tmp_path):
    path = tmp_path / "record.pdf"
    path.write_bytes(locked)

    done = verify(path, "--trust", trust, "--offline", "--etsi")

    (row,) = json.loads(done.stdout)
    head, *_others = row["ValidationReport"]["SignatureValidationReport"]
    status = head["SignatureValidationStatus"]
    assert status["MainIndication"] == "urn:etsi:019102:mainindication:total-passed"
    assert head["SignatureQuality"] == {"SignatureLevel": "B-LTA"}
    assert head["ValidationTimeInfo"]["BestSignatureTime"]["POETime"]


def test_each_file_has_its_verdict_and_the_exit_code_is_one(
    desk, locked, trust, tmp_path
):
    files = {
        "altered": locked[:60_000] + bytes([locked[60_000] ^ 1]) + locked[60_001:],
        "unknown": desk.sign_both(),
        "unreadable": b"hello",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    done = verify(
        *(tmp_path / name for name in files),
        tmp_path / "nothing",
        *("--trust", trust, "--offline", "--language", "en"),
    )

    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line[0] != " "] == [
        f"altered\t{tmp_path}/altered\t"
        + done.stdout.splitlines()[0].rsplit("\t", 1)[1],
        f"unknown\t{tmp_path}/unknown\trevocation_unknown",
        f"unreadable\t{tmp_path}/unreadable\tnot_a_pdf",
        f"unreadable\t{tmp_path}/nothing\tfile_not_found",
    ]
    assert "Check again later" in done.stdout


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_trust_that_is_none_is_a_wrong_use(tmp_path, content):
    folder = tmp_path / "trust"
    if content is not None:
        folder.mkdir()
        (folder / "root.pem").write_bytes(content)

    done = verify(tmp_path / "record.pdf", "--trust", folder)

    assert done.returncode == 2
    assert str(folder) in done.stderr
    assert done.stdout == ""
