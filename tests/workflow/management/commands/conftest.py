from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command


class Answer(NamedTuple):
    status: int
    text: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command as manage.py does, with its exit status."""

    def run(*words: str) -> Answer:
        capsys.readouterr()
        try:
            call_command(*words)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except CommandError as error:
            # The parser's own, as call_command raises it; manage.py exits 2.
            wrong_word = str(error).startswith("Error: ")
            status = 2 if wrong_word else error.returncode
        return Answer(status, *capsys.readouterr())

    return run
