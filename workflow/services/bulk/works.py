"""A step that needs keys, as whoever runs it sees it: one record, its keys, its act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from documents.models import Record, User
from documents.rendering import FormInput, render_pdf

from ...signing.asking import Act, carry_out
from ...signing.longterm import Keeper
from ..keys.keyring import Key, Keyring


@dataclass(frozen=True)
class Desk:
    """What a step works with: keys, who makes files last, what renders pages."""

    keys: Keyring
    keeper: Keeper
    render: Callable[[FormInput], bytes] = render_pdf

    @classmethod
    def plain(cls) -> Desk:
        """For one record, at once, with nothing kept."""
        keys = Keyring()
        return cls(keys, keys.keeper)


@dataclass(frozen=True)
class Work:
    """What is left to do for one record after its rules have been checked.

    ``act`` asks for signatures by the names in ``keys``; ``enter`` writes down what it
    returns and is called once.
    """

    keys: Mapping[str, Key]
    act: Act[Any] = field(repr=False)
    enter: Callable[[Any], Record]

    def do(self) -> Record:
        """With keys that answer at once. Raises what act, keys and ``enter`` raise."""
        providers = {slot: key.provider for slot, key in self.keys.items()}
        return self.enter(carry_out(self.act, providers))


class Worker(Protocol):
    """Begins a step on one record; slow parts and questions stand in the act.

    The same arguments ask for the same signatures, at whatever time it is called
    again: that is what makes a batch resume without signing anything twice.
    """

    def __call__(
        self, *, record_id: int, by: User, at: datetime, desk: Desk, reason: str = ""
    ) -> Work: ...
