"""The later files of a version: each one extends the one before, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

from documents import storage
from documents.errors import RecordsError
from documents.models import Artifact, Version
from documents.models.signatures import PDF_PURPOSES

from .base import CHUNK, Flaw, register_reader


@register_reader
def files_extend_each_other() -> Iterator[Flaw]:
    """The dated file has no line in the ledger, because it needs none: it begins with
    every byte of the issued one, which has.
    """
    later = Artifact.objects.filter(purpose__in=PDF_PURPOSES[1:])
    files = Artifact.objects.filter(
        purpose__in=PDF_PURPOSES, version__in=later.values("version")
    )
    ordered = files.select_related("version__record__book").order_by("version_id", "pk")
    by_version = groupby(ordered.iterator(chunk_size=CHUNK), lambda file: file.version)
    for version, group in by_version:
        yield from _breaks(version, list(group))


def _breaks(version: Version, files: list[Artifact]) -> Iterator[Flaw]:
    where = f"{version.record} v{version.number}"
    if files[0].purpose != PDF_PURPOSES[0]:
        yield Flaw("file_swapped", where, f"{files[0].purpose}: extends nothing")
    for before, after in pairwise(files):
        try:
            extends = storage.get(after.sha256).startswith(storage.get(before.sha256))
        except RecordsError:
            continue  # files_are_whole says so
        if not extends:
            text = f"{after.purpose}: does not extend the file before it"
            yield Flaw("file_swapped", where, text, before.created_at)
