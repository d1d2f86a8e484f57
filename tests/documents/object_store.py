"""versitygw, an S3 server with object lock that is not ours, for the tests."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.installation import ROOT, free_port

ACCESS_KEY, SECRET_KEY = "hocba-test", "hocba-test-secret"
BINARY = shutil.which("versitygw") or str(ROOT / "var" / "tools" / "versitygw")


@dataclass(frozen=True)
class Store:
    """A running server; ``folder`` is where it keeps what it was given."""

    url: str
    folder: Path

    def bucket(self, name: str) -> dict[str, Any]:
        """The options of a storage over a new bucket with object lock."""
        self.client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
        return {
            "bucket_name": name,
            "endpoint_url": self.url,
            "region_name": "us-east-1",
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            "retention_years": 20,
        }

    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )


def is_there() -> bool:
    return Path(BINARY).is_file()


@contextmanager
def running(folder: Path) -> Iterator[Store]:
    for name in ("data", "versions", "iam"):
        (folder / name).mkdir(parents=True)
    port = free_port()
    process = subprocess.Popen(
        [
            *(BINARY, "--port", f"127.0.0.1:{port}", "--health", "/health", "--quiet"),
            *("--iam-dir", str(folder / "iam"), "posix"),
            *("--versioning-dir", str(folder / "versions"), str(folder / "data")),
        ],
        env={"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, f"http://127.0.0.1:{port}/health")
        yield Store(f"http://127.0.0.1:{port}", folder)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(600):
        assert process.poll() is None, "versitygw ended by itself"
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("versitygw does not answer")
