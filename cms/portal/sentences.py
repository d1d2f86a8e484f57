"""What to tell somebody whose code leads nowhere."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .codes import Reading, Sign

# Beyond this the text is no mistyped code, and a list of its letters helps nobody.
NAMED = 4


def headline_of_code(reading: Reading, *, is_draft: bool = False) -> str:
    """The first line: what is wrong, not whose fault it is."""
    if is_draft:
        return _("This record has not been issued yet.")
    if reading.code:
        return _("No record has this code.")
    return _("This is not a complete look-up code.")


def advice_on_code(reading: Reading, *, is_draft: bool = False) -> list[str]:
    """What to look at, the most useful first."""
    if is_draft:
        return [_("The school is still working on it. A paper with this code is void.")]
    if reading.code:
        return [
            _("Compare the 32 characters with the paper, one group after another."),
            _(
                "If every character is right, do not accept the paper; "
                "ask the school that is named on it."
            ),
        ]
    return [*_length(reading), *_wrong_signs(reading), _alphabet()]


def _alphabet() -> str:
    return _(
        "A code has 32 characters: the digits 0–9 and the letters a–f. "
        "Capitals, spaces and hyphens do not matter."
    )


def _length(reading: Reading) -> list[str]:
    if reading.missing:
        text = ngettext(
            "There are %(length)d characters; %(count)d is missing.",
            "There are %(length)d characters; %(count)d are missing.",
            reading.missing,
        )
        return [text % {"length": reading.length, "count": reading.missing}]
    if reading.surplus:
        text = ngettext(
            "There are %(length)d characters; %(count)d is too many.",
            "There are %(length)d characters; %(count)d are too many.",
            reading.surplus,
        )
        return [text % {"length": reading.length, "count": reading.surplus}]
    return []


def _wrong_signs(reading: Reading) -> list[str]:
    return [_wrong_sign(sign) for sign in reading.wrong[:NAMED]]


def _wrong_sign(sign: Sign) -> str:
    values = {
        "character": sign.character,
        "position": sign.position,
        "suggestion": sign.suggestion,
    }
    if sign.suggestion:
        return (
            _(
                "Character %(position)d is “%(character)s”, which no code contains. "
                "Is it “%(suggestion)s”?"
            )
            % values
        )
    return (
        _("Character %(position)d is “%(character)s”, which no code contains.") % values
    )
