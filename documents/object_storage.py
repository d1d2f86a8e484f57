"""Files of records in an object store with object lock (S3), written once.

Imported only when the setting RECORDS_STORAGE asks for it: boto3 is heavy.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.utils import timezone
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

YEAR = timedelta(days=365.25)
MEMORY = 8 * 1024 * 1024
# Nobody waits for minutes on a screen; the worker tries again by itself.
CLIENT = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "max_attempts": 3},
)


class ObjectStoreError(OSError):
    """The object store refused or did not answer."""


class LockedObjectStorage(S3Storage):
    """Objects that nobody replaces or removes before their retention ends.

    An object is put with its retention in one request, and only if there is none of
    that name. COMPLIANCE: not even the owner of the bucket can shorten it. The bucket
    must have been made with object lock.
    """

    def __init__(self, *, retention_years: int, **options: Any) -> None:
        self.retention = retention_years * YEAR
        super().__init__(**({"client_config": CLIENT} | options))

    def exists(self, name: str) -> bool:
        with _translated():
            found: bool = super().exists(name)
        return found

    def delete(self, name: str) -> None:
        raise ObjectStoreError(f"{name} is kept: files of records are never removed")

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """One request, with at most MEMORY of the object held at once."""
        spooled = SpooledTemporaryFile(max_size=MEMORY)  # noqa: SIM115 - returned
        with _translated():
            try:
                answer = self.connection.meta.client.get_object(
                    Bucket=self.bucket_name, Key=self._normalize_name(clean_name(name))
                )
            except ClientError as error:
                if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                    raise FileNotFoundError(name) from error
                raise
            shutil.copyfileobj(answer["Body"], spooled)
        spooled.seek(0)
        return File(spooled, name)

    def _save(self, name: str, content: File[bytes]) -> str:
        name = clean_name(name)
        content.seek(0)
        with _translated():
            try:
                self._put(self._normalize_name(name), content.read())
            except ClientError as error:
                if error.response["Error"]["Code"] != "PreconditionFailed":
                    raise
                # Somebody else was first; what is there stays.
        return name

    def _put(self, key: str, data: bytes) -> None:
        self.connection.meta.client.put_object(
            Bucket=self.bucket_name,
            Key=key,
            Body=data,
            ContentType=self.default_content_type,
            ChecksumAlgorithm="SHA256",
            IfNoneMatch="*",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=timezone.now() + self.retention,
        )


@contextmanager
def _translated() -> Iterator[None]:
    """What is wrong with the store is an OSError, as with a disk."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise ObjectStoreError(str(error)) from error
