"""A state is a word and a shape, never a colour alone; the same everywhere."""

from __future__ import annotations

from documents.models import State

SHAPES: dict[str, str] = {
    State.DRAFT: "○",
    State.REVIEWED: "◔",
    State.SIGNED: "◑",
    State.LOCKED: "●",
    State.TRANSFERRED: "➜",
}


def shape(state: str) -> str:
    return SHAPES.get(state, "?")


def word(state: str) -> str:
    """The state as people read it, in the reader's language."""
    return str(State(state).label)
