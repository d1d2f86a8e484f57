"""PDF/A-3a and PDF/UA-1 after each signature, judged by veraPDF.

``deploy/fetch-verapdf.sh`` brings it; without it, or without Java, these are skipped.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workflow.signing.material import NOW, printed_record

ROOT = Path(__file__).parents[3]
JARS = sorted((ROOT / "var" / "tools").glob("verapdf-cli-*.jar"))
JAVA = shutil.which("java")

pytestmark = pytest.mark.skipif(
    not (JARS and JAVA),
    reason="veraPDF is not here: deploy/fetch-verapdf.sh brings it, Java runs it",
)


@pytest.fixture(scope="module")
def files(desk, tmp_path_factory) -> dict[str, Path]:
    """The file at each step of its life."""
    folder = tmp_path_factory.mktemp("life")
    signed = desk.sign(printed_record(), "head")
    issued = desk.keeper.complete(desk.sign(signed, "seal"), at=NOW)
    locked = desk.lock(issued)
    steps = {
        "printed": printed_record(),
        "signed": signed,
        "issued": issued,
        "locked": locked,
        "renewed": desk.keeper.complete(locked, at=NOW),
    }
    for name, data in steps.items():
        (folder / f"{name}.pdf").write_bytes(data)
    return {name: folder / f"{name}.pdf" for name in steps}


@pytest.mark.parametrize("flavour", ["3a", "ua1"])
def test_the_file_conforms_at_each_step_of_its_life(files, flavour):
    done = subprocess.run(
        [str(JAVA), "-jar", str(JARS[-1]), "-f", flavour, "--format", "text"]
        + ["-v", *map(str, files.values())],
        capture_output=True,
        text=True,
        check=False,
    )

    verdicts = [line for line in done.stdout.splitlines() if ".pdf" in line]
    assert verdicts == [f"PASS {path} {flavour}" for path in files.values()]


def test_a_file_that_does_not_conform_is_called_so(files, tmp_path):
    """The judge is awake: a file that says something else of itself fails."""
    broken = tmp_path / "broken.pdf"
    data = files["printed"].read_bytes()
    broken.write_bytes(data.replace(b'pdfuaid:part="1"', b'pdfuaid:part="9"'))

    done = subprocess.run(
        [str(JAVA), "-jar", str(JARS[-1]), "-f", "ua1", "--format", "text"]
        + [str(broken)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"FAIL {broken} ua1" in done.stdout
