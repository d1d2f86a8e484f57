"""Which way imports go, and that the tables of the README are the contracts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]


def test_every_import_contract_is_kept():
    lint = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout
    assert "6 kept, 0 broken" in done.stdout


@pytest.mark.django_db
def test_the_migrations_are_those_of_the_models():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)

    assert not list(ROOT.glob("*/migrations/*merge*"))


def test_nothing_stands_at_the_top_that_the_design_does_not_name():
    design = {
        *("documents", "workflow", "search", "cms", "templates", "tests", "docs"),
        *("deploy", "benchmarks", "locale", ".ci", "manage.py", "Makefile"),
        *("requirements.txt", "requirements-dev.txt", "pyproject.toml"),
        *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"),
        *(".gitignore", ".gitattributes", ".editorconfig", ".env.example"),
    }

    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    assert {name.split("/")[0] for name in tracked} <= design
