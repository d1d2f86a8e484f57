from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.installation import Installation


@pytest.fixture(scope="session")
def installation(
    migrated: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """One school in a database of its own; each test brings its own class."""
    made = migrated.copy(tmp_path_factory.mktemp("crowd") / "data")
    host(made, "build")
    yield made
    made.drop()


def host(installation: Installation, *words: str) -> Any:
    """What the forking host answers."""
    done = installation.ready.run("tests.concurrency.host", *words)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
