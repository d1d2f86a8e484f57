"""The rolling check of stored files: a share each night, all of them in N nights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain

from django.db.models import Model

from . import storage
from .models import Artifact, Checkpoint, FileSweep, ImportRun, Package

# Digests are cut by their first four characters; "g" is behind all of them.
PARTS = 16**4
END = "g"
CHUNK = 2000

# The columns that name files; an empty name is none. Those of imports are in a list.
NAMES: tuple[tuple[type[Model], str], ...] = (
    (Artifact, "sha256"),
    (Checkpoint, "sha256"),
    (Package, "sha256"),
    (Package, "receipt"),
)

Watch = Callable[[Iterable[str]], Iterable[str]]


def sweep(
    *, at: datetime, nights: int | None, watch: Watch = lambda digests: digests
) -> FileSweep:
    """Read the next of so many shares of the files again, and keep what was found.

    It goes on where the last one ended; None reads all. Files are read in pieces and
    one after the other. Raises StorageUnavailable, with nothing kept: the share is
    still to be done.
    """
    first, last = next_share(nights) if nights else ("", END)
    files, findings = 0, []
    for sha256 in watch(stored_digests(first, last)):
        files += 1
        if code := fault_of(sha256):
            findings.append({"code": code, "sha256": sha256})
    return FileSweep.objects.create(
        at=at, first=first, last=last, files=files, findings=findings
    )


def next_share(nights: int) -> tuple[str, str]:
    """From where to where the next share goes, of so many."""
    last = FileSweep.objects.first()
    first = "" if last is None or last.last == END else last.last
    until = int(first or "0", 16) + -(-PARTS // nights)
    return first, END if until >= PARTS else f"{until:04x}"


def stored_digests(first: str = "", last: str = END) -> Iterator[str]:
    """The digest of every file that a row names, from ``first`` to before ``last``."""
    for model, name in NAMES:
        named = {f"{name}__gte": max(first, "0"), f"{name}__lt": last}
        rows = model._default_manager.filter(**named)
        yield from rows.values_list(name, flat=True).iterator(chunk_size=CHUNK)
    runs = ImportRun.objects.values_list("files", flat=True)
    for file in chain.from_iterable(runs.iterator(chunk_size=CHUNK)):
        if first <= file["sha256"] < last:
            yield file["sha256"]


def fault_of(sha256: str) -> str:
    """Return "file_missing", "file_altered", or nothing for a file that is whole."""
    try:
        storage.verify(sha256)
    except storage.FileMissing as error:
        return error.code
    return ""


def last_seen_whole(sha256: str) -> datetime | None:
    """When the rolling check last read this file and found it whole."""
    for sweep_ in FileSweep.objects.filter(first__lte=sha256, last__gt=sha256):
        if all(finding["sha256"] != sha256 for finding in sweep_.findings):
            return sweep_.at
    return None


def standing_findings() -> list[dict[str, str]]:
    """What the rolling check ever found and is so still, each file once."""
    found: dict[str, str] = {}
    for sweep_ in FileSweep.objects.exclude(findings=[]).order_by("pk"):
        for finding in sweep_.findings:
            if finding["sha256"] not in found:
                found[finding["sha256"]] = fault_of(finding["sha256"])
    return [{"sha256": sha256, "code": code} for sha256, code in found.items() if code]
