from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.installation import ROOT, Installation, new_installation


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One school in a database of its own; each test brings its own class."""
    made = new_installation(tmp_path_factory.mktemp("crowd") / "data")
    host(made, "build")
    yield made
    made.drop()


def host(installation: Installation, *words: str) -> Any:
    """What the forking host answers."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.concurrency.host", *words],
        cwd=ROOT,
        env=installation.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
