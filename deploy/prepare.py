#!/usr/bin/env python
"""Bring the database up to this code: `make setup`; with --demo also `make demo`.

What `manage.py migrate`, `setup_site` and `load_demo` do, in one process: each of them
alone spends most of its time in starting.
"""

import logging
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command
from django.core.management.base import CommandError

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    """Return 0, or 1 when a command says why it cannot."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.dev")
    django.setup()
    # Wagtail reports each page of a fresh site; nobody here asked.
    logging.getLogger("wagtail").setLevel(logging.WARNING)
    print("• preparing the database", file=sys.stderr)
    try:
        call_command("migrate", verbosity=0)
        call_command("setup_site", verbosity=0)
        if "--demo" in arguments:
            call_command("load_demo")
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
