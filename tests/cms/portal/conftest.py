from __future__ import annotations

import pytest

from documents.models import Record, User
from tests import factories


@pytest.fixture
def parent(draft_record: Record) -> User:
    """The mother of the pupil of the record, however far it has got."""
    return factories.make_guardian("parent", draft_record.book.pupil)
