from __future__ import annotations

from tests.workflow.verification.conftest import check, desk, issued, locked

__all__ = ["check", "desk", "issued", "locked"]
