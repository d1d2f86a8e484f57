"""A whole installation beside the tests: own folder, own database, own processes."""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connection, connections

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 300  # for the longest command, on a busy machine


@dataclass(frozen=True)
class Ready:
    """`tests.ready` as who gives it tasks sees it: one process an environment."""

    process: subprocess.Popen[str]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Ready:
        key = frozenset(environment.items())
        if key not in _ready:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.ready"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            _ready[key] = cls(process)
        return _ready[key]

    @classmethod
    def end_all(cls, folder: Path) -> None:
        """End those of the installation in ``folder``, and all that they began."""
        place = ("DATA_DIR", str(folder))
        for key in [key for key in _ready if place in key]:
            _ready.pop(key).process.communicate(timeout=SECONDS)

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """What `python program word …` does, or `python -m program word …`."""
        with tempfile.TemporaryDirectory(prefix="hocba-ready-") as folder:
            out, error = Path(folder) / "out", Path(folder) / "error"
            status = self.begin(program, *words, out=out, error=error).wait()
            texts = [path.read_text(encoding="utf-8") for path in (out, error)]
        return subprocess.CompletedProcess([program, *words], status, *texts)

    def begin(
        self, program: str, *words: str, out: Path, error: Path | None = None
    ) -> Child:
        """The same in a group of its own, while we go on."""
        task = {"program": program, "words": words, "out": str(out)}
        return Child(self, self.ask(task | {"error": str(error or out)}))

    def ask(self, task: Mapping[str, Any]) -> int:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the process that was ready has ended by itself"
        return int(answer)


_ready: dict[frozenset[tuple[str, str]], Ready] = {}


@dataclass
class Child:
    """What was begun, with the manners of a subprocess."""

    ready: Ready
    pid: int
    status: int | None = None

    def wait(self, timeout: float = SECONDS) -> int:
        """How it ended; after so many seconds by force."""
        if self.status is None:
            self.status = self.ready.ask({"wait": self.pid, "seconds": timeout})
        return self.status

    def poll(self) -> int | None:
        if self.status is None:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
            if stat.rpartition(")")[2].split()[0] == "Z":
                self.wait()
        return self.status

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)


@dataclass(frozen=True)
class Installation:
    """``folder`` is its DATA_DIR; ``database`` a PostgreSQL name, "" for SQLite."""

    folder: Path
    database: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
        kept |= {
            "DATA_DIR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "cms.settings.dev",
            "LOG_LEVEL": "ERROR",
        }
        if self.database:
            kept["DATABASE_URL"] = _server_url() + self.database
        return kept

    @property
    def ready(self) -> Ready:
        """A process that has loaded the program for this installation."""
        return Ready.of(self.environment)

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as an operator would."""
        return self.ready.run("manage.py", *words)

    def json(self, *words: str, status: int = 0) -> Any:
        """The JSON document that a command prints, whose exit status must fit."""
        done = self.manage(*words, "--json")
        assert done.returncode == status, (words, done.returncode, done.stderr[-2000:])
        return json.loads(done.stdout)

    def copy(self, folder: Path) -> Installation:
        """A copy of the folder (and of the database) is a copy of the installation."""
        shutil.copytree(self.folder, folder)
        if not self.database:
            return Installation(folder)
        name = _unused_name()
        _execute(f"CREATE DATABASE {name} TEMPLATE {self.database}")
        return Installation(folder, name)

    def rest(self) -> None:
        """End the processes that are ready."""
        Ready.end_all(self.folder)

    def drop(self) -> None:
        self.rest()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.database:
            _execute(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")


def as_tested(folder: Path) -> Installation:
    """An installation with what the test database of this process holds."""
    folder.mkdir()
    if connection.vendor == "postgresql":
        source, name = connection.settings_dict["NAME"], _unused_name()
        connection.close()  # only a database that nobody is in can be copied
        _execute(f"CREATE DATABASE {name} TEMPLATE {source}")
        return Installation(folder, name)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(folder / "hocba.sqlite3")])
    connection.close()
    return Installation(folder)


def give_back(migrated: Installation) -> None:
    """Make the test database of this process once more what ``migrated`` is."""
    if connection.vendor == "postgresql":
        name = connection.settings_dict["NAME"]
        close_connections()
        _execute(f"DROP DATABASE {name} WITH (FORCE)")
        _execute(f"CREATE DATABASE {name} TEMPLATE {migrated.database}")
        return
    with closing(sqlite3.connect(migrated.folder / "hocba.sqlite3")) as source:
        connection.ensure_connection()
        source.backup(connection.connection)


def close_connections() -> None:
    """Those of this thread: beside a loop, and under the one that Playwright leaves.

    Django keeps the two apart (asgiref's ``Local``). One that was left open would be
    found dead by the next test of its kind.
    """
    running = asyncio._get_running_loop()
    loop = running or asyncio.new_event_loop()
    found: list[Any] = []
    try:
        for one in (loop, None):
            asyncio._set_running_loop(one)
            found += connections.all(initialized_only=True)
        for each in found:
            each.close()
    finally:
        asyncio._set_running_loop(running)
        if running is None:
            loop.close()


def _unused_name() -> str:
    return f"hocba_whole_{os.getpid()}_{time.monotonic_ns()}"


@dataclass(frozen=True)
class Site:
    """Site and worker of an installation, on a port of their own."""

    installation: Installation
    url: str
    processes: Sequence[subprocess.Popen[bytes] | Child]

    @classmethod
    def start(cls, installation: Installation) -> Site:
        """`make run` without make: site and worker as children of one process."""
        port = free_port()
        log = (installation.folder / "serve.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "deploy/serve.py"],
            cwd=ROOT,
            env=installation.environment | {"PORT": str(port)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        return cls.wait_for(installation, port, process)

    @classmethod
    def fork(cls, installation: Installation) -> Site:
        """The same two, begun by a process that has loaded the program."""
        port = free_port()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PORT", str(port))
            serve = runpy.run_path(str(ROOT / "deploy" / "serve.py"))
        log = installation.folder / "serve.log"
        both = (serve["SITE"], serve["WORKER"])
        begun = [installation.ready.begin(*words, out=log) for words in both]
        return cls.wait_for(installation, port, *begun)

    @classmethod
    def wait_for(cls, installation: Installation, port: int, *processes: Any) -> Site:
        site = cls(installation, f"http://localhost:{port}", processes)
        site.wait()
        return site

    def wait(self, seconds: int = 120) -> None:
        for _ in range(seconds * 20):
            ended = [one for one in self.processes if one.poll() is not None]
            assert not ended, "the site ended by itself"
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the site does not answer")

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=60)


def free_port() -> int:
    """A port below the range that outgoing connections use.

    Two processes that look at the same time look at different ones.
    """
    first = 20_000 + os.getpid() % 30 * 400
    for port in range(first, first + 400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no port is free")


def _server_url() -> str:
    database = settings.DATABASES["default"]
    host = f"{database['HOST'] or '127.0.0.1'}:{database['PORT'] or 5432}"
    secret = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    return f"postgres://{database['USER']}{secret}@{host}/"


def _execute(statement: str) -> None:
    connection = psycopg2.connect(_server_url() + "postgres")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
