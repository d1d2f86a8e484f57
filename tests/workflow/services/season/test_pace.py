"""The arithmetic on schools made by hand, and on a whole season of 390 schools."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import season
from workflow.services.season.pace import (
    AWAY_FOR,
    WINDOW,
    ClassFlow,
    Norms,
    SchoolFlow,
    days_away,
    forecast,
    norms_of,
    sign_capacity,
)

NORMS = Norms(submit=0.1, sign=0.2)


def days(*counts: int) -> list[int]:
    return ([0] * WINDOW + list(counts))[-WINDOW:]


def one_class(key: int = 1, **counts: Any) -> ClassFlow:
    return ClassFlow(key=key, name=f"{key}A", **counts)


def test_a_school_with_nothing_left_has_no_forecast():
    school = SchoolFlow(1, [one_class(signed=30)])

    said = forecast(school, NORMS)

    assert (said.days, said.bottleneck) == (None, None)


def test_a_steady_class_ends_when_its_pace_says():
    steady = one_class(
        drafts=20,
        signed=20,
        submitted=days(4, 4, 4, 4, 4),
        signed_by_day=days(*[4] * 5),
    )

    said = forecast(SchoolFlow(1, [steady]), NORMS)

    assert said.days == said.submit_days == 4
    assert (said.bottleneck.step, said.bottleneck.class_key) == ("submit", 1)


def test_who_has_not_begun_is_expected_to_do_as_the_others_do():
    school = SchoolFlow(1, [one_class(drafts=30)])

    said = forecast(school, Norms(submit=0.2, sign=1.0))

    assert said.days == 4


def test_a_day_on_which_everything_was_done_shows_a_least_and_not_a_most():
    fast = one_class(
        drafts=30, signed=6, submitted=days(3, 3), signed_by_day=days(3, 3)
    )
    school = SchoolFlow(1, [fast])

    assert sign_capacity(school, Norms(submit=0.1, sign=0.5)) > 3


def test_a_queue_that_grows_before_the_head_is_the_bottleneck():
    classes = [
        one_class(
            key,
            drafts=2,
            reviewed=24,
            signed=6,
            submitted=days(8, 8, 8, 6),
            signed_by_day=days(0, 2, 2, 2),
        )
        for key in (1, 2)
    ]

    said = forecast(SchoolFlow(1, classes), NORMS)

    assert said.bottleneck.step == "sign"
    assert said.bottleneck.count == 48
    assert said.days is not None and said.submit_days is not None
    assert said.days > said.submit_days


def test_a_head_who_lets_the_queue_lie_is_away_and_expected_back():
    working = one_class(
        reviewed=20, signed=20, submitted=days(*[5] * 8), signed_by_day=days(*[5] * 4)
    )
    working.signed_by_day = days(5, 5, 5, 5, 0, 0, 0)
    working.submitted = days(5, 5, 5, 5, 5, 5, 10)
    school = SchoolFlow(1, [working])

    said = forecast(school, NORMS)

    assert days_away(school) == 2
    assert said.days is not None and said.days >= AWAY_FOR - 2
    assert said.bottleneck.step == "sign"


def test_the_slow_class_is_named_among_quick_ones():
    quick = [
        one_class(
            key,
            drafts=4,
            signed=32,
            submitted=days(*[4] * 8),
            signed_by_day=days(*[4] * 8),
        )
        for key in range(1, 6)
    ]
    slow = one_class(
        9, drafts=28, signed=8, submitted=days(*[1] * 8), signed_by_day=days(*[1] * 8)
    )

    said = forecast(SchoolFlow(1, [*quick, slow]), NORMS)

    assert (said.bottleneck.class_key, said.bottleneck.count) == (9, 28)
    assert said.days is not None and said.days > 10


def test_what_nobody_ever_ends_has_no_day():
    many = one_class(drafts=40_000, submitted=days(1), signed=1, signed_by_day=days(1))

    said = forecast(SchoolFlow(1, [many]), Norms(submit=0.0001, sign=0.1))

    assert said.days is None and said.submit_days is None


def test_the_norms_of_nobody_are_the_defaults():
    assert norms_of([SchoolFlow(1, [one_class(drafts=3)])]) == Norms()


# -- A season of 390 schools -------------------------------------------------------


@pytest.fixture(scope="module")
def judged() -> dict[int, dict[str, Any]]:
    return {row["lead"]: row for row in season.accuracy(season.play(2026))}


def test_the_same_seed_plays_the_same_season():
    first, second = (season.play(7, schools=20) for _ in range(2))

    assert [s.ended for s in first] == [s.ended for s in second]
    assert len({s.ended for s in first}) > 3


def test_five_and_three_days_before_it_beats_the_best_constant_of_hindsight(
    judged: dict[int, dict[str, Any]],
):
    """No single day fits more than half of the schools, even chosen afterwards."""
    for lead, least in ((5, 0.55), (3, 0.62)):
        row = judged[lead]
        assert row["schools"] > 300
        assert row["best_constant"] < 0.5
        assert row["finish"] >= least
        assert row["finish"] > row["best_constant"] + 0.1


def test_ten_days_before_it_is_a_hint_and_no_more(judged: dict[int, dict[str, Any]]):
    """Half of a season is still chance then; that it says so is part of the figures."""
    assert judged[10]["finish"] >= 0.33
    assert judged[10]["late"] >= 0.65


def test_whether_a_school_misses_the_day_is_known_ahead(
    judged: dict[int, dict[str, Any]],
):
    assert judged[5]["late"] >= 0.72
    assert judged[3]["late"] >= 0.78


@pytest.mark.parametrize(
    "lead,step,named", [(10, 0.75, 0.33), (5, 0.85, 0.6), (3, 0.85, 0.7)]
)
def test_the_bottleneck_is_named_among_some_sixteen_classes_and_a_head(
    judged: dict[int, dict[str, Any]], lead: int, step: float, named: float
):
    assert judged[lead]["told"] > 200
    assert judged[lead]["step"] >= step
    assert judged[lead]["class"] >= named


def test_the_forecast_grows_better_as_the_day_comes_near(
    judged: dict[int, dict[str, Any]],
):
    figures = [judged[lead]["finish"] for lead in season.LEADS]

    assert figures == sorted(figures)
