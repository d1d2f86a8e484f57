"""A season of reports in a province, played day by day: what a forecast is judged by.

Nothing here knows how the forecast thinks. Every person has a pace, days without any
work, and a manner; the same seed gives the same season.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from workflow.services.season.pace import (
    WINDOW,
    Bottleneck,
    ClassFlow,
    Forecast,
    SchoolFlow,
    forecast,
    norms_of,
)

SCHOOLS = 390
SEASON = 15  # working days until the reports are due
LENGTH = 45  # working days that are played
LEADS = (10, 5, 3)  # working days before the deadline at which it is asked


class Manner(StrEnum):
    STEADY = "steady"
    LATE = "late starters"
    SLOW = "one slow teacher"
    AWAY = "head away for a week"


SHARES = (
    (Manner.STEADY, 0.4),
    (Manner.LATE, 0.2),
    (Manner.SLOW, 0.2),
    (Manner.AWAY, 0.2),
)


@dataclass
class Teacher:
    starts: int
    pace: float
    diligence: float  # the share of days on which something is done


@dataclass
class Head:
    capacity: float
    diligence: float
    away: range


@dataclass
class PlayedClass:
    key: int
    teacher: Teacher
    drafts: int
    reviewed: int = 0
    signed: int = 0
    submitted: list[int] = field(default_factory=list)
    signed_by_day: list[int] = field(default_factory=list)


@dataclass
class PlayedSchool:
    """A school as it went: ``ended`` is the day of its last signature."""

    key: int
    manner: Manner
    head: Head
    classes: list[PlayedClass]
    ended: int | None = None
    snapshots: dict[int, SchoolFlow] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return sum(one.drafts + one.reviewed for one in self.classes)


def play(seed: int = 2026, schools: int = SCHOOLS) -> list[PlayedSchool]:
    """A whole season; each school keeps what was known on the mornings of LEADS."""
    random = Random(seed)
    played = [_school(number, random) for number in range(1, schools + 1)]
    mornings = {SEASON - lead for lead in LEADS}
    for day in range(LENGTH):
        for school in played:
            if day in mornings:
                school.snapshots[day] = _snapshot(school)
            _work(school, day, random)
            if school.ended is None and not school.left:
                school.ended = day
    return played


def _school(number: int, random: Random) -> PlayedSchool:
    shares = dict(SHARES)
    manner = random.choices(list(shares), list(shares.values()))[0]
    classes = [
        _class(number * 100 + order, manner, random)
        for order in range(random.randint(8, 24))
    ]
    if manner is Manner.SLOW:
        slow = random.choice(classes)
        slow.teacher.pace /= 3
        slow.teacher.diligence = 0.9
    total = sum(one.drafts for one in classes)
    begins = random.randint(4, 9)
    away = range(begins, begins + 5) if manner is Manner.AWAY else range(0)
    head = Head(total * random.uniform(0.09, 0.3), random.uniform(0.8, 1.0), away)
    return PlayedSchool(number, manner, head, classes)


def _class(key: int, manner: Manner, random: Random) -> PlayedClass:
    size = random.randint(25, 42)
    late = manner is Manner.LATE
    starts = random.randint(5, 8) if late else random.randint(0, 3)
    days = random.uniform(4, 7) if late else random.uniform(6, 10)
    teacher = Teacher(starts, size / days, random.uniform(0.75, 1.0))
    return PlayedClass(key, teacher, size)


def _work(school: PlayedSchool, day: int, random: Random) -> None:
    for one in school.classes:
        one.submitted.append(_submit(one, day, random))
    _sign(school, day, random)
    for one in school.classes:
        # Some come back, and are submitted again.
        returned = sum(random.random() < 0.02 for _n in range(one.reviewed))
        one.reviewed -= returned
        one.drafts += returned
        one.submitted[-1] -= returned


def _submit(one: PlayedClass, day: int, random: Random) -> int:
    teacher = one.teacher
    if day < teacher.starts or random.random() > teacher.diligence:
        return 0
    pace = teacher.pace / teacher.diligence * random.uniform(0.5, 1.5)
    done = min(one.drafts, max(1, round(pace)))
    one.drafts -= done
    one.reviewed += done
    return done


def _sign(school: PlayedSchool, day: int, random: Random) -> None:
    head = school.head
    works = day not in head.away and random.random() < head.diligence
    able = round(head.capacity * random.uniform(0.7, 1.3)) if works else 0
    for one in sorted(school.classes, key=lambda c: -c.reviewed):
        done = min(able, one.reviewed)
        one.reviewed -= done
        one.signed += done
        one.signed_by_day.append(done)
        able -= done
    school.classes.sort(key=lambda c: c.key)


def _snapshot(school: PlayedSchool) -> SchoolFlow:
    classes = [
        ClassFlow(
            key=one.key,
            name=str(one.key),
            drafts=one.drafts,
            reviewed=one.reviewed,
            signed=one.signed,
            submitted=_last(one.submitted),
            signed_by_day=_last(one.signed_by_day),
        )
        for one in school.classes
    ]
    return SchoolFlow(school.key, classes)


def _last(days: Sequence[int]) -> list[int]:
    return ([0] * WINDOW + list(days))[-WINDOW:]


# -- Judging -----------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One school that had work left, what was said of it, and what came."""

    school: PlayedSchool
    said: Forecast
    really: int
    truth: Bottleneck | None

    @property
    def is_right(self) -> bool:
        return self.said.days is not None and abs(self.said.days - self.really) <= 1

    def knows_whether_late(self, lead: int) -> bool:
        """Whether it is said rightly that the school keeps or misses the deadline."""
        last = lead - 1
        says = self.said.days is None or self.said.days > last
        return says == (self.really > last)

    @property
    def names_the_step(self) -> bool:
        said, truth = self.said.bottleneck, self.truth
        return said is not None and truth is not None and said.step == truth.step

    @property
    def names_the_class(self) -> bool:
        said, truth = self.said.bottleneck, self.truth
        assert said is not None and truth is not None
        by_step = said.step == truth.step
        return by_step and (said.step == "sign" or said.class_key == truth.class_key)


