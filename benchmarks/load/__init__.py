"""Two hundred people at work: locust against gunicorn as `deploy/` starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from ..measure import Figure
from ..province import need_province
from .figures import read_figures
from .people import write_people
from .site import running_site

SCRIPT = Path(__file__).with_name("locustfile.py")
PEOPLE, MINUTES = 200, 5.0
PORT = 9407


def figures(people: int = PEOPLE, minutes: float = MINUTES) -> list[Figure]:
    """Load the province if it is missing; then each page with p50, p95 and errors."""
    need_province(indexed=True)
    folder = Path(settings.DATA_DIR) / "load"
    folder.mkdir(exist_ok=True)
    write_people(folder / "people.json", people)
    with running_site(PORT):
        _locust(folder, people, minutes)
    return read_figures(folder / "figures_stats.csv", people)


def _locust(folder: Path, people: int, minutes: float) -> None:
    command = [
        *(sys.executable, "-m", "locust", "--locustfile", str(SCRIPT), "--headless"),
        *("--host", f"http://127.0.0.1:{PORT}", "--users", str(people)),
        # They do not all come in the same second.
        *("--spawn-rate", str(max(1, people // 10))),
        *("--run-time", f"{round(minutes * 60)}s", "--stop-timeout", "10s"),
        *("--csv", str(folder / "figures"), "--only-summary", "--loglevel", "WARNING"),
        *("--exit-code-on-error", "0"),
    ]
    environment = os.environ | {"PEOPLE_FILE": str(folder / "people.json")}
    subprocess.run(command, env=environment, check=True, stdout=sys.stderr)
