"""The chart of the season: what was signed each day, and what each day needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from documents.workbooks import Table
from workflow.services.season.outlook import Season, SeasonDay, season_of

from .downloads import workbook_of
from .units import OfUnit, records_below

WIDTH, HEIGHT = 720, 280
LEFT, TOP, RIGHT, BOTTOM = 56, 12, 8, 40
# So many lines across, and a date below every so many days.
LINES = 4
DATED = 5


@dataclass(frozen=True)
class Bar:
    """One day as it is drawn; ``height`` is 0 for a day to come."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    date: str
    done: int | None
    needed: int


@dataclass(frozen=True)
class Chart:
    """Where everything of the picture stands, in the units of its view box."""

    bars: list[Bar]
    line: str
    grid: list[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def chart_of(season: Season) -> Chart:
    """Bars for what was done, a stepped line for what was needed."""
    days = season.days
    most = max([1, *(max(day.done or 0, day.needed) for day in days)])
    top, ticks = _scale(most)
    room = HEIGHT - TOP - BOTTOM
    wide = (WIDTH - LEFT - RIGHT) / max(len(days), 1)
    bars = [_bar(number, day, wide, room / top) for number, day in enumerate(days)]
    points = []
    for number, day in enumerate(days):
        y = _place(day.needed * room / top)
        points += [
            f"{LEFT + number * wide:.1f},{y}",
            f"{LEFT + (number + 1) * wide:.1f},{y}",
        ]
    grid = [(_place(tick * room / top), tick) for tick in ticks]
    return Chart(bars, " ".join(points), grid)


def _bar(number: int, day: SeasonDay, wide: float, scale: float) -> Bar:
    height = round(max(day.done or 0, 0) * scale, 1)
    x = LEFT + number * wide
    return Bar(
        x=round(x + wide * 0.15, 1),
        y=_place(height),
        width=round(wide * 0.7, 1),
        height=height,
        middle=round(x + wide / 2, 1),
        date=f"{day.day:%d/%m}" if number % DATED == 0 else "",
        done=day.done,
        needed=day.needed,
    )


def _place(height: float) -> float:
    return round(HEIGHT - BOTTOM - height, 1)


def _scale(most: int) -> tuple[int, list[int]]:
    """A round number at or above the most, and the lines below it."""
    unit = 1
    while unit * 10 * LINES < most:
        unit *= 10
    step = next(n * unit for n in (1, 2, 3, 5, 10) if n * unit * LINES >= most)
    return step * LINES, [step * number for number in range(LINES + 1)]


class SeasonView(OfUnit):
    """As a page with its table, as a part of the tree's page, as SVG, as a workbook."""

    template_name = "cms/staff/season.html"
    header_icon = "history"

    @cached_property
    def season(self) -> Season | None:
        records = records_below(self.request.user, self.unit, "")
        return season_of(records, self.unit, self.year)

    def get_page_title(self) -> str:
        return _("The season")

    def get_template_names(self) -> list[str]:
        part = "part" in self.request.GET
        return ["cms/staff/includes/season.html" if part else str(self.template_name)]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        match request.GET.get("format"):
            case "xlsx":
                rows = season_rows(self._there())
                name = f"{self.unit.code}-{self.year}-season"
                return workbook_of(name, Table(_("The season"), rows))
            case "svg":
                return self._picture()
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        season = self.season
        return super().get_context_data(
            season=season,
            chart=chart_of(season) if season else None,
            last=_last(season),
            today=_next(season),
            **kwargs,
        )

    def _there(self) -> Season:
        if self.season is None:
            raise Http404
        return self.season

    def _picture(self) -> HttpResponse:
        season = self._there()
        response = render(
            self.request,
            "cms/staff/includes/season.svg",
            {
                "chart": chart_of(season),
                "season": season,
                "unit": self.unit,
                "year": self.year,
                "alone": True,
            },
            content_type="image/svg+xml",
        )
        name = f"{self.unit.code}-{self.year}-season.svg"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def season_rows(season: Season) -> list[tuple[str | int | None, ...]]:
    """A header, then one line for each working day."""
    head = (_("Day"), _("Signed"), _("Needed"))
    return [head, *((f"{d.day:%d/%m/%Y}", d.done, d.needed) for d in season.days)]


def _last(season: Season | None) -> SeasonDay | None:
    """The last day that is over, or the one that is running."""
    done = [day for day in season.days if day.done is not None] if season else []
    return done[-1] if done else None


def _next(season: Season | None) -> date | None:
    """The day from which on the line is what is still needed."""
    coming = [day.day for day in season.days if day.done is None] if season else []
    return coming[0] if coming else None
