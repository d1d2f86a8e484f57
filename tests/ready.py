"""A process that has loaded the program and forks for each task that it is given.

To start the interpreter and the program takes longer than most of what tests then ask
of it. Run as `python -m tests.ready` with the environment of an installation; reads a
line of JSON for each task and answers with one.
"""

from __future__ import annotations

import ctypes
import json
import os
import runpy
import select
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parents[1]
OURS = ("documents", "workflow", "search", "cms")
PR_SET_PDEATHSIG = 1


def load() -> None:
    """All that a command imports before it does anything."""
    django.setup()
    import_module(settings.ROOT_URLCONF)
    for name, app in get_commands().items():
        if isinstance(app, str) and app.startswith(OURS):
            load_command_class(app, name)


def begin(out: str, error: str) -> int:
    """Fork, in a group of its own: the number of the child here, 0 there."""
    child = os.fork()
    # Here and there: whoever does it first, it is done when we answer.
    with suppress(PermissionError):
        os.setpgid(child, 0)
    if child:
        return child
    # Nothing that was begun outlives this process, however it ends.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    places = ((os.devnull, os.O_RDONLY), (out, writing), (error, writing))
    for number, (name, flags) in enumerate(places):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - as long as the process
    return 0


def become(program: str, words: list[str]) -> None:
    """What `python program word …` does, or `python -m program word …`."""
    sys.argv = [program, *words]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


def wait(child: int, seconds: float) -> int:
    """How it ended; after so many seconds by force."""
    end = os.pidfd_open(child)
    if not select.select([end], [], [], seconds)[0]:
        os.killpg(child, signal.SIGKILL)
    os.close(end)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    load()
    for line in sys.stdin:
        task: Mapping[str, Any] = json.loads(line)
        if "wait" in task:
            answer = wait(task["wait"], task["seconds"])
        elif not (answer := begin(task["out"], task["error"])):
            # The child ends where its program does, as if it had been started alone.
            return become(task["program"], task["words"])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
