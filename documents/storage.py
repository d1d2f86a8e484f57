"""Files addressed by the SHA-256 of their bytes, written once, checked when read.

They live in Django's storage "records": a folder under DATA_DIR, or an object store
with object lock (``object_storage``) when RECORDS_STORAGE says so.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages
from django.utils.translation import gettext_lazy as _

from .errors import RecordsError

CHUNK = 1024 * 1024


class FileMissing(RecordsError):
    code = "file_missing"
    user_message = _("A stored file is missing. Tell the administrator: %(sha256)s.")

    def __init__(self, sha256: str) -> None:
        self.sha256 = sha256
        super().__init__(f"stored file {sha256} is missing")


class FileAltered(FileMissing):
    code = "file_altered"
    user_message = _("A stored file was altered. Tell the administrator: %(sha256)s.")


class StorageUnavailable(RecordsError):
    """The place where files are kept does not answer; trying again may help."""

    code = "storage_unavailable"
    user_message = _("The store of files does not answer. Nothing is lost; try later.")


class WriteOnceStorage(FileSystemStorage):
    """A folder whose files appear whole or not at all and are read-only."""

    def _save(self, name: str, content: File[bytes]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
            try:
                for chunk in content.chunks():
                    part.write(chunk)
                part.flush()
                os.fsync(part.fileno())
            except BaseException:
                Path(part.name).unlink()
                raise
        Path(part.name).chmod(0o440)
        try:
            target.hardlink_to(part.name)
        except FileExistsError:
            pass  # somebody else was first; what is there stays
        finally:
            Path(part.name).unlink()
        return name


def put(data: bytes) -> str:
    """Store ``data`` and return its hex SHA-256. Storing it again changes nothing.

    Raises StorageUnavailable, with nothing stored.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    store, name = storages["records"], _name(sha256)
    with _answering():
        if not store.exists(name):
            store.save(name, ContentFile(data))
    return sha256


def get(sha256: str) -> bytes:
    """Return the bytes. Raises FileMissing, or FileAltered when the digest differs,
    and StorageUnavailable when it cannot be told.
    """
    with _opened(sha256) as file:
        data: bytes = file.read()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise FileAltered(sha256)
    return data


def verify(sha256: str) -> None:
    """Read the file again, in pieces. Raises what ``get`` raises."""
    digest = hashlib.sha256()
    with _opened(sha256) as file:
        for chunk in file.chunks(CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != sha256:
        raise FileAltered(sha256)


@contextmanager
def _opened(sha256: str) -> Iterator[File[bytes]]:
    with _answering():
        try:
            file = storages["records"].open(_name(sha256))
        except FileNotFoundError as error:
            raise FileMissing(sha256) from error
        with file:
            yield file


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(str(error)) from error


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
