"""checkpoint, check_integrity and rehash_files, as an operator has them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from documents import triggers
from documents.canonical import canonical_json
from documents.models import Artifact, Checkpoint, FileSweep, Record
from tests.tsa import served
from workflow import tasks
from workflow.signing.errors import TimestampRefused


def alter(sha256: str) -> Path:
    path = Path(settings.DATA_DIR) / "files" / sha256[:2] / sha256
    path.chmod(0o600)
    path.write_bytes(b"altered")
    return path


def test_a_checkpoint_is_written_where_it_can_be_carried_away(
    command, draft_record: Record, tmp_path: Path
):
    answer = command("checkpoint", "--to", str(tmp_path), "--json")

    assert answer.status == 0
    assert (answer.json["number"], answer.json["heads"]) == (1, 1)
    copy = Path(answer.json["file"])
    made = Checkpoint.objects.get()
    assert copy.name == "checkpoint-000001.json"
    assert hashlib.sha256(copy.read_bytes()).hexdigest() == made.sha256
    again = command("check_integrity", "--no-files", "--checkpoint", str(copy))
    assert "checkpoint" not in again.text and "chain" not in again.text


def test_a_copy_is_compared_and_its_findings_are_dated(
    command, draft_record: Record, tmp_path: Path
):
    file = command("checkpoint", "--to", str(tmp_path), "--json").json["file"]
    at = Checkpoint.objects.get().at
    triggers.remove()
    heads = Checkpoint.objects.get().heads.all()
    heads._raw_delete(heads.db)
    rows = Checkpoint.objects.all()
    rows._raw_delete(rows.db)
    triggers.install()

    answer = command("check_integrity", "--checkpoint", file, "--json")

    finding = answer.json["findings"][0]
    assert (answer.status, finding["code"]) == (1, "checkpoint_missing")
    assert finding["since"][:19] == str(at)[:19]
    lines = command("check_integrity", "--checkpoint", file).text.splitlines()
    assert lines[0].endswith(f"after {at.isoformat()}")


def test_what_cannot_be_read_or_written_is_wrong_use(command, db: None, tmp_path: Path):
    nothing = tmp_path / "nothing"

    assert command("check_integrity", "--checkpoint", str(nothing)).status == 2
    nothing.write_text("{}")
    assert command("check_integrity", "--checkpoint", str(nothing)).status == 2
    assert command("checkpoint", "--to", str(tmp_path / "no folder")).status == 2
    assert command("rehash_files", "--share", "0").status == 2
    assert not Checkpoint.objects.exists()


def test_without_a_time_stamp_there_is_no_checkpoint(
    command, draft_record: Record, settings
):
    with served(lambda body: b"no") as url:
        settings.TSA_URL = url
        assert command("checkpoint").status == 1
        with pytest.raises(TimestampRefused):
            tasks.seal_chains()

    assert not Checkpoint.objects.exists()


def test_files_are_read_again_by_the_night(command, signed_record: Record):
    stored = Artifact.objects.count()
    tasks.rehash_files()
    assert FileSweep.objects.get().first == ""

    answer = command("rehash_files", "--all", "--json")

    assert answer.status == 0
    assert (answer.json["files"], answer.json["findings"]) == (stored, [])


def test_an_altered_file_is_named_also_where_not_all_are_read(
    command, signed_record: Record
):
    sha256 = Artifact.objects.get(purpose="issued").sha256
    tasks.rehash_files()
    command("rehash_files", "--all")
    seen = FileSweep.objects.first().at
    good = Path(settings.DATA_DIR) / "files" / sha256[:2] / sha256
    bytes_ = good.read_bytes()
    alter(sha256)
    try:
        assert command("rehash_files", "--all").status == 1
        answer = command("check_integrity", "--no-files", "--json")
    finally:
        good.write_bytes(bytes_)

    findings = [f for f in answer.json["findings"] if f["code"] == "file_altered"]
    assert [f["message"] for f in findings] == [sha256]
    assert findings[0]["where"] == str(signed_record)
    assert findings[0]["since"][:19] == str(seen)[:19]


def test_the_nightly_task_seals_and_twice_harms_nothing(draft_record: Record):
    tasks.seal_chains()
    tasks.seal_chains()

    numbers = Checkpoint.objects.values_list("number", flat=True)
    assert list(numbers) == [1, 2]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_openssl_accepts_the_time_stamp_of_a_copy(
    command, draft_record: Record, tmp_path: Path
):
    """As docs/how-to/back-up-and-restore.md says."""
    file = command("checkpoint", "--to", str(tmp_path), "--json").json["file"]
    whole = json.loads(Path(file).read_text())
    digest = hashlib.sha256(canonical_json(whole["checkpoint"])).hexdigest()
    pki = Path(settings.DATA_DIR) / "pki"
    (tmp_path / "stamp.b64").write_text(whole["time_stamp"])
    subprocess.run(
        ["openssl", "base64", "-d", "-A", "-in", "stamp.b64", "-out", "stamp.tst"],
        cwd=tmp_path,
        check=True,
    )

    words = ["openssl", "ts", "-verify", "-digest", digest, "-token_in"]
    words += ["-in", "stamp.tst", "-CAfile", str(pki / "root.pem")]
    words += ["-untrusted", str(pki / "issuing.pem"), "-attime"]
    words.append(str(int(Checkpoint.objects.get().at.timestamp()) + 1))
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)

    assert "Verification: OK" in done.stdout + done.stderr
