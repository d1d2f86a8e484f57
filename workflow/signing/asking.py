"""Work that needs keys, written as if every key answered at once.

A generator does the work. Where a signature is needed it yields one ``Ask`` for each
and is sent the signatures in the same order; it never sees a key. Keys that answer at
once are asked by ``carry_out``. A batch runs many such generators side by side, asks
each key once for all that they need, and keeps each answer before it is used.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from workflow.signing.providers.base import Provider

T = TypeVar("T")


@dataclass(frozen=True)
class Ask:
    """One SHA-256 digest that the key of ``signer`` is asked to sign.

    ``signer`` is the slot for which the key was described: "head", "seal", ….
    """

    signer: str
    digest: bytes


Act = Generator[Sequence[Ask], Sequence[bytes], T]


def carry_out(act: Act[T], providers: Mapping[str, Provider]) -> T:
    """Run the act to its end and return its result. Raises what it and the keys do."""
    try:
        asks = next(act)
        while True:
            asks = act.send([sign_one(providers[ask.signer], ask) for ask in asks])
    except StopIteration as end:
        result: T = end.value
    return result


def sign_one(provider: Provider, ask: Ask) -> bytes:
    authorisation = provider.authorise([ask.digest])
    (signature,) = provider.sign([ask.digest], authorisation)
    return signature
