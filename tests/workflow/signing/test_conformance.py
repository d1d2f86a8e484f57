"""PDF/A-3a and PDF/UA-1 after each signature, judged by veraPDF.

``deploy/fetch-verapdf.sh`` brings it; without it, or without Java, these are skipped.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from documents.rendering import CopyNote, render_pdf
from tests.factories import TODAY
from tests.workflow.signing.material import NOW, printed_form, printed_record
from workflow.signing.longterm import written
from workflow.signing.update import open_update

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


def judge(flavour: str, *paths: Path) -> list[str]:
    options = ("-f", flavour, "--format", "text")
    done = subprocess.run(
        [str(JAVA), "-jar", str(JARS[-1]), *options, *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in done.stdout.splitlines() if ".pdf" in line]


@pytest.mark.parametrize("flavour", ["3a", "ua1"])
def test_the_file_conforms_at_each_step_of_its_life(files, flavour):
    verdicts = judge(flavour, *files.values())

    assert verdicts == [f"PASS {path} {flavour}" for path in files.values()]


@pytest.mark.parametrize("flavour", ["3a", "ua1"])
def test_the_copy_of_a_receiver_conforms_too(desk, tmp_path, flavour):
    note = CopyNote("Sở GDĐT Đồng Tháp", TODAY, TODAY, "Hòa", "Mỹ Ngãi")
    form = replace(printed_form(desk.signed_packet().to_bytes()), copy=note)
    path = tmp_path / "copy.pdf"
    path.write_bytes(render_pdf(form))

    assert judge(flavour, path) == [f"PASS {path} {flavour}"]


def test_a_file_that_lost_its_structure_does_not_conform(files, tmp_path):
    """The judge is awake."""
    broken = tmp_path / "broken.pdf"
    update = open_update(files["printed"].read_bytes(), "head")
    del update.root["/StructTreeRoot"]
    update.update_root()
    broken.write_bytes(written(update))

    assert judge("ua1", broken) == [f"FAIL {broken} ua1"]
