"""What the agent is asked to sign, and what it answers; nothing of HTTP."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow.signing.providers.base import list_digest

REQUEST_ID = re.compile(r"[0-9a-f]{32}")
SHA256_HEX = re.compile(r"[0-9a-f]{64}")
MAX_DIGESTS = 2000
MAX_PURPOSE = 200


class AgentError(Exception):
    """The agent says no; ``code`` stands in the answer, ``status`` is HTTP's."""

    code = "bad_request"
    status = 400

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.code)


class BadRequest(AgentError):
    """What came is not of the protocol."""


class HostRefused(AgentError):
    """The name in the address bar was not ours: DNS rebinding."""

    code, status = "host_refused", 403


class OriginRefused(AgentError):
    code, status = "origin_refused", 403


class PairingRefused(AgentError):
    code, status = "pairing_refused", 403


class NotPaired(AgentError):
    code, status = "not_paired", 401


class CodeMismatch(AgentError):
    """The code that the page shows is not that of the digests it sent."""

    code, status = "code_mismatch", 409


class Replayed(AgentError):
    """Each request is carried out once, whatever came of it."""

    code, status = "replayed", 409


class Expired(AgentError):
    code, status = "request_expired", 409


class KeyUnknown(AgentError):
    code, status = "key_absent", 409


class Busy(AgentError):
    """Somebody is being asked for a PIN already."""

    code, status = "busy", 429


class Declined(AgentError):
    code, status = "authorisation_declined", 409


@dataclass(frozen=True)
class Act:
    """One list that one person is asked to sign."""

    request: str
    origin: str
    key: str
    purpose: str
    digests: tuple[bytes, ...]
    until: datetime

    @property
    def code(self) -> str:
        return list_digest(self.digests)


@dataclass(frozen=True)
class Outcome:
    """As many signatures as were made, in the list's order, and what stopped it."""

    request: str
    signatures: Sequence[bytes]
    stopped_by: str = ""

    def as_json(self) -> dict[str, Any]:
        made = [base64.b64encode(one).decode() for one in self.signatures]
        error = {"code": self.stopped_by} if self.stopped_by else None
        return {"request": self.request, "signatures": made, "error": error}


def read_act(data: Mapping[str, Any], origin: str) -> Act:
    """Raises BadRequest, or CodeMismatch when page and digests disagree."""
    try:
        act = Act(
            request=matching(REQUEST_ID, data["request"]),
            origin=origin,
            key=matching(SHA256_HEX, data["key"]),
            purpose=printable(data["purpose"]),
            digests=read_digests(data["digests"]),
            until=datetime.fromisoformat(data["until"]),
        )
        shown = data["code"]
    except (KeyError, TypeError, ValueError) as error:
        raise BadRequest(repr(error)) from error
    if act.until.tzinfo is None:
        raise BadRequest("a time without its zone")
    if shown != act.code:
        raise CodeMismatch(f"{shown!r} for {act.code}")
    return act


def read_digests(listed: Any) -> tuple[bytes, ...]:
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_DIGESTS:
        raise BadRequest(f"between 1 and {MAX_DIGESTS} digests")
    digests = tuple(bytes.fromhex(matching(SHA256_HEX, one)) for one in listed)
    if len(set(digests)) != len(digests):
        raise BadRequest("a digest stands twice in the list")
    return digests


def matching(pattern: re.Pattern[str], value: Any) -> str:
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise BadRequest(f"{value!r:.80} does not fit")


def printable(text: Any) -> str:
    """On one line and without control characters: it goes to a terminal."""
    if not isinstance(text, str):
        raise BadRequest("the purpose is no text")
    kept = [
        " " if one.isspace() else one
        for one in unicodedata.normalize("NFC", text)
        if one.isspace() or not unicodedata.category(one).startswith("C")
    ]
    return "".join(kept)[:MAX_PURPOSE].strip()
