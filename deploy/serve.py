#!/usr/bin/env python
"""Load the demo, then run the site and one worker until Ctrl-C or SIGTERM: `make run`.

For a first look and for small schools on one machine. A larger installation gives
each process to its service manager (docs/how-to/deploy.md).
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")
START_SECONDS = 60
STOP_SECONDS = 25
PR_SET_PDEATHSIG = 1

# Root in a container is how many will look first; saying so twice a start helps none.
PYTHON = [sys.executable, "-W", "ignore:You're running the worker with superuser"]
SITE = [
    *("gunicorn", "cms.wsgi", "--bind", f"{HOST}:{PORT}"),
    *("--workers", "2", "--threads", "4", "--timeout", "120", "--preload"),
    *("--no-control-socket", "--log-level", "warning"),
]
WORKER = [
    *("celery", "-A", "workflow", "--quiet", "worker", "-B"),
    *("--concurrency", "2", "--loglevel", "warning"),
]


def stop_with_parent() -> None:
    """Ask Linux to stop this child even when we are killed without a word."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(command: list[str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches us alone, and we stop both in order.
    return subprocess.Popen(
        [*PYTHON, "-m", *command],
        cwd=ROOT,
        start_new_session=True,
        preexec_fn=stop_with_parent,
    )


def stop(children: list[subprocess.Popen[bytes]]) -> None:
    """End the children politely, then by force, with all that they started."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.1, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def port_is_free() -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(PORT)))
        except OSError:
            return False
    return True


def answers(url: str) -> bool:
    """Say whether the site replies, with whatever status."""
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait_until_up(children: list[subprocess.Popen[bytes]]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if any(child.poll() is not None for child in children):
            return False
        if answers(f"http://127.0.0.1:{PORT}/"):
            return True
        time.sleep(0.2)
    return False


def prepare() -> str:
    """Prepare the database with the demo; return the demo's screen: who can sign in."""
    command = [sys.executable, "deploy/prepare.py", "--demo"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Return 0 when asked to stop, 1 when a child ended by itself."""
    if not port_is_free():
        print(f"Port {PORT} is taken. Try: make run PORT=8001", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, interrupt)
    children: list[subprocess.Popen[bytes]] = []
    try:
        screen = prepare()
        children += [start(SITE), start(WORKER)]
        if wait_until_up(children):
            print(f"{screen}\n  Ctrl-C stops the site and the worker.\n", flush=True)
            while all(child.poll() is None for child in children):
                time.sleep(0.5)
        print("The site or the worker ended by itself; see above.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stop(children)


if __name__ == "__main__":
    sys.exit(main())
