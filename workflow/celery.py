"""The one Celery application: `celery -A workflow worker`."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_process_init
from django.conf import settings
from kombu.utils.url import parse_url

from workflow.memory import keep_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.dev")


class Application(Celery):
    """Celery that makes the folders of its filesystem broker before it connects."""

    def connection_for_read(self, *args: Any, **options: Any) -> Any:
        make_broker_folders()
        return super().connection_for_read(*args, **options)

    def connection_for_write(self, *args: Any, **options: Any) -> Any:
        make_broker_folders()
        return super().connection_for_write(*args, **options)


def make_broker_folders() -> None:
    """Create what the filesystem broker writes to; other brokers need nothing."""
    if parse_url(settings.CELERY_BROKER_URL)["transport"] != "filesystem":
        return
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    for key in ("data_folder_in", "data_folder_out", "control_folder"):
        Path(options[key]).mkdir(parents=True, exist_ok=True)


app = Application("hocba")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def read_the_clock(sender: Celery, **kwargs: Any) -> None:
    """Settings write "02:10" for every night at that time: they know no Celery."""
    sender.conf.beat_schedule = {
        name: entry | {"schedule": by_the_clock(entry["schedule"])}
        for name, entry in sender.conf.beat_schedule.items()
    }


def by_the_clock(schedule: Any) -> Any:
    if not isinstance(schedule, str):
        return schedule
    hour, _, minute = schedule.partition(":")
    return crontab(hour=int(hour), minute=int(minute))


@worker_process_init.connect
def begin(**kwargs: Any) -> None:
    keep_what_is_loaded()
