"""What a department's calendar begins with, read from the data files."""

from __future__ import annotations

import tomllib
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from ...models import Group
from ...models.reminders import CountedFrom, Lacking

FOLDER = Path(__file__).parents[2] / "data"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DeadlineData(_Data):
    """Month and day, "06-30", in the year that a school year ends in."""

    group: Group
    report_until: str
    lock_on: str

    def dates(self, school_year: str) -> dict[str, date]:
        year = school_year.partition("-")[2]
        return {
            name: date.fromisoformat(f"{year}-{getattr(self, name)}")
            for name in ("report_until", "lock_on")
        }


class QuietData(_Data):
    begins: time
    ends: time


class ReminderData(_Data):
    lacking: Lacking
    to: str
    counted_from: CountedFrom
    days_before: tuple[int, ...]


class CalendarData(_Data):
    deadlines: tuple[DeadlineData, ...]
    quiet: QuietData
    reminders: tuple[ReminderData, ...]


class HolidayData(_Data):
    name: str
    on: tuple[date, ...]
    works: bool = False


class HolidaysData(_Data):
    days: tuple[HolidayData, ...]


@cache
def defaults() -> CalendarData:
    return CalendarData.model_validate(_read("calendar.toml"))


@cache
def holidays() -> HolidaysData:
    return HolidaysData.model_validate(_read("holidays.toml"))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
