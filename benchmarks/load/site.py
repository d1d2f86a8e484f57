"""The site with production's settings, started with the command line of `deploy/`."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
SITE_URL = "https://127.0.0.1"
START_SECONDS = 60


@contextmanager
def running_site(port: int) -> Iterator[None]:
    """gunicorn over the same database and data folder, stopped afterwards."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.production",
        "DATA_DIR": str(settings.DATA_DIR),
        # The sessions that we have written are signed with it.
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1",
        "SITE_URL": SITE_URL,
        "BEHIND_PROXY": "1",
        "CONN_MAX_AGE": "60",
        "LOG_LEVEL": "ERROR",
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }
    # With the names of their contents, as production wants them.
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v", "0"]
    subprocess.run(collect, cwd=ROOT, env=environment, check=True)
    os.environ["PORT"] = str(port)
    command = [
        sys.executable,
        "-m",
        *runpy.run_path(str(ROOT / "deploy" / "serve.py"))["SITE"],
    ]
    site = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait(site, f"http://127.0.0.1:{port}/healthz")
        yield
    finally:
        site.terminate()
        site.wait(timeout=30)


def _wait(site: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and site.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"the site does not answer at {address}")
