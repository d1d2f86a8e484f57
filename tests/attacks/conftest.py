from __future__ import annotations

from typing import Any

import pytest

from tests.workflow.signing import packets
from tests.workflow.signing.material import NOW, Desk
from tests.workflow.verification.conftest import check, desk, issued, locked
from workflow.verification.reasons import Reason
from workflow.verification.xml import verify_xml

__all__ = ["check", "desk", "issued", "locked"]
READABLE = ("authentic", "unknown")


@pytest.fixture(scope="module")
def original(desk: Desk) -> bytes:
    """A packet with every signature."""
    return packets.issued(desk).to_bytes()


@pytest.fixture(scope="module")
def verdict(desk: Desk):
    """The verdict of a packet and its reasons, by the trust of the desk."""

    def verdict(data: bytes, **options: Any) -> tuple[str, tuple[Reason, ...]]:
        options = {"slots": packets.SLOTS} | options
        report = verify_xml(data, desk.trust, NOW, **options)
        if report.verdict not in READABLE:
            assert (report.record, report.header) == (None, None)
        return report.verdict, report.reasons

    return verdict
