"""The sentences that the scripts of the grid show, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _


def texts() -> dict[str, str]:
    """By key, as the scripts ask for them; ``{…}`` is filled in there."""
    return _states() | _cells() | _bank() | _words()


def _states() -> dict[str, str]:
    return {
        "saved": _("Saved {time}"),
        "saving": _("Saving…"),
        "unsaved": _("Not saved yet"),
        "offline": _("No connection: kept on this computer"),
        "expired": _("You were signed out: kept on this computer."),
        "sign_in": _("Sign in again"),
        "other_user": _("Somebody else has signed in here: nothing is saved."),
        "failed": _("The server could not save: kept on this computer"),
        "conflicts": _("Cells that wait for your choice: {n}"),
        "restored": _("Found on this computer, typed before: {n}"),
        "signing_out": _(
            "Cells that are not saved: {n}. Signing out loses them. Sign out?"
        ),
        "not_yet": _("Some cells are not saved yet. Look at the marked ones first."),
    }


def _cells() -> dict[str, str]:
    return {
        "mend": _("To be mended:"),
        "look": _("To be looked at:"),
        "hint": _("Type to replace, Enter to change, ? for the keys"),
        "hint_read": _("This record can no longer be changed here."),
        "hint_fixed": _(
            "First results stay as they were signed; second ones are for pupils who "
            "are assessed again."
        ),
        "conflict": _("Somebody else changed this cell while you typed."),
        "mine": _("Mine: {value}"),
        "theirs": _("Theirs: {value}"),
        "empty": _("nothing"),
        "not_saved": _("Not saved:"),
        "filled": _("Cells filled: {n}. Ctrl+Z takes it back."),
        "pasted": _("Cells pasted: {n}. Ctrl+Z takes it back."),
        "left_out": _("Values without a place, left out: {n}."),
        "undone": _("Cells taken back: {n}."),
        "nothing_to_undo": _("There is nothing to take back."),
        "nothing_to_fill": _("There is no empty cell below."),
    }


def _bank() -> dict[str, str]:
    return {
        "bank_none": _("The bank has no comment for this place yet."),
        "bank_delete": _("Delete “{text}” from the bank"),
        "bank_added": _("Added to the bank of the school."),
        "bank_failed": _("The bank cannot be reached now."),
        "bank_pick": _("Choose a cell for a comment first."),
    }


def _words() -> dict[str, str]:
    return {
        "all": _("All columns"),
        "pupil": _("Pupil"),
        "missing": _("Still missing"),
        "ready": _("ready"),
        "submit": _("Submit"),
        "submit_name": _("Submit {name}"),
        "yes": _("yes"),
        "no": _("no"),
        "none_left": _("Nobody: every row that is shown is complete."),
    }
