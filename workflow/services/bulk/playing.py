"""One act, played through what is known of it to its end, or to a missing answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...signing.asking import Ask, sign_one
from . import consents
from .consents import Asked
from .journal import Journal
from .works import Work


@dataclass(frozen=True)
class Ended:
    """What an act returned."""

    value: Any


def play(work: Work, journal: Journal) -> Ended | list[Asked]:
    """Run the act until a key has to be asked whose holder is not here.

    Nobody signs in a round before all the holders of it have: a seal on what the head
    then declines would be of no use to anybody.
    """
    rounds: Counter[str] = Counter()  # how often each key has been asked
    try:
        asks = next(work.act)
        while True:
            rounds.update({ask.signer for ask in asks})
            if held := held_by_others(work, journal, asks, rounds):
                work.act.close()
                return held
            asks = work.act.send([answer(work, journal, ask) for ask in asks])
    except StopIteration as end:
        return Ended(end.value)


def held_by_others(
    work: Work, journal: Journal, asks: Sequence[Ask], rounds: Mapping[str, int]
) -> list[Asked]:
    """What of a round has no answer, and needs somebody to give it."""
    return [
        consents.asked(work.keys[ask.signer], ask, rounds[ask.signer])
        for ask in asks
        if not work.keys[ask.signer].alone
        and journal.answer(ask.signer, ask.digest) is None
    ]


def answer(work: Work, journal: Journal, ask: Ask) -> bytes:
    """From the journal, or made now by a key that answers at once, and written down."""
    known = journal.answer(ask.signer, ask.digest)
    if known is not None:
        return known
    signature = sign_one(work.keys[ask.signer].provider, ask)
    return journal.keep(ask.signer, ask.digest, signature)
