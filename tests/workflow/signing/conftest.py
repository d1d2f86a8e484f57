from __future__ import annotations

import pytest

from tests.workflow.signing.material import Desk, set_up_desk


@pytest.fixture(scope="session")
def desk(tmp_path_factory) -> Desk:
    """A development CA with a head and a seal; tests issue more, change nothing."""
    return set_up_desk(tmp_path_factory.mktemp("desk"))
