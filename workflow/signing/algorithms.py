"""Which algorithms are good enough, and until when: data, not code.

The rows stand in ``algorithms.toml`` beside this module. A trust store may bring a
file of that name; its rows replace those of the same kind and name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

from asn1crypto import cms, x509

FILE_NAME = "algorithms.toml"
KINDS = ("digest", "signature", "key")


class PolicyUnreadable(ValueError):
    """A policy file says something that cannot be meant; it is never guessed."""


@dataclass(frozen=True)
class Use:
    """One algorithm in use; ``bits`` for keys only."""

    kind: str
    name: str
    bits: int = 0


@dataclass(frozen=True)
class Algorithm:
    """One row of the policy."""

    kind: str
    name: str
    sign: bool
    min_bits: int = 0
    accept_until: date | None = None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        try:
            made = cls(**row)
        except TypeError as error:
            raise PolicyUnreadable(str(error)) from error
        until = made.accept_until
        if made.kind not in KINDS or not isinstance(made.sign, bool):
            raise PolicyUnreadable(f"{row}")
        # A date and time is a date too, but cannot be compared with one.
        if until is not None and type(until) is not date:
            raise PolicyUnreadable(f"accept_until of {made.name} is no date")
        return made

    @property
    def ends(self) -> datetime | None:
        """The first moment at which it is not accepted any more."""
        if self.accept_until is None:
            return None
        return datetime.combine(
            self.accept_until + timedelta(days=1), time.min, tzinfo=UTC
        )


@dataclass(frozen=True)
class AlgorithmPolicy:
    """The rows in force. What no row names is not accepted at all."""

    rows: tuple[Algorithm, ...]

    def find(self, use: Use) -> Algorithm | None:
        fitting = [
            row
            for row in self.rows
            if (row.kind, row.name) == (use.kind, use.name) and row.min_bits <= use.bits
        ]
        return max(fitting, key=lambda row: row.min_bits, default=None)

    def accepts(self, uses: Iterable[Use], at: datetime) -> bool:
        """Whether all of them were still good at ``at``."""
        for row in map(self.find, uses):
            if row is None or (row.ends is not None and at >= row.ends):
                return False
        return True

    def may_sign(self, uses: Iterable[Use], at: datetime) -> bool:
        """Whether something new may be signed with all of them."""
        uses = list(uses)
        allowed = all(row and row.sign for row in map(self.find, uses))
        return allowed and self.accepts(uses, at)

    def ends(self, uses: Iterable[Use]) -> datetime | None:
        """When the first of them is not accepted any more; None if no end is known."""
        rows = map(self.find, uses)
        return min((row.ends for row in rows if row and row.ends), default=None)

    def replaced_by(self, rows: Iterable[Algorithm]) -> Self:
        """This policy with the rows of a trust store in place of its own."""
        rows = tuple(rows)
        names = {(row.kind, row.name) for row in rows}
        kept = [row for row in self.rows if (row.kind, row.name) not in names]
        return type(self)((*kept, *rows))


def read_rows(text: str) -> tuple[Algorithm, ...]:
    """The rows of a policy file. Raises PolicyUnreadable."""
    try:
        rows = tomllib.loads(text).get("algorithm", [])
    except tomllib.TOMLDecodeError as error:
        raise PolicyUnreadable(str(error)) from error
    return tuple(Algorithm.from_row(row) for row in rows)


@cache
def default_policy() -> AlgorithmPolicy:
    """The policy of this release."""
    text = Path(__file__).with_name(FILE_NAME).read_text(encoding="utf-8")
    return AlgorithmPolicy(read_rows(text))


def uses_of_key(certificate: x509.Certificate) -> Use:
    key = certificate.public_key
    return Use("key", str(key.algorithm), int(key.bit_size))


def uses_of_signer(info: cms.SignerInfo, leaf: x509.Certificate) -> list[Use]:
    """What a signature or a time-stamp was made with."""
    return [
        Use("digest", str(info["digest_algorithm"]["algorithm"].native)),
        Use("signature", str(info["signature_algorithm"].signature_algo)),
        uses_of_key(leaf),
    ]


def uses_of_certificate(certificate: x509.Certificate) -> list[Use]:
    """What the issuer signed a certificate with."""
    algorithm = certificate["signature_algorithm"]
    return [
        Use("digest", str(algorithm.hash_algo)),
        Use("signature", str(algorithm.signature_algo)),
    ]
