"""Production is started as an operator starts it: in a process of its own."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMPLETE = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "hocba.example.vn",
    "SITE_URL": "https://hocba.example.vn",
}


def manage(
    *arguments: str, folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "cms.settings.production",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_deployment_check_has_nothing_to_say(tmp_path: Path):
    done = manage(
        *("check", "--deploy", "--fail-level", "DEBUG"),
        folder=tmp_path,
        environment=COMPLETE,
    )

    assert "no issues" in done.stdout, done.stderr
    assert done.returncode == 0


def test_a_new_data_folder_is_made(tmp_path: Path):
    folder = tmp_path / "new" / "data"

    done = manage("migrate", "contenttypes", folder=folder, environment=COMPLETE)

    assert done.returncode == 0, done.stderr
    assert (folder / "hocba.sqlite3").is_file()


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS"])
def test_it_does_not_start_without_what_has_no_safe_default(name: str, tmp_path: Path):
    environment = {key: value for key, value in COMPLETE.items() if key != name}

    done = manage("check", folder=tmp_path, environment=environment)

    assert done.returncode != 0
    assert name in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_demo_is_refused(tmp_path: Path):
    done = manage("load_demo", folder=tmp_path, environment=COMPLETE)

    assert done.returncode == 2
    assert not (tmp_path / "pki").exists()
