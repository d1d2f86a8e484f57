"""The same tasks on every broker: a real one, a real worker, and `kill -9`."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.installation import Child, Installation, Ready
from tests.workflow.brokers import BROKERS

pytestmark = pytest.mark.concurrency
MANY = 15


@dataclass(frozen=True)
class School:
    """An installation whose batches go through the broker at ``url``."""

    installation: Installation
    url: str

    @property
    def ready(self) -> Ready:
        return Ready.of(self.installation.environment | {"BROKER_URL": self.url})

    def __call__(self, *words: object) -> Any:
        done = self.ready.run("tests.workflow.broker_school", *map(str, words))
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    @contextmanager
    def worker(self) -> Iterator[Child]:
        """As it is deployed, in a group of its own."""
        words = ["worker", "--concurrency", "1", "--loglevel", "warning"]
        log = self.installation.folder / "worker.log"
        child = self.ready.begin("celery", "-A", "workflow", "--quiet", *words, out=log)
        try:
            yield child
        finally:
            if child.poll() is None:
                child.terminate()
            child.wait(timeout=60)


@pytest.fixture(scope="module", params=BROKERS)
def school(
    request: pytest.FixtureRequest,
    migrated: Installation,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[School]:
    with BROKERS[request.param]() as url:
        made = migrated.copy(tmp_path_factory.mktemp(request.param) / "data")
        school = School(made, url)
        school("build")
        yield school
        made.drop()


def test_a_worker_runs_a_batch_to_its_end_on_every_broker(school: School):
    with school.worker():
        batch = school("begin", "3A", 3)

        found = school("report", batch)

    assert found == {"statuses": ["done"] * 3, "submitted": [1] * 3}


def test_what_a_killed_worker_left_is_resumed_on_every_broker(school: School):
    with school.worker() as worker:
        group = os.getpgid(worker.pid)
        before = school("begin_and_kill", "3B", MANY, group)
        assert worker.wait(timeout=60) == -signal.SIGKILL
    assert 1 <= before["done"] < MANY

    with school.worker():
        school("reconcile", before["batch"])
        found = school("report", before["batch"])

    assert found == {"statuses": ["done"] * MANY, "submitted": [1] * MANY}
