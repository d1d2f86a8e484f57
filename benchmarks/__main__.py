"""Run the measurements: `python -m benchmarks [NAME …]`; the quick ones by default."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile

import django
from django.conf import settings
from django.core.management import call_command

QUICK = ("one_class", "verifying", "workers", "memory", "searching")
REMOTE = ("remote",)  # ten minutes
BROWSER = ("typing",)  # Debian's Chromium before a whole site
# These need a province: minutes on PostgreSQL, an empty database of their own there.
PROVINCE = ("province", "pages", "bulk", "load")


def main(words: list[str]) -> int:
    """Measure in a data folder of its own; exit 1 when a goal was missed."""
    asked = _arguments(words)
    with tempfile.TemporaryDirectory(prefix="hocba-bench-") as folder:
        os.environ["DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "cms.settings.dev"
        os.environ["LOG_LEVEL"] = "ERROR"
        django.setup()
        # Django keeps every query in memory while it debugs.
        settings.DEBUG = False
        call_command("migrate", verbosity=0)
        figures = []
        # The models can be imported only now.
        for name in asked.names or QUICK:
            print(f"… {name}", file=sys.stderr, flush=True)
            measured = importlib.import_module(f"benchmarks.{name}")
            # As a worker does before its first task.
            importlib.import_module("workflow.memory").keep_what_is_loaded()
            figures += measured.figures(**_options(name, asked))
        print(importlib.import_module("benchmarks.measure").table(figures))
        return int(any(figure.verdict == "MISSED" for figure in figures))


def _options(name: str, asked: argparse.Namespace) -> dict[str, float]:
    """What of the command line this measurement takes."""
    if name == "load":
        return {"people": asked.people, "minutes": asked.minutes}
    if name in ("one_class", "remote") and asked.records:
        return {"records": asked.records}
    return {}


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = [*QUICK, *REMOTE, *BROWSER, *PROVINCE]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--people", type=int, default=200, help="load: how many")
    parser.add_argument("--minutes", type=float, default=5, help="load: how long")
    parser.add_argument("--records", type=int, help="one_class, remote: how many")
    asked = parser.parse_args(words)
    if unknown := set(asked.names) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return asked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
