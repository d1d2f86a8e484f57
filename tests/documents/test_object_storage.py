"""Files of records in a real object store: put once, kept until their day."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from documents import storage
from documents.object_storage import ObjectStoreError
from documents.storage import FileAltered, FileMissing, StorageUnavailable
from tests.documents import object_store
from tests.documents.object_store import Store
from tests.installation import ROOT, free_port

needs_versitygw = pytest.mark.skipif(
    not object_store.is_there(),
    reason="no versitygw: deploy/fetch-versitygw.sh builds it, with Go",
)
# The server compares the time of a request with its own clock.
pytestmark = pytest.mark.concurrency
BACKEND = "documents.object_storage.LockedObjectStorage"
BYTES = b"hoc ba so"
numbers = itertools.count(100)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with object_store.running(tmp_path_factory.mktemp("s3")) as store:
        yield store


@pytest.fixture
def bucket(server: Store, settings) -> str:
    """A bucket of its own, in which ``documents.storage`` keeps its files."""
    name = f"hocba-{next(numbers)}"
    chosen = {"BACKEND": BACKEND, "OPTIONS": server.bucket(name)}
    settings.STORAGES = settings.STORAGES | {"records": chosen}
    return name


def key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def versions(server: Store, bucket: str) -> list[dict[str, Any]]:
    found = server.client().list_object_versions(Bucket=bucket)
    return list(found.get("Versions", []))


@needs_versitygw
def test_bytes_are_found_by_their_digest(bucket: str):
    sha256 = storage.put(BYTES)

    assert storage.get(sha256) == BYTES
    storage.verify(sha256)


@needs_versitygw
def test_a_large_file_is_whole(bucket: str):
    data = os.urandom(9 * 1024 * 1024)

    sha256 = storage.put(data)

    assert storage.get(sha256) == data
    storage.verify(sha256)


@needs_versitygw
def test_the_same_bytes_are_stored_once(server: Store, bucket: str):
    first = storage.put(BYTES)

    assert storage.put(BYTES) == first
    assert len(versions(server, bucket)) == 1


@needs_versitygw
def test_of_many_who_store_the_same_at_once_one_writes(server: Store, bucket: str):
    def save(_number: int) -> str:
        return str(storages["records"].save("ab/abc", ContentFile(BYTES)))

    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(save, range(16)))

    assert names == {"ab/abc"}
    assert len(versions(server, bucket)) == 1


@needs_versitygw
def test_other_bytes_never_take_a_name_that_is_taken(server: Store, bucket: str):
    store = storages["records"]
    store.save("ab/abc", ContentFile(BYTES))

    store._save("ab/abc", ContentFile(b"another"))  # type: ignore[attr-defined]

    assert store.open("ab/abc").read() == BYTES
    assert len(versions(server, bucket)) == 1


@needs_versitygw
def test_an_object_is_locked_for_years_from_its_first_moment(
    server: Store, bucket: str
):
    sha256 = storage.put(BYTES)

    found = server.client().get_object_retention(Bucket=bucket, Key=key(sha256))

    assert found["Retention"]["Mode"] == "COMPLIANCE"
    left = found["Retention"]["RetainUntilDate"] - timezone.now()
    assert timedelta(days=19 * 365) < left < timedelta(days=21 * 365)


@needs_versitygw
def test_not_even_the_owner_of_the_bucket_removes_or_unlocks(
    server: Store, bucket: str
):
    sha256 = storage.put(BYTES)
    (version,) = versions(server, bucket)
    client, named = server.client(), {"Bucket": bucket, "Key": key(sha256)}
    soon = {"Mode": "COMPLIANCE", "RetainUntilDate": timezone.now() + timedelta(days=1)}
    named["VersionId"] = version["VersionId"]

    for attempt in (
        lambda: client.delete_object(**named),
        lambda: client.delete_object(**named, BypassGovernanceRetention=True),
        lambda: client.put_object_retention(**named, Retention=soon),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()

    assert storage.get(sha256) == BYTES


@needs_versitygw
def test_the_program_itself_removes_nothing(bucket: str):
    sha256 = storage.put(BYTES)

    with pytest.raises(ObjectStoreError):
        storages["records"].delete(key(sha256))

    assert storage.get(sha256) == BYTES


@needs_versitygw
def test_no_file_is_an_error_that_names_it(bucket: str):
    with pytest.raises(FileMissing) as caught:
        storage.get("a" * 64)

    assert (caught.value.code, caught.value.sha256) == ("file_missing", "a" * 64)


@needs_versitygw
def test_a_newer_version_over_a_file_is_found(server: Store, bucket: str):
    """Object lock keeps the old version, and lets a new one stand before it."""
    sha256 = storage.put(BYTES)
    server.client().put_object(Bucket=bucket, Key=key(sha256), Body=b"another")

    with pytest.raises(FileAltered):
        storage.get(sha256)
    with pytest.raises(FileAltered):
        storage.verify(sha256)

    (old,) = [one for one in versions(server, bucket) if not one["IsLatest"]]
    kept = server.client().get_object(
        Bucket=bucket, Key=key(sha256), VersionId=old["VersionId"]
    )
    assert kept["Body"].read() == BYTES


@pytest.fixture
def nobody(settings) -> None:
    """A store at an address where nobody answers."""
    options = {
        "bucket_name": "hocba",
        "endpoint_url": f"http://127.0.0.1:{free_port()}",
        "region_name": "us-east-1",
        "access_key": "a",
        "secret_key": "b",
        "retention_years": 20,
    }
    chosen = {"BACKEND": BACKEND, "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"records": chosen}


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: storage.put(BYTES),
        lambda: storage.get("a" * 64),
        lambda: storage.verify("a" * 64),
    ],
)
def test_a_store_that_does_not_answer_is_not_a_missing_file(nobody: None, attempt):
    with pytest.raises(StorageUnavailable) as caught:
        attempt()

    assert caught.value.code == "storage_unavailable"


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "x", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


ASK = """
import django, sys
django.setup()
from django.core.files.storage import storages
print(type(storages["records"]).__name__, "boto3" in sys.modules)
"""


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [("", "WriteOnceStorage False"), ("s3", "LockedObjectStorage True")],
)
def test_the_environment_chooses_and_boto3_is_loaded_only_then(
    tmp_path, chosen: str, expected: str
):
    done = python(
        ASK,
        DJANGO_SETTINGS_MODULE="cms.settings.dev",
        DATA_DIR=str(tmp_path),
        RECORDS_STORAGE=chosen or "files",
        RECORDS_S3_BUCKET="hocba",
        RECORDS_S3_ACCESS_KEY="a",
        RECORDS_S3_SECRET_KEY="b",
    )

    assert done.stdout.strip() == expected, done.stderr


@pytest.mark.parametrize(
    "given", [{"RECORDS_STORAGE": "tape"}, {"RECORDS_STORAGE": "s3"}]
)
def test_a_choice_that_is_none_or_half_is_refused_at_the_start(tmp_path, given):
    done = python(
        ASK, DJANGO_SETTINGS_MODULE="cms.settings.dev", DATA_DIR=str(tmp_path), **given
    )

    assert done.returncode == 1
    assert "ImproperlyConfigured" in done.stderr
