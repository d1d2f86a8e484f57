from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.users.models import UserProfile

from documents.models import Record, SchoolClass, Unit, User
from tests import factories
from workflow.models import Deadline, Group
from workflow.services import submit_record

MOST_QUERIES = 12


@pytest.fixture
def sign_in(client: Client) -> Callable[[User], Client]:
    """The test client as somebody who has signed in and reads English."""

    def become(user: User) -> Client:
        profile = UserProfile.get_for_user(user)
        UserProfile.objects.filter(pk=profile.pk).update(preferred_language="en")
        client.force_login(user)
        return client

    return become


@pytest.fixture
def staff_of_elsewhere(units: dict[str, Unit]) -> dict[str, User]:
    """One person of each school role, and an officer, who have nothing to do here."""
    far = units["far"]
    their_class = factories.make_class(far)
    return {
        "class_teacher": factories.make_user(
            "t-far", "class_teacher", far, their_class
        ),
        "head": factories.make_user("h-far", "head", far),
        "registrar": factories.make_user("r-far", "registrar", far),
        "officer": factories.make_user("o-far", "officer", units["an-giang"]),
        "inspector": factories.make_user("i-far", "inspector", units["an-giang"]),
    }


@pytest.fixture
def admin_user(units: dict[str, Unit]) -> User:
    return factories.make_user("admin", "admin", units["ministry"])


@pytest.fixture
def deadline(units: dict[str, Unit]) -> Deadline:
    """The reports of the department are due in a week, its lock in 17 days."""
    today = timezone.localdate()
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=factories.YEAR,
        group=Group.COMPLETED,
        report_until=today + timedelta(days=7),
        lock_on=today + timedelta(days=17),
    )


@pytest.fixture
def math_teacher(school: Unit, school_class: SchoolClass) -> User:
    return factories.make_user(
        "math", "subject_teacher", school, school_class, subject="math"
    )


@pytest.fixture
def three_reviewed(school_class: SchoolClass, teacher: User) -> list[Record]:
    records = fill(school_class, 3)
    for record in records:
        submit_record(record_id=record.pk, by=teacher)
    return [Record.objects.get(pk=record.pk) for record in records]


@pytest.fixture
def queries_of() -> Callable[[Client, str], int]:
    """How many queries one page asks; the page must be there."""

    def count(client: Client, url: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as context:
            response = client.get(url)
        assert response.status_code == 200, url
        return len(context)

    return count


@pytest.fixture
def worked(
    django_capture_on_commit_callbacks: Any,
) -> Callable[[Client, str, Any], Any]:
    """Post, let the worker do what was committed, and look at the page again."""

    def post(client: Client, url: str, data: Any = None) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            response: Any = client.post(url, data)
        assert response.status_code == 302, url
        return client.get(response.url)

    return post


def upload(data: bytes, name: str = "packet.xml") -> dict[str, SimpleUploadedFile]:
    """The form of the page of packages with a file in it."""
    return {"packet": SimpleUploadedFile(name, data, "application/xml")}


def fill(school_class: SchoolClass, size: int, **content: Any) -> list[Record]:
    """Drafts of a class, as an import leaves them."""
    pupils = [factories.make_pupil(f"Trần Văn An {n}") for n in range(size)]
    return [factories.make_draft(school_class, pupil, **content) for pupil in pupils]


def state_of(record: Record) -> str:
    return str(Record.objects.get(pk=record.pk).state)


def approve(
    client: Client, record: Record, query: str = "", version: str | None = None
) -> Any:
    data = {"version": version or record.current_id}
    return client.post(to("review", record.uuid) + query, data)


def to(name: str, *args: Any, **query: str) -> str:
    url = reverse(f"staff:{name}", args=args)
    return url + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")
