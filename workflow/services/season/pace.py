"""When a school will finish, from what it did on each working day.

Pure arithmetic on counts; the formulas and their reasons stand in
docs/explanation/forecast.md. Days are numbers of working days: 0 is the first one on
which somebody can still work, counts of the past are listed oldest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median
from typing import Literal

# How many working days of the past are looked at, and what one more day of age costs.
WINDOW = 10
DECAY = 0.94
# How many days' worth of evidence the others' pace is, beside somebody's own ...
PRIOR_DAYS = 5.0
HEAD_PRIOR = 0.5
# ... and how fast that falls for somebody who is slower than the others.
DOUBT = 5
# Nobody is taken to do less than one record in four days.
LEAST = 0.25
# A signer who left a queue lie for so many working days is away, not slow ...
AWAY_AFTER = 2
# ... and is expected back after a working week.
AWAY_FOR = 5
# Whoever signs for longer than this after the last sheet came in is the bottleneck.
SLACK = 2
HORIZON = 60
ROUNDING = 1e-9

Step = Literal["submit", "sign"]


@dataclass
class ClassFlow:
    """One class: what stands in each state now, and what moved on each past day.

    ``submitted`` is net of what was returned, ``signed_by_day`` net of recalls.
    """

    key: int
    name: str
    drafts: int = 0
    reviewed: int = 0
    signed: int = 0
    locked: int = 0
    submitted: list[int] = field(default_factory=lambda: [0] * WINDOW)
    signed_by_day: list[int] = field(default_factory=lambda: [0] * WINDOW)

    @property
    def total(self) -> int:
        return self.drafts + self.reviewed + self.signed + self.locked

    @property
    def began_in_window(self) -> bool:
        """Whether all that was ever submitted was submitted in the window."""
        return self.total - self.drafts <= sum(self.submitted)


@dataclass
class SchoolFlow:
    key: int
    classes: list[ClassFlow] = field(default_factory=list)

    @property
    def left(self) -> int:
        return sum(one.drafts + one.reviewed for one in self.classes)


@dataclass(frozen=True)
class Norms:
    """The usual pace of the province: what is expected of who has not begun.

    ``submit`` is the share of a class that its teacher submits in a day, ``sign`` the
    share of a school that its head signs.
    """

    submit: float = 0.15
    sign: float = 0.15


@dataclass(frozen=True)
class Bottleneck:
    """What the school waits for longest: the step, the class, how many lie there."""

    step: Step
    class_key: int
    class_name: str
    count: int


@dataclass(frozen=True)
class Forecast:
    """``days`` until the last signature, None beyond the horizon or with nothing left.

    ``submit_days`` is the same for the last submission, ``class_days`` for that of
    each class which has drafts.
    """

    days: int | None
    submit_days: int | None
    bottleneck: Bottleneck | None
    class_days: dict[int, int | None] = field(default_factory=dict)


def norms_of(schools: Sequence[SchoolFlow]) -> Norms:
    """The medians of those who work; the defaults where nobody does yet."""
    submit = [
        _mean(days, 0.0, 0.0) / one.total
        for school in schools
        for one in school.classes
        if one.total and (days := [d for d in _teacher_days(one) if not d.emptied])
    ]
    sign = [
        pace(days, 0.0, 0.0) / sum(one.total for one in school.classes)
        for school in schools
        if (days := _head_days(school))
    ]
    return Norms(
        median(submit) if submit else Norms.submit, median(sign) if sign else Norms.sign
    )


def forecast(school: SchoolFlow, norms: Norms) -> Forecast:
    """Walk the school forward, each class at its pace, the head behind all of them."""
    if not school.left:
        return Forecast(None, None, None)
    share = colleagues_share(school, norms)
    rates = {one.key: submit_rate(one, share) for one in school.classes if one.drafts}
    ends = {c.key: _submit_end(c, rates[c.key]) for c in school.classes if c.drafts}
    days = _walk(school, rates, norms)
    submit_days = max(ends.values(), default=None)
    return Forecast(
        days,
        _within(submit_days),
        _bottleneck(school, ends, days),
        {key: _within(day) for key, day in ends.items()},
    )


# -- The pace of one person --------------------------------------------------------


@dataclass(frozen=True)
class Observed:
    """One past working day of one person: how many, and whether all that there was.

    A day on which everything was done shows a least, not a most.
    """

    weight: float
    done: int
    emptied: bool


def pace(days: Sequence[Observed], expected: float, prior: float) -> float:
    """Records a day: days weighted by age, with ``prior`` days of what is expected.

    r = (Σ wᵈ nᵈ + κ m) / (Σ wᵈ + κ); a day that emptied the queue counts for no less
    than the others, which show what the person can do.
    """
    full = [one for one in days if not one.emptied]
    rate = _mean(full, expected, prior)
    least = [
        Observed(one.weight, max(one.done, 0), True) for one in days if one.emptied
    ]
    if not least:
        return rate
    weight = sum(one.weight for one in full) + prior
    more = sum(one.weight * max(one.done, rate) for one in least)
    return (rate * weight + more) / (weight + sum(one.weight for one in least))


def _mean(days: Sequence[Observed], expected: float, prior: float) -> float:
    done = sum(one.weight * one.done for one in days) + prior * expected
    weight = sum(one.weight for one in days) + prior
    return max(done / weight, 0.0) if weight else expected


def _weights(count: int) -> list[float]:
    return [DECAY**age for age in range(count - 1, -1, -1)]


def _stock(left: int, came: Sequence[int], went: Sequence[int]) -> list[int]:
    """What lay there in the evening before the window and after each of its days."""
    found = [left]
    for arrived, done in zip(reversed(came), reversed(went), strict=True):
        left += done - arrived
        found.append(left)
    return [max(count, 0) for count in reversed(found)]


# -- The class teachers ------------------------------------------------------------


def submit_rate(one: ClassFlow, share: float) -> float:
    """Records a day that the class teacher submits.

    ``share`` of a class is what colleagues do; it counts for less the more clearly
    this teacher is slower than they are.
    """
    expected = max(share * one.total, LEAST)
    days = _teacher_days(one)
    full = [day for day in days if not day.emptied]
    seen = min(1.0, sum(day.weight for day in full) / WINDOW)
    slower = min(1.0, _mean(full, expected, 0.0) / expected)
    prior = PRIOR_DAYS * slower ** (DOUBT * seen)
    return max(pace(days, expected, prior), LEAST)


def colleagues_share(school: SchoolFlow, norms: Norms) -> float:
    """The share of a class that teachers of the school submit in a day.

    Where hardly one has begun, it is nearly the province's.
    """
    size = sum(one.total for one in school.classes) / len(school.classes)
    done, base = PRIOR_DAYS * norms.submit * size, PRIOR_DAYS * size
    for one in school.classes:
        for day in _teacher_days(one):
            if not day.emptied:
                done += day.weight * day.done
                base += day.weight * one.total
    return max(done / base, 0.0) if base else norms.submit


def _teacher_days(one: ClassFlow) -> list[Observed]:
    """The days since the class began on which there was something to submit."""
    stock = _stock(one.drafts, [0] * len(one.submitted), one.submitted)
    days = list(
        zip(_weights(len(one.submitted)), one.submitted, stock[1:], strict=True)
    )
    begun = next((i for i, n in enumerate(one.submitted) if n > 0), len(days))
    first = begun if one.began_in_window else 0
    return [
        Observed(weight, done, emptied=left == 0)
        for before, (weight, done, left) in zip(
            stock[first:], days[first:], strict=False
        )
        if before > 0
    ]


def _submit_end(one: ClassFlow, rate: float) -> int:
    return _days(one.drafts, rate) - 1


def _days(count: int, rate: float) -> int:
    return ceil(count / rate - ROUNDING)


# -- The head ----------------------------------------------------------------------


def sign_capacity(school: SchoolFlow, norms: Norms) -> float:
    """Records a day that the head can sign, also if so many have not come in yet."""
    total = sum(one.total for one in school.classes)
    return max(pace(_head_days(school), norms.sign * total, HEAD_PRIOR), 1.0)


def days_away(school: SchoolFlow) -> int:
    """For how many working days the head has let the queue lie, up to now."""
    away = 0
    for signed, before in zip(
        _signed(school)[::-1], _queues(school)[-2::-1], strict=True
    ):
        if signed > 0 or before == 0:
            break
        away += 1
    return away


def _head_days(school: SchoolFlow) -> list[Observed]:
    """The days on which something lay there; a lone day off counts, an absence not."""
    signed, queue = _signed(school), _queues(school)
    lying = [n <= 0 and before > 0 for n, before in zip(signed, queue, strict=False)]
    begun = next((i for i, n in enumerate(signed) if n > 0), len(signed))
    return [
        Observed(weight, max(n, 0), emptied=queue[day + 1] == 0)
        for day, (weight, n) in enumerate(
            zip(_weights(len(signed)), signed, strict=True)
        )
        if day >= begun and (n > 0 or (lying[day] and not _is_absence(lying, day)))
    ]


def _queues(school: SchoolFlow) -> list[int]:
    left = sum(one.reviewed for one in school.classes)
    return _stock(left, _submitted(school), _signed(school))


def _is_absence(lying: Sequence[bool], day: int) -> bool:
    """Whether that day belongs to two or more in a row on which the queue lay."""
    before = day > 0 and lying[day - 1]
    after = day + 1 < len(lying) and lying[day + 1]
    return lying[day] and (before or after)


def _submitted(school: SchoolFlow) -> list[int]:
    days = zip(*(one.submitted for one in school.classes), strict=True)
    return [sum(day) for day in days]


def _signed(school: SchoolFlow) -> list[int]:
    days = zip(*(one.signed_by_day for one in school.classes), strict=True)
    return [sum(day) for day in days]


# -- Both together -----------------------------------------------------------------


def _walk(school: SchoolFlow, rates: dict[int, float], norms: Norms) -> int | None:
    """The day on which the head signs the last record; None beyond the horizon."""
    capacity = sign_capacity(school, norms)
    away = days_away(school)
    back = max(1, AWAY_FOR - away) if away >= AWAY_AFTER else 0
    coming = [(one.drafts, rates[one.key]) for one in school.classes if one.drafts]
    queue = float(sum(one.reviewed for one in school.classes))
    last = max((_days(drafts, rate) for drafts, rate in coming), default=0) - 1
    came = 0.0
    for day in range(HORIZON):
        now = sum(min(drafts, rate * (day + 1)) for drafts, rate in coming)
        queue, came = queue + now - came, now
        if day >= back:
            queue -= min(queue, capacity)
        if day >= last and queue < 0.5:
            return day
    return None


def _bottleneck(
    school: SchoolFlow, ends: dict[int, int], days: int | None
) -> Bottleneck | None:
    """The head, if signing outlasts the last submission by days; else the class."""
    last = max(ends.values(), default=-1)
    if last < 0 or (last < HORIZON and (days is None or days - last >= SLACK)):
        one = max(school.classes, key=lambda c: (c.reviewed, c.drafts, -c.key))
        count = sum(c.reviewed for c in school.classes)
        return Bottleneck("sign", one.key, one.name, count)
    slowest = max(ends, key=lambda key: (ends[key], -key))
    one = next(c for c in school.classes if c.key == slowest)
    return Bottleneck("submit", one.key, one.name, one.drafts)


def _within(days: int | None) -> int | None:
    return days if days is not None and days < HORIZON else None
