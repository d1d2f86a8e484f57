"""The bytes that are hashed, signed and embedded. Never edited, only superseded."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785
from pydantic import BaseModel


def canonical_json(value: BaseModel | dict[str, Any]) -> bytes:
    """Return RFC 8785 JSON in UTF-8. Dates become ISO 8601 text."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return rfc8785.dumps(plain)


def content_digest(kind: str, format_version: int, canonical: bytes) -> str:
    """Return the hex SHA-256 over the kind, its format version and the content.

    The prefix keeps equal bytes of two kinds from having one digest.
    """
    prefix = f"hocba/{kind}/{format_version}\n".encode()
    return hashlib.sha256(prefix + canonical).hexdigest()


def digest_of(value: dict[str, Any]) -> str:
    """Return the hex SHA-256 over the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
