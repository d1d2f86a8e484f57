"""Real brokers for tests: started beside them, on ports of their own, and ended."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.installation import free_port

RABBIT = Path("/usr/lib/rabbitmq/bin")
SECONDS = 90


@contextmanager
def filesystem() -> Iterator[str]:
    """The embedded one: two folders in DATA_DIR."""
    yield "filesystem://localhost"


@contextmanager
def redis() -> Iterator[str]:
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        words = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        server = subprocess.Popen(
            ["redis-server", *words, "--appendonly", "no", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(port, server)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()
            server.wait(timeout=SECONDS)


@contextmanager
def rabbitmq() -> Iterator[str]:
    """Under its own user, in a folder that it can reach, with its own epmd."""
    if not RABBIT.is_dir():
        pytest.skip("rabbitmq-server is not installed")
    folder = Path(tempfile.mkdtemp(prefix="hocba-rabbit-"))
    amqp = free_port()
    environment = _environment(folder, amqp)
    try:
        server = _as_rabbit([str(RABBIT / "rabbitmq-server")], folder, environment)
        try:
            wait_for(amqp, server)
            yield f"amqp://guest:guest@127.0.0.1:{amqp}//"
        finally:
            stop = [str(RABBIT / "rabbitmqctl"), "stop", str(folder / "pid")]
            _as_rabbit(stop, folder, environment).wait(timeout=SECONDS)
            server.wait(timeout=SECONDS)
            _as_rabbit(["epmd", "-kill"], folder, environment).wait(timeout=SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(SECONDS * 10):
        assert server.poll() is None, "the broker ended by itself"
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    raise AssertionError("the broker does not answer")


def _environment(folder: Path, amqp: int) -> dict[str, str]:
    """Ports above that of AMQP: whoever looks for a free one looks from below."""
    config = folder / "rabbitmq.conf"
    config.write_text(f"listeners.tcp.1 = 127.0.0.1:{amqp}\n")
    (folder / "plugins").write_text("[].\n")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(amqp + 301),
        "RABBITMQ_CONFIG_FILE": str(config),
        "RABBITMQ_DIST_PORT": str(amqp + 302),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_NODENAME": f"hocba{amqp}@localhost",
        "RABBITMQ_PID_FILE": str(folder / "pid"),
    }


def _as_rabbit(
    words: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    """Its scripts refuse other users than root, and as root change to their own."""
    user = "rabbitmq" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user, user)
    return subprocess.Popen(
        words,
        cwd=folder,
        env=environment,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        stdout=(Path("/dev/null")).open("wb"),
        stderr=subprocess.STDOUT,
    )


BROKERS = {one.__name__: one for one in (filesystem, redis, rabbitmq)}
