"""A database of its own for each run, a clock, and a table."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One line of the table: what, how much, the goal if there is one.

    The goal is the most that it may be, or with ``at_least`` the least.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        reached = self.value >= self.goal if self.at_least else self.value <= self.goal
        return "ok" if reached else "MISSED"


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def cpu_ms(work: Callable[[], object], times: int = 1) -> float:
    """Processor milliseconds of one call, the mean of ``times``."""
    begun = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begun) / times * 1000


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def resident_mb() -> float:
    """Resident memory of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def part(name: str) -> Iterator[None]:
    print(f"… {name}", file=sys.stderr, flush=True)
    yield


def table(figures: list[Figure]) -> str:
    """The figures as Markdown, with machine and versions."""
    packages = ("Django", "weasyprint", "pyHanko", "cryptography")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    lines = [
        f"{os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {versions}",
        "",
        "| what | measured | goal | |",
        "| --- | ---: | ---: | --- |",
    ]
    for f in figures:
        sign = "≥" if f.at_least else "≤"
        goal = "" if f.goal is None else f"{sign} {f.goal:g} {f.unit}"
        value = f"{f.value:,.0f}" if f.value >= 1000 else f"{f.value:.3g}"
        lines.append(f"| {f.name} | {value} {f.unit} | {goal} | {f.verdict} |")
    return "\n".join(lines)
