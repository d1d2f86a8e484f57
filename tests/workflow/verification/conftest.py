from __future__ import annotations

import pytest

from tests.workflow.signing.material import (
    NOW,
    PERSONAL_NUMBER,
    TAX_CODE,
    Desk,
    set_up_desk,
)
from workflow.verification.report import Report
from workflow.verification.signatures import Slot
from workflow.verification.verifier import verify_pdf

SLOTS = (
    Slot("head", personal_number=PERSONAL_NUMBER),
    Slot("seal", tax_code=TAX_CODE),
)


@pytest.fixture(scope="session")
def desk(tmp_path_factory) -> Desk:
    """A development CA with a head and a seal; tests issue more, change nothing."""
    return set_up_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="session")
def issued(desk: Desk) -> bytes:
    """Signed by the head, sealed by the school."""
    return desk.issue()


@pytest.fixture(scope="session")
def locked(desk: Desk, issued: bytes) -> bytes:
    """And in effect."""
    return desk.lock(issued)


@pytest.fixture(scope="session")
def check(desk):
    """Verify with the trust of the desk, today, for its head and school."""
    trust = desk.trust

    def check(pdf: bytes, *, at=NOW, trust=trust, slots=SLOTS) -> Report:
        return verify_pdf(pdf, trust, at, slots=slots)

    return check
