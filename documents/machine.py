"""The machine of a record as a table: for buttons, documentation and tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from django.utils.functional import Promise
from django_fsm import Transition

from .models import Record, State, User


@dataclass(frozen=True)
class Step:
    """One step: from which states, to which (None: stays), who, and with a reason?"""

    name: str
    method: str
    label: Promise | str
    sources: tuple[str, ...]
    target: str | None
    who: Callable[[Record, User], bool]
    conditions: tuple[Callable[[Record], bool], ...]
    needs_reason: bool

    @property
    def permission(self) -> str:
        """The name of the rule that says who may take the step."""
        return self.who.__name__


@cache
def table() -> dict[str, Step]:
    """Every step by name, read from the transitions on Record itself."""
    steps: dict[str, Step] = {}
    for transition in _transitions():
        custom, name = transition.custom, transition.custom["step"]
        earlier = steps[name].sources if name in steps else ()
        steps[name] = Step(
            name=name,
            method=transition.name,
            label=custom["label"],
            sources=tuple(sorted({*earlier, str(transition.source)})),
            target=None if transition.target is None else str(transition.target),
            who=cast(Any, transition.permission),
            conditions=tuple(custom["before"]),
            needs_reason=custom["reason"],
        )
    return dict(sorted(steps.items(), key=lambda item: _position(item[1])))


def _transitions() -> Iterable[Transition]:
    # FSMModelMixin's base adds this method to the model when the class is prepared.
    transitions: Any = Record(state=State.DRAFT)
    return list(transitions.get_all_state_transitions())


def possible(record: Record, step: str) -> bool:
    """Whether the row's own state and facts allow the step to be begun."""
    return record.state in table()[step].sources and all(
        condition(record) for condition in table()[step].conditions
    )


def permitted(record: Record, step: str, user: User) -> bool:
    """Whether the user's assignments allow the step on this record."""
    return table()[step].who(record, user)


def steps_for(record: Record, user: User) -> list[Step]:
    """The steps that ``user`` may take on ``record`` now, in the order of its life."""
    return [
        step
        for name, step in table().items()
        if permitted(record, name, user) and possible(record, name)
    ]


def _position(step: Step) -> tuple[int, str]:
    states = list(State)
    return min(states.index(State(source)) for source in step.sources), step.name
