from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.signing.material import Desk, set_up_desk


@pytest.fixture(scope="session")
def desk(tmp_path_factory) -> Desk:
    """A development CA with a head and a seal; tests issue more, change nothing."""
    return set_up_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a packet lies for a program that reads files."""
    return tmp_path / "packet.xml"
