"""Run the measurements: `python -m benchmarks [NAME …]`; all of them by default."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile

import django
from django.core.management import call_command

NAMES = ("one_class", "memory", "searching")


def main(names: list[str]) -> int:
    """Measure in a data folder of its own; exit 1 when a goal was missed."""
    if unknown := set(names) - set(NAMES):
        print(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="hocba-bench-") as folder:
        os.environ["DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "cms.settings.dev"
        os.environ["LOG_LEVEL"] = "ERROR"
        django.setup()
        call_command("migrate", verbosity=0)
        figures = []
        # The models can be imported only now.
        for name in names or NAMES:
            print(f"… {name}", file=sys.stderr, flush=True)
            figures += importlib.import_module(f"benchmarks.{name}").figures()
        print(importlib.import_module("benchmarks.measure").table(figures))
        return int(any(figure.verdict == "MISSED" for figure in figures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
