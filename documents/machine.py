"""The machine of a record as a table: for buttons, documentation and tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django_fsm import Transition, can_proceed, has_transition_perm

from .models import Record, State, User


@dataclass(frozen=True)
class Step:
    """One step: from which states, to which (None: stays), who, and with a reason?"""

    name: str
    method: str
    label: Promise | str
    sources: tuple[str, ...]
    target: str | None
    permission: str
    needs_reason: bool


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
            permission=getattr(transition.permission, "__name__", ""),
            needs_reason=custom.get("reason", False),
        )
    return dict(sorted(steps.items(), key=lambda item: _position(item[1])))


def _transitions() -> Iterable[Transition]:
    # FSMModelMixin's base adds this method to the model when the class is prepared.
    transitions: Any = Record(state=State.DRAFT)
    return list(transitions.get_all_state_transitions())


def possible(record: Record, step: str) -> bool:
    """Whether the row's own state and facts allow the step."""
    return bool(can_proceed(getattr(record, table()[step].method)))


def permitted(record: Record, step: str, user: User) -> bool:
    """Whether the user's assignments allow the step on this record."""
    method = getattr(record, table()[step].method)
    return bool(has_transition_perm(method, user))


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
