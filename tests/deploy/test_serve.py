"""`make run` ends with nothing left behind; shown on small processes of our own."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "serve.py"
# A parent that ignores a polite request, with a child that does the same.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print(child.pid, flush=True)
time.sleep(600)
"""
SLEEPER = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(600)
"""


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PORT", str(probe.getsockname()[1]))
    spec = importlib.util.spec_from_file_location("serve", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def test_stopping_ends_children_and_all_that_they_started(
    serve: ModuleType, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(serve, "STOP_SECONDS", 1)
    child = subprocess.Popen(
        [sys.executable, "-c", STUBBORN, SLEEPER],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())

    serve.stop([child])

    assert child.returncode == -signal.SIGKILL
    assert gone_within(grandchild, 30)


def test_a_child_ends_when_its_parent_is_killed_without_a_word(serve: ModuleType):
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import importlib.util as u, time\n"
            f"spec = u.spec_from_file_location('serve', {str(SCRIPT)!r})\n"
            "serve = u.module_from_spec(spec); spec.loader.exec_module(serve)\n"
            "print(serve.start(['http.server', serve.PORT]).pid, flush=True)\n"
            "time.sleep(600)",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()

    assert gone_within(child, 30)


def test_a_taken_port_is_said_before_anything_starts(
    serve: ModuleType, capsys: pytest.CaptureFixture[str]
):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(serve.PORT)))
        taken.listen()

        status = serve.main()

    assert status == 1
    assert f"Port {serve.PORT} is taken" in capsys.readouterr().err
