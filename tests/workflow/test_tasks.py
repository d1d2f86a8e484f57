from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from documents.models import Artifact, Record
from workflow import tasks
from workflow.celery import app
from workflow.signals import reconciling


@pytest.mark.parametrize("name", settings.CELERY_BEAT_SCHEDULE)
def test_what_beat_calls_exists(name: str):
    app.loader.import_default_modules()

    assert settings.CELERY_BEAT_SCHEDULE[name]["task"] in app.tasks


def test_the_reconciler_makes_up_for_the_dated_file_and_tells_the_later_stages(
    locked_record: Record,
):
    heard: list[str] = []

    def listen(**kwargs: Any) -> None:
        heard.append("reconciling")
        raise RuntimeError("a later stage that fails must not stop the others")

    reconciling.connect(listen)
    try:
        tasks.reconcile.delay()
    finally:
        reconciling.disconnect(listen)

    assert heard == ["reconciling"]
    assert Artifact.objects.filter(purpose="effective").count() == 1


def test_the_reconciler_with_nothing_to_do_does_nothing(db: None):
    tasks.reconcile.delay()
    tasks.lock_what_is_due.delay()

    assert not Artifact.objects.exists()
