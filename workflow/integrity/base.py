"""A finding, the list of checks, and since when something is so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Self

from documents.models import Checkpoint

CHUNK = 2000


@dataclass(frozen=True)
class Flaw:
    """One thing that is not as it must be: a stable code, where, and what.

    It came to be after ``since`` and not later than ``until``: the times of ledger
    lines and checkpoints. None: nothing is known of that side.
    """

    code: str
    where: str
    message: str
    since: datetime | None = None
    until: datetime | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Check = Callable[[], Iterator[Flaw]]
CHECKS: list[Check] = []
# Those that read every file: a checkpoint does without them, the nights share them.
READERS: list[Check] = []


def register(check: Check) -> Check:
    CHECKS.append(check)
    return check


def register_reader(check: Check) -> Check:
    READERS.append(check)
    return check


def flaws(*, read_files: bool = True) -> Iterator[Flaw]:
    """Every finding of every check, each with since when as far as that is known."""
    history = History.load()
    for check in CHECKS:
        for flaw in check():
            yield history.dated(flaw)
    for check in READERS if read_files else ():
        yield from check()


@dataclass(frozen=True)
class History:
    """What the checkpoints found at their times, the newest first."""

    past: list[tuple[datetime, frozenset[tuple[str, str]]]]

    @classmethod
    def load(cls) -> Self:
        rows = Checkpoint.objects.order_by("-number").values_list("at", "findings")
        return cls(
            [
                (at, frozenset((code, where) for code, where in findings))
                for at, findings in rows.iterator(chunk_size=CHUNK)
            ]
        )

    def dated(self, flaw: Flaw) -> Flaw:
        """Between the last checkpoint without the finding and the next one."""
        until = flaw.until
        for at, found in self.past:
            if (flaw.code, flaw.where) not in found:
                since = max(filter(None, (flaw.since, at)))
                return replace(flaw, since=since, until=until)
            until = at
        return replace(flaw, until=until)
