"""A whole installation beside the tests: own folder, own database, own processes."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings

ROOT = Path(__file__).resolve().parents[1]


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

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as an operator would."""
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

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

    def drop(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.database:
            _execute(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")


def new_installation(folder: Path) -> Installation:
    """Empty and migrated, on the kind of database that the tests run on.

    A copy of one that this process has migrated once, with a secret of its own.
    """
    made = _migrated().copy(folder)
    (folder / "secret_key").unlink()
    return made


@cache
def _migrated() -> Installation:
    name = ""
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        name = _unused_name()
        _execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    made = Installation(Path(tempfile.mkdtemp(prefix="hocba-empty-")), name)
    atexit.register(made.drop)
    done = made.manage("migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    return made


def _unused_name() -> str:
    return f"hocba_whole_{os.getpid()}_{time.monotonic_ns()}"


@dataclass(frozen=True)
class Site:
    """`make run` without make: site and worker as children of this process."""

    installation: Installation
    url: str
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, installation: Installation) -> Site:
        port = free_port()
        log = (installation.folder / "serve.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "deploy/serve.py"],
            cwd=ROOT,
            env=installation.environment | {"PORT": str(port)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        site = cls(installation, f"http://localhost:{port}", process)
        site.wait()
        return site

    def wait(self, seconds: int = 120) -> None:
        for _ in range(seconds * 5):
            assert self.process.poll() is None, "the site ended by itself"
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("the site does not answer")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


def free_port() -> int:
    """A port below the range that outgoing connections use."""
    for port in range(20000 + os.getpid() % 5000, 32000):
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
