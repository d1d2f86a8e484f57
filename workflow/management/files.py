"""Files that a command writes or reads."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.core.management.base import CommandError

from .selection import WRONG_USE


def write_whole(path: Path, data: bytes) -> None:
    """The file appears whole or not at all. Raises CommandError with exit code 2."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(aside).chmod(0o640)
            Path(aside).replace(path)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(str(error), returncode=WRONG_USE) from error


def read_limited(path: Path, limit: int) -> bytes:
    """At most one byte more than ``limit``, so that the reader can say too large.

    Raises CommandError with exit code 2.
    """
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise CommandError(str(error), returncode=WRONG_USE) from error
