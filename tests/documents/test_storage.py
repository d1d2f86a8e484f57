from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from documents import storage
from documents.storage import FileAltered, FileMissing, WriteOnceStorage


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    settings.STORAGES = settings.STORAGES | {
        "records": {
            "BACKEND": "documents.storage.WriteOnceStorage",
            "OPTIONS": {"location": tmp_path},
        }
    }
    return tmp_path


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_bytes_are_found_by_their_digest(folder: Path):
    sha256 = storage.put(b"hoc ba")

    assert sha256 == hashlib.sha256(b"hoc ba").hexdigest()
    assert storage.get(sha256) == b"hoc ba"


def test_the_same_bytes_are_stored_once_and_read_only(folder: Path):
    first = storage.put(b"hoc ba")

    assert storage.put(b"hoc ba") == first
    (stored,) = files(folder)
    assert stored.stat().st_mode & 0o777 == 0o440


def test_no_file_is_an_error_that_names_it(folder: Path):
    with pytest.raises(FileMissing) as caught:
        storage.get("a" * 64)

    assert (caught.value.code, caught.value.sha256) == ("file_missing", "a" * 64)
    assert "a" * 64 in caught.value.for_user()


def test_a_changed_file_is_never_given_out(folder: Path):
    sha256 = storage.put(b"hoc ba")
    (stored,) = files(folder)
    stored.chmod(0o600)
    stored.write_bytes(b"hoc bA")

    with pytest.raises(FileAltered) as caught:
        storage.get(sha256)

    assert caught.value.code == "file_altered"


def test_a_write_that_fails_leaves_nothing_under_the_name(folder: Path):
    class Torn(ContentFile[bytes]):
        """A source that ends in the middle, as a full disk or a crash would."""

        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"half"
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        WriteOnceStorage(location=folder)._save("ab/abc", Torn(b""))

    assert files(folder) == []
