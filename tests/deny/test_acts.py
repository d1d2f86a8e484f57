"""Every act × everybody: the service itself refuses whom the table does not name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from celery import current_app
from django.db import transaction

import documents
import workflow.services
from documents.errors import RecordsError
from documents.importing.errors import NotAllowedToImport
from documents.models import PackageRun, User
from tests.factories import NOW, YEAR
from workflow import tasks
from workflow.errors import NotAllowed, NotVisible
from workflow.models import Batch
from workflow.services.bulk.batches import start_batch

from . import others
from .acts import ACTS, BATCHES, REASON, Act
from .cast import DEPARTMENT, EVERYBODY, REGISTRAR
from .knocking import writes
from .scene import Scene

pytestmark = pytest.mark.django_db

NO_RIGHT = (NotAllowed, NotVisible, NotAllowedToImport)
PEOPLE = ("by", "actor", "user", "change")
ACTORS = sorted(EVERYBODY - {""})
# A batch and its outcomes are written for everybody; this is what it is about.
LEGAL = ("documents_record", "documents_ledgerentry", "workflow_consent")


def test_the_table_names_every_service_that_takes_a_person():
    named = Counter(str(act) for act in set_of(ACTS))
    named["workflow.services.bulk.batches.start_batch"] = 1
    for group in (
        others.QUESTIONS,
        others.CHECKS,
        others.OWN,
        others.ON_THE_WAY,
        others.WRITTEN_DOWN,
    ):
        named.update(f"{module}.{n}" for module, names in group.items() for n in names)

    found = Counter(
        f"{module.__name__}.{name}"
        for package in (workflow.services, documents)
        for module in modules_of(package)
        for name, service in own_functions(module)
        if takes_a_person(service)
    )

    assert found - named == Counter()
    assert named - found == Counter()


def test_every_task_acts_for_a_person_of_the_table_or_for_nobody():
    names = {
        name.rpartition(".")[2]
        for name in current_app.tasks
        if name.startswith(tasks.__name__)
    }

    for_people = {"run_batch", "run_packages", "report_year"}
    assert names == for_people | others.OF_THE_CLOCK


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_an_act_is_done_for_those_whom_the_table_names(
    subtests: Any, scene: Scene, act: Act
):
    for name in ACTORS:
        with subtests.test(actor=name):
            refused, written = attempt(lambda by: act.does(scene, by), scene, name)

            assert (not refused) == (name in act.may)
            if refused:
                assert written == set()


@pytest.mark.parametrize("step", BATCHES)
def test_a_batch_takes_its_step_for_those_whom_the_table_names(
    subtests: Any, scene: Scene, step: str
):
    where, may = BATCHES[step]
    record = scene.records[where]

    def begin(by: User) -> None:
        batch = start_batch(step=step, record_ids=[record.pk], by=by, reason=REASON)
        tasks.run_batch(batch.pk)

    for name in ACTORS:
        with subtests.test(actor=name):
            _refused, written = attempt(begin, scene, name)

            assert bool(written & set(LEGAL)) == (name in may)


@pytest.mark.parametrize("what", ["send", "deliver"])
def test_packages_are_made_for_the_registrar_who_still_is_one(
    subtests: Any, scene: Scene, what: str
):
    """Asked for before the role ended: by whom, the row says."""
    for name in ACTORS:
        with subtests.test(actor=name), transaction.atomic():
            run = PackageRun.objects.create(
                task=what,
                unit=scene.units["school"],
                by=scene.cast[name],
                school_year=YEAR if what == "send" else "",
                sha256=scene.package.sha256 if what == "deliver" else "",
                class_name="3B" if what == "send" else "",
                created_at=NOW,
            )
            tasks.run_packages(run.pk)

            run.refresh_from_db()
            assert (run.error == "not_allowed") == (name not in REGISTRAR)
            transaction.set_rollback(True)


def test_the_ministry_hears_from_the_department_alone(subtests: Any, scene: Scene):
    department = scene.units["dong-thap"].pk

    for name in ACTORS:
        with subtests.test(actor=name):
            refused, written = attempt(
                lambda by: tasks.report_year(department, YEAR, by.pk), scene, name
            )

            assert (not refused) == (name in DEPARTMENT)
            assert bool(written) == (name in DEPARTMENT)


def test_who_started_a_batch_and_has_lost_the_role_takes_nothing_more(scene: Scene):
    """The rest of a batch: tests/concurrency/test_ended_roles.py."""
    records = [scene.records["reviewed"].pk, scene.records["seen"].pk]
    head = scene.cast["head"]
    with transaction.atomic():
        batch = start_batch(step="return", record_ids=records, by=head, reason=REASON)
        head.assignments.update(valid_until=NOW.date().replace(year=2020))
        tasks.run_batch(batch.pk)

        items = Batch.objects.get(pk=batch.pk).items.order_by("pk")
        assert [(one.status, one.error) for one in items] == [
            ("refused", "not_found"),
            ("refused", "not_found"),
        ]
        transaction.set_rollback(True)


def attempt(
    does: Callable[[User], object], scene: Scene, name: str
) -> tuple[bool, set[str]]:
    """Whether the right was refused, and what was written; then all is as before.

    The person is read afresh, as for each request. Who has the right may still be
    stopped by what is asked later: a token that is elsewhere, a field of another.
    """
    refused = False
    with transaction.atomic():
        by = User.objects.get(pk=scene.cast[name].pk)
        with writes() as written:
            try:
                does(by)
            except NO_RIGHT:
                refused = True
            except RecordsError:
                refused = False
        transaction.set_rollback(True)
    return refused, written


def set_of(acts: list[Act]) -> list[Act]:
    """Each service once, however many doors it has."""
    return list({str(act): act for act in acts}.values())


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    apart = ("migrations", "management")
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not set(apart) & set(found.name.split(".")):
            yield importlib.import_module(found.name)


def own_functions(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, one in vars(module).items():
        own = inspect.isfunction(one) and one.__module__ == module.__name__
        if own and not name.startswith("_"):
            yield name, one


def takes_a_person(service: Callable[..., Any]) -> bool:
    return any(
        name in PEOPLE or "User" in str(parameter.annotation)
        for name, parameter in inspect.signature(service).parameters.items()
    )
