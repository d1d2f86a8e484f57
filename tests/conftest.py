from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import setup_databases
from django.utils import translation
from playwright.sync_api import expect

from documents.models import Record, SchoolClass, Unit, User
from tests import factories
from tests.installation import Installation, as_tested, give_back
from tests.shared import Shared
from workflow.memory import keep_what_is_loaded
from workflow.services import lock_record, sign_record, submit_record

# Of the database that is no test database.
NAME = connection.settings_dict["NAME"]


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Installation]:
    """Migrated once; a copy of it is what the database is after transactional tests.

    Django would leave it without the rows of the migrations, and only for those tests
    that happen to run later in the same process.
    """

    def begin_again(test: Any) -> None:
        give_back(made)

    with django_db_blocker.unblock():
        if connection.settings_dict["NAME"] == NAME:
            # None of the tests at hand looks into it, but some want a copy.
            setup_databases(verbosity=0, interactive=False)
        made = as_tested(tmp_path_factory.mktemp("migrated") / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", begin_again)
        yield made
    made.drop()


@pytest.fixture(scope="session")
def migrated(django_db_setup: Installation) -> Installation:
    """An empty installation on the database of the tests: to copy, not to change."""
    return django_db_setup


@pytest.fixture(scope="session")
def demo_template(
    migrated: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """An installation with the demo, loaded once for all processes of the tests."""

    def load(folder: Path) -> Installation:
        made = migrated.copy(folder)
        for word in ("load_demo", "setup_site"):
            done = made.manage(word)
            assert done.returncode == 0, done.stderr
        made.rest()
        return made

    return Shared(common_folder(tmp_path_factory)).get("demo", load)


def common_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all processes of this run of the tests."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What the processes of the tests had in common goes with the last of them."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        factory: Any = session.config._tmp_path_factory  # type: ignore[attr-defined]
        Shared(common_folder(factory)).drop()


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
