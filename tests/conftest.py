from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import TransactionTestCase as _TransactionTestCase
from django.utils import translation
from playwright.sync_api import expect

from documents import triggers
from documents.models import Record, SchoolClass, Unit, User
from tests import factories
from tests.installation import Installation, new_installation
from workflow.memory import keep_what_is_loaded
from workflow.services import lock_record, sign_record, submit_record

# Django keeps this method to itself, and its stubs leave it out.
TransactionTestCase: Any = _TransactionTestCase


@pytest.fixture(autouse=True, scope="session")
def _flush_may_pass_the_triggers() -> Iterator[None]:
    """Between transactional tests the test database alone may be emptied."""
    flush = TransactionTestCase._fixture_teardown

    def flush_without_triggers(self: Any) -> None:
        triggers.remove()
        try:
            flush(self)
        finally:
            triggers.install()

    TransactionTestCase._fixture_teardown = flush_without_triggers
    yield
    TransactionTestCase._fixture_teardown = flush


@pytest.fixture(scope="session")
def demo_template(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """An installation with the demo, loaded once for each process of the tests."""
    made = new_installation(tmp_path_factory.mktemp("whole") / "template")
    done = made.manage("load_demo")
    assert done.returncode == 0, done.stderr
    yield made
    made.drop()


@pytest.fixture
def demo(demo_template: Installation, tmp_path: Path) -> Iterator[Installation]:
    """A copy of the demo, for one test to change."""
    copy = demo_template.copy(tmp_path / "demo")
    yield copy
    copy.drop()


def pytest_configure() -> None:
    # A machine with other work may take its time; a test that hangs fails all the same.
    expect.set_options(timeout=30_000)
    keep_what_is_loaded()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes comes first, so that no process waits for it at the end."""
    items.sort(key=lambda item: not lives_now(item))


def lives_now(item: pytest.Item) -> bool:
    """Whether a test has processes of its own, which know no other time than ours."""
    names = ("concurrency", "journey")
    return any(item.get_closest_marker(name) for name in names)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Every test and its fixtures begin at NOW: time-stamps must agree with it.

    Tests with processes of their own live in the time that those have.
    """
    if lives_now(item):
        return (yield)
    with time_machine.travel(factories.NOW, tick=True):
        return (yield)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Tests quote the sentences of the code, which are English; pages choose theirs."""
    with translation.override("en"):
        yield


@pytest.fixture
def units(db: Any) -> dict[str, Unit]:
    return factories.make_tree()


@pytest.fixture
def school(units: dict[str, Unit]) -> Unit:
    return units["school"]


@pytest.fixture
def other_school(units: dict[str, Unit]) -> Unit:
    return units["other"]


@pytest.fixture
def school_class(school: Unit) -> SchoolClass:
    return factories.make_class(school)


@pytest.fixture
def teacher(school: Unit, school_class: SchoolClass) -> User:
    return factories.make_user("teacher3b", "class_teacher", school, school_class)


@pytest.fixture
def head(school: Unit) -> User:
    """The head, with a signing key of their own."""
    user = factories.make_user("head", "head", school, full_name="Lê Văn Bình")
    factories.give_key(user)
    return user


@pytest.fixture
def registrar(school: Unit) -> User:
    return factories.make_user("registrar", "registrar", school)


@pytest.fixture
def registrar2(other_school: Unit) -> User:
    return factories.make_user("registrar2", "registrar", other_school)


@pytest.fixture
def officer(units: dict[str, Unit]) -> User:
    return factories.make_user("officer", "officer", units["dong-thap"])


@pytest.fixture
def inspector(units: dict[str, Unit]) -> User:
    return factories.make_user("inspector", "inspector", units["dong-thap"])


@pytest.fixture
def seal(school: Unit) -> Unit:
    """The school, with the key of its seal."""
    factories.give_key(school)
    return school


@pytest.fixture
def draft_record(school_class: SchoolClass) -> Record:
    return factories.make_draft(school_class)


@pytest.fixture
def reviewed_record(draft_record: Record, teacher: User) -> Record:
    submit_record(record_id=draft_record.pk, by=teacher, at=factories.NOW)
    return Record.objects.get(pk=draft_record.pk)


@pytest.fixture
def signed_record(reviewed_record: Record, head: User, seal: Unit) -> Record:
    """Signed for real: rendered, both signatures, time-stamps."""
    sign_record(record_id=reviewed_record.pk, by=head, at=factories.NOW)
    return Record.objects.get(pk=reviewed_record.pk)


@pytest.fixture
def locked_record(signed_record: Record, officer: User) -> Record:
    lock_record(record_id=signed_record.pk, by=officer, at=factories.NOW)
    return Record.objects.get(pk=signed_record.pk)