def cases(played: Sequence[PlayedSchool], lead: int) -> list[Case]:
    """The forecasts of one morning beside what came; finished schools are out."""
    morning = SEASON - lead
    flows = {school.key: school.snapshots[morning] for school in played}
    norms = norms_of(list(flows.values()))
    return [
        Case(
            school,
            forecast(flows[school.key], norms),
            school.ended - morning,
            _truth(school, morning),
        )
        for school in played
        if flows[school.key].left and school.ended is not None
    ]


def _truth(school: PlayedSchool, morning: int) -> Bottleneck | None:
    """What held the school up: who ended last, if nobody ended beside them."""
    assert school.ended is not None
    ends = {
        one.key: max((d for d, n in enumerate(one.submitted) if n > 0), default=-1)
        for one in school.classes
    }
    last = max(ends.values())
    if school.ended - last >= 2:
        return Bottleneck("sign", 0, "", 0)
    slowest = [key for key, day in ends.items() if day == last]
    if last < morning or len(slowest) > 1:
        return None
    return Bottleneck("submit", slowest[0], str(slowest[0]), 0)


def accuracy(played: Sequence[PlayedSchool]) -> Iterator[dict[str, Any]]:
    """For each lead: how many were asked about, and how often it was right."""
    for lead in LEADS:
        found = cases(played, lead)
        told = [case for case in found if case.truth is not None]
        yield {
            "lead": lead,
            "schools": len(found),
            "finish": _share([case.is_right for case in found]),
            "best_constant": best_constant(found),
            "on_the_day": _share([abs(c.really - (lead - 1)) <= 1 for c in found]),
            "late": _share([c.knows_whether_late(lead) for c in found]),
            "step": _share([case.names_the_step for case in told]),
            "class": _share([case.names_the_class for case in told]),
            "told": len(told),
            "by_manner": {
                str(manner): _share(
                    [c.is_right for c in found if c.school.manner is manner]
                )
                for manner in Manner
            },
        }


def best_constant(found: Sequence[Case]) -> float:
    """How often the one day that fits most schools would have been right: hindsight."""
    days = [case.really for case in found]
    return max(
        _share([abs(day - guess) <= 1 for day in days]) for guess in range(LENGTH)
    )


def _share(outcomes: Sequence[bool]) -> float:
    return sum(outcomes) / len(outcomes) if outcomes else 0.0
