"""What is made once for all processes of the tests, by the first one that wants it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path

from tests.installation import Installation


class Shared:
    """Installations in a folder that the processes of one run have in common.

    Nobody changes them: whoever needs one to change copies it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str, make: Callable[[Path], Installation]) -> Installation:
        """The others wait while it is being made."""
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            note = self.folder / f"{name}.made"
            if not note.exists():
                made = make(self.folder / name)
                facts = {"folder": str(made.folder), "database": made.database}
                note.write_text(json.dumps(facts))
            return self._read(note)

    def drop(self) -> None:
        for note in self.folder.glob("*.made"):
            self._read(note).drop()

    def _read(self, note: Path) -> Installation:
        facts = json.loads(note.read_text())
        return Installation(Path(facts["folder"]), facts["database"])
