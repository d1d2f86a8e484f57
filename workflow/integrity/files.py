"""Stored files: each one that a row names is there, and is what it is named by."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from documents import rehash, storage
from documents.errors import RecordsError
from documents.models import (
    ISSUED_STATES,
    Artifact,
    Checkpoint,
    ImportRun,
    Package,
    Record,
    Signature,
)
from documents.models.signatures import Purpose

from .base import CHUNK, Flaw, register, register_reader


@register_reader
def files_are_whole() -> Iterator[Flaw]:
    """Every stored file is there and has the digest that it is named by."""
    for sha256, where in _named_files():
        try:
            storage.verify(sha256)
        except RecordsError as error:
            since = rehash.last_seen_whole(sha256)
            yield Flaw(error.code, where, sha256, since)


@register
def issued_records_have_their_file() -> Iterator[Flaw]:
    # What came as a packet has no pages: whoever sealed it holds no account here.
    sealed = Signature.objects.filter(slot="seal").exclude(xml="")
    elsewhere = sealed.filter(signer=None).values("version")
    kept = Q(purpose=Purpose.ISSUED) | Q(purpose=Purpose.PACKET, version__in=elsewhere)
    issued = Artifact.objects.filter(kept).values("version")
    records = Record.objects.filter(state__in=ISSUED_STATES).exclude(current__in=issued)
    for record in records.select_related("book"):
        yield Flaw("file_not_recorded", str(record), "issued without a file")


def rolling_findings() -> Iterator[Flaw]:
    """What the rolling check found and is so still, without reading all files again."""
    for finding in rehash.standing_findings():
        sha256 = finding["sha256"]
        artifact = Artifact.objects.filter(sha256=sha256).first()
        where = str(artifact.version.record) if artifact else sha256
        since = rehash.last_seen_whole(sha256)
        yield Flaw(finding["code"], where, sha256, since)


def _named_files() -> Iterator[tuple[str, str]]:
    artifacts = Artifact.objects.select_related("version__record__book").order_by("pk")
    for artifact in artifacts.iterator(chunk_size=CHUNK):
        yield artifact.sha256, str(artifact.version.record)
    for run in ImportRun.objects.order_by("pk").iterator(chunk_size=CHUNK):
        for file in run.files:
            yield file["sha256"], f"{file['name']} ({run})"
    for package in Package.objects.order_by("pk").iterator(chunk_size=CHUNK):
        for sha256 in filter(None, (package.sha256, package.receipt)):
            yield sha256, str(package.uuid)
    for checkpoint in Checkpoint.objects.iterator(chunk_size=CHUNK):
        yield checkpoint.sha256, str(checkpoint)
