"""The way of a record from the command line, as the contract says it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.installation import Installation

pytestmark = pytest.mark.journey

CLASS_3B = ("--unit", "my-ngai", "--year", "2025-2026", "--class", "3B")
SCHOOL = ("--unit", "my-ngai", "--year", "2025-2026")


def states(demo: Installation) -> dict[tuple[str, str], int]:
    """How many records of each class stand in each state."""
    code = (
        "from documents.models import Record; from django.db.models import Count;"
        "import json; print(json.dumps(list(Record.objects.values_list("
        "'school_class__name', 'state').annotate(Count('pk')).order_by())))"
    )
    done = demo.manage("shell", "--no-imports", "-c", code)
    rows = json.loads(done.stdout.strip().splitlines()[-1])
    return {(name, state): count for name, state, count in rows}


def test_the_demo_has_records_in_every_state_and_nothing_wrong(
    demo: Installation,
) -> None:
    before = states(demo)

    again = demo.manage("load_demo")

    assert again.returncode == 0
    assert "registrar2" in again.stdout
    assert states(demo) == before
    assert {state for _name, state in before} == {
        "draft",
        "reviewed",
        "signed",
        "locked",
        "transferred",
    }
    for name in ("1A", "3B", "4B"):
        assert len({state for own, state in before if own == name}) >= 2
    assert {state for own, state in before if own == "3B"} <= {
        "signed",
        "locked",
        "transferred",
    }
    assert demo.json("check_integrity") == {"ok": True, "findings": []}


def test_a_record_goes_all_the_way(demo: Installation, tmp_path: Path) -> None:
    demo.manage("write_samples", "--to", str(tmp_path), "--school", "hoa-thuan")
    files = sorted(str(path) for path in tmp_path.glob("*.xlsx"))
    place = ("--unit", "hoa-thuan", "--year", "2025-2026")

    dry = demo.json("import_records", *files, *place)
    written = demo.json("import_records", *files, *place, "--commit")
    again = demo.json("import_records", *files, *place, "--commit")

    assert not dry["committed"] and written["committed"]
    assert dry["new"] == written["new"] > 20
    assert (again["new"], again["changed"]) == (0, 0)
    assert again["unchanged"] == written["new"]

    submitted = demo.json("advance", "submit", "--as", "teacher1a", *SCHOOL, status=0)
    assert submitted["refused"] == []
    signed = demo.json("advance", "sign", "--as", "head", *SCHOOL, "--class", "1A")
    assert signed["done"] >= 33
    assert demo.json("advance", "sign", "--as", "head", *SCHOOL, "--class", "1A") == {
        "done": 0,
        "refused": [],
        "seconds": pytest.approx(0, abs=30),
    }
    locked = demo.json("advance", "lock", "--as", "officer", *SCHOOL, "--class", "1A")
    assert locked["done"] == signed["done"]

    out = tmp_path / "pdf"
    exported = demo.json(
        "export_records", "--to", str(out), "--as", "officer", *CLASS_3B
    )
    pdfs = [Path(file) for file in exported["files"]]
    assert exported["exported"] == len(pdfs) == 38
    assert all(re.fullmatch(r"[0-9a-f]{32}-2025-2026\.pdf", f.name) for f in pdfs)
    verdicts = demo.json("verify_records", *map(str, pdfs[:5]))
    assert [row["verdict"] for row in verdicts] == ["authentic"] * 5
    slots = [s["slot"] for s in verdicts[0]["signatures"]]
    assert slots[:2] == ["head", "seal"]
    assert {"GVBM.foreign_language", "GVCN", "CBQL", "KY_PHAT_HANH"} <= set(slots)
    assert demo.json("check_integrity")["findings"] == []


def test_a_recalled_record_answers_as_superseded_and_a_changed_one_as_altered(
    demo: Installation, tmp_path: Path
) -> None:
    export = ("export_records", "--to", str(tmp_path), "--as", "head", *SCHOOL)
    files = demo.json(*export, "--class", "4B", status=1)["files"]
    file = Path(files[0])
    code = file.name[:32]
    data = file.read_bytes()

    flipped = tmp_path / "flipped.pdf"
    middle = data.index(b"/ByteRange") + 4000
    flipped.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    appended = tmp_path / "appended.pdf"
    appended.write_bytes(data + b"%% more\n")
    noise = tmp_path / "noise.pdf"
    noise.write_bytes(b"no PDF at all")
    recall = ("advance", "recall", "--as", "head", "--code", code)
    wrong_use = demo.manage(*recall)
    done = demo.json(*recall, "--reason", "Sai ngày sinh.")
    paths = map(str, (file, flipped, appended, noise))
    rows = demo.json("verify_records", *paths, "0" * 32, code, status=1)

    assert wrong_use.returncode == 2
    assert done["done"] == 1
    assert [row["verdict"] for row in rows] == [
        "superseded",
        "altered",
        "altered",
        "unreadable",
        "unknown",
        "superseded",
    ]
    assert all(row["reasons"] for row in rows)


def test_search_answers_without_marks_and_only_what_one_may_see(
    demo: Installation,
) -> None:
    found = demo.json("search_records", "nguyen thi hoa", "--as", "inspector")
    foreign = demo.json("search_records", "nguyen thi hoa", "--as", "registrar2")
    nobody = demo.manage("search_records", "hoa", "--as", "nobody-at-all")

    assert "Nguyễn Thị Hoà" in [hit["name"] for hit in found["hits"]]
    assert foreign["hits"] == []
    assert nobody.returncode == 2


def test_the_trust_that_is_exported_convinces_openssl(
    demo: Installation, tmp_path: Path
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")

    done = demo.manage("export_trust", "--to", str(tmp_path))

    assert done.returncode == 0
    pems = sorted(tmp_path.glob("*.pem"))
    assert pems and sorted(tmp_path.glob("*.crl"))
    roots = [p for p in pems if _verifies(p, pems)]
    assert len(roots) == len(pems)


def _verifies(certificate: Path, anchors: list[Path]) -> bool:
    words: list[Any] = ["openssl", "verify"]
    for anchor in anchors:
        words += ["-trusted", anchor]
    done = subprocess.run([*words, certificate], capture_output=True, check=False)
    return done.returncode == 0
