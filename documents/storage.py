"""Files addressed by the SHA-256 of their bytes, written once, checked when read.

They live in Django's storage "records" (a folder under DATA_DIR by default), so
another place to keep them is a setting.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages
from django.utils.translation import gettext_lazy as _

from .errors import RecordsError


class FileMissing(RecordsError):
    code = "file_missing"
    user_message = _("A stored file is missing. Tell the administrator: %(sha256)s.")

    def __init__(self, sha256: str) -> None:
        self.sha256 = sha256
        super().__init__(f"stored file {sha256} is missing")


class FileAltered(FileMissing):
    code = "file_altered"
    user_message = _("A stored file was altered. Tell the administrator: %(sha256)s.")


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
        Path(part.name).replace(target)
        return name


def put(data: bytes) -> str:
    """Store ``data`` and return its hex SHA-256. Storing it again changes nothing."""
    sha256 = hashlib.sha256(data).hexdigest()
    store, name = storages["records"], _name(sha256)
    if not store.exists(name):
        store.save(name, ContentFile(data))
    return sha256


def get(sha256: str) -> bytes:
    """Return the bytes. Raises FileMissing, or FileAltered when the digest differs."""
    try:
        with storages["records"].open(_name(sha256)) as file:
            data: bytes = file.read()
    except FileNotFoundError as error:
        raise FileMissing(sha256) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise FileAltered(sha256)
    return data


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
