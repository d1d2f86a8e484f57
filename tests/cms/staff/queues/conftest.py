from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from cms.staff.queues.base import Queue
from documents.models import Unit, User
from tests.factories import TODAY, YEAR
from workflow.models import Deadline

from .tasks import HOME


@pytest.fixture
def deadline(units: dict[str, Unit]) -> Deadline:
    """Reports are due in 12 days, the lock in 20."""
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="completed",
        report_until=TODAY + timedelta(days=12),
        lock_on=TODAY + timedelta(days=20),
    )


@pytest.fixture
def queue_of(sign_in: Callable[[User], Client]) -> Callable[[User], Queue]:
    """What a person finds on the first page."""
    return lambda user: sign_in(user).get(HOME).context["queue"]
