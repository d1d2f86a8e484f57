from __future__ import annotations

import pytest
from django.test import Client

from documents.models import Record, User
from tests import factories


@pytest.fixture
def parent(draft_record: Record) -> User:
    """The mother of the pupil of the record, however far it has got."""
    return factories.make_guardian("parent", draft_record.book.pupil)


@pytest.fixture
def client() -> Client:
    """A browser that asks for English: the texts as they stand in the code."""
    return Client(headers={"accept-language": "en"})
