from __future__ import annotations

from celery.schedules import crontab
from django.conf import settings

from workflow.celery import app, by_the_clock


def test_an_hour_in_the_settings_is_every_night_at_that_hour():
    assert by_the_clock("02:10") == crontab(hour=2, minute=10)
    assert by_the_clock(60.0) == 60.0


def test_every_entry_of_the_schedule_can_be_kept():
    schedules = {
        name: entry["schedule"] for name, entry in app.conf.beat_schedule.items()
    }

    assert schedules.keys() == settings.CELERY_BEAT_SCHEDULE.keys()
    assert not [one for one in schedules.values() if isinstance(one, str)]
