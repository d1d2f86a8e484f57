"""Where the bytes of records are kept: a folder, or an object store with lock."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env


def records_storage(env: Env, folder: Path) -> dict[str, Any]:
    """The storage "records" of STORAGES, by RECORDS_STORAGE: ``files`` or ``s3``."""
    chosen = env("RECORDS_STORAGE", default="files")
    if chosen == "files":
        return {
            "BACKEND": "documents.storage.WriteOnceStorage",
            "OPTIONS": {"location": folder},
        }
    if chosen != "s3":
        raise ImproperlyConfigured(f"RECORDS_STORAGE is {chosen}: files or s3")
    return {
        "BACKEND": "documents.object_storage.LockedObjectStorage",
        "OPTIONS": {
            "bucket_name": env("RECORDS_S3_BUCKET"),
            "endpoint_url": env("RECORDS_S3_ENDPOINT", default=None),
            "region_name": env("RECORDS_S3_REGION", default="us-east-1"),
            "access_key": env("RECORDS_S3_ACCESS_KEY"),
            "secret_key": env("RECORDS_S3_SECRET_KEY"),
            "retention_years": env.int("RECORDS_S3_RETENTION_YEARS", default=20),
        },
    }
