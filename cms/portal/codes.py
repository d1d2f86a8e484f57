"""Reading a look-up code as people type, paste and misread it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LENGTH = 32
HEX = frozenset("0123456789abcdef")
# No letter on the left stands in a code, so what was meant is clear.
LOOKALIKES = {"o": "0", "q": "0", "l": "1", "i": "1", "z": "2", "s": "5", "g": "9"}
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212_.:{}()]+")
_MAX_TYPED = 400


@dataclass(frozen=True)
class Sign:
    """One character of what was typed; ``suggestion`` is empty when none is clear."""

    character: str
    position: int
    is_wrong: bool
    suggestion: str = ""


@dataclass(frozen=True)
class Reading:
    """What was typed, without hyphens, spaces, capitals and the address around it."""

    typed: str
    signs: tuple[Sign, ...]

    @property
    def length(self) -> int:
        return len(self.signs)

    @property
    def wrong(self) -> list[Sign]:
        return [sign for sign in self.signs if sign.is_wrong]

    @property
    def missing(self) -> int:
        return max(0, LENGTH - self.length)

    @property
    def surplus(self) -> int:
        return max(0, self.length - LENGTH)

    @property
    def code(self) -> str:
        """The 32 characters, or "" when this is no code."""
        if self.length != LENGTH or self.wrong:
            return ""
        return "".join(sign.character for sign in self.signs)

    @property
    def meant(self) -> str:
        """The code when letters are taken for the digits that they look like, or ""."""
        text = "".join(sign.suggestion or sign.character for sign in self.signs)
        return text if len(text) == LENGTH and HEX.issuperset(text) else ""

    @property
    def groups(self) -> list[tuple[Sign, ...]]:
        """In fours, as people compare."""
        return [self.signs[i : i + 4] for i in range(0, self.length, 4)]


def read_code(typed: str) -> Reading:
    """Clean what was typed; ask the result for ``code``."""
    text = unicodedata.normalize("NFKC", typed.strip()[:_MAX_TYPED]).lower()
    # A whole address from a QR reader, with or without a slash at its end.
    text = text.split("?")[0].rstrip("/").rsplit("/", 1)[-1].removeprefix("urn:uuid:")
    text = _SEPARATORS.sub("", text)
    signs = (_sign(char, position) for position, char in enumerate(text, start=1))
    return Reading(typed=typed.strip()[:_MAX_TYPED], signs=tuple(signs))


def in_fours(code: str) -> str:
    """The code as printed for the eye: ``1a2b 3c4d …``."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def _sign(character: str, position: int) -> Sign:
    if character in HEX:
        return Sign(character, position, is_wrong=False)
    return Sign(character, position, True, LOOKALIKES.get(character, ""))
