from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from documents.models import Record, SchoolClass, Unit, User
from tests.actors import bring_to
from tests.factories import make_draft, make_pupil
from tests.workflow.services.signing_scene import remote, reviewed
from tests.workflow.signing.providers.csc_stub import Service


@pytest.fixture
def service(head: User, seal: Unit, settings: Any) -> Iterator[Service]:
    with remote(head, settings) as started:
        yield started


@pytest.fixture
def records(school_class: SchoolClass, units: dict[str, Unit]) -> list[Record]:
    return reviewed(school_class, units, 2)


@pytest.fixture
def drafts(school_class: SchoolClass) -> list[Record]:
    return [make_draft(school_class, make_pupil(f"Lê Văn {n}")) for n in "ABCD"]


@pytest.fixture
def two_reviewed(drafts: list[Record], units: dict[str, Unit]) -> list[Record]:
    return [bring_to(record, "reviewed", units) for record in drafts[:2]]
