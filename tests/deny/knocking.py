"""Somebody knocks at an address: was it opened, what was written, what was shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.core.cache import caches
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client

# That somebody is signed in, in which language, and how often they have tried.
NO_MATTER = (
    "cms_tries",
    "django_session",
    "wagtailusers_userprofile",
    "wagtailcore_apitoken",
)
WRITING = re.compile(r'(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM) "(\w+)"')
# Wagtail's own words of refusal lead here.
HOME = "/admin/"


@dataclass(frozen=True)
class Answer:
    """``is_refusal``: not signed in, not allowed, or nothing there for this person."""

    status: int
    location: str
    body: str
    written: tuple[str, ...]

    @property
    def is_refusal(self) -> bool:
        if self.status in (302, 303):
            return "next=" in self.location or self.location == HOME
        return self.status in (401, 403, 404)


def ask(client: Client, method: str, address: str, data: Any = None) -> Answer:
    """With nothing but the session of who has signed in: no message is carried on."""
    session = client.cookies.get("sessionid")
    as_script = {"content_type": "application/json"} if isinstance(data, str) else {}
    answer = knock(client, method, address, data, **as_script)
    client.cookies = SimpleCookie({"sessionid": session.value} if session else {})
    return answer


def is_open(answer: Answer) -> bool:
    """Neither refused nor of a method that the address does not take."""
    return not answer.is_refusal and answer.status != 405


def knock(
    client: Client, method: str, address: str, data: Any = None, **more: Any
) -> Answer:
    """Ask, take back whatever it has written, and say what that was."""
    for one in ("default", "shared"):
        caches[one].clear()
    with transaction.atomic():
        with writes() as written:
            response = getattr(client, method)(address, data, **more)
            body = body_of(response)
        transaction.set_rollback(True)
    location = response.headers.get("Location", "")
    return Answer(response.status_code, location, body, tuple(sorted(written)))


def body_of(response: HttpResponseBase) -> str:
    streaming: Any = response
    parts = streaming.streaming_content if response.streaming else [streaming.content]
    return b"".join(parts).decode(errors="replace")


@contextmanager
def writes() -> Iterator[set[str]]:
    """The tables of which rows were written, whether or not it changed them."""
    found: set[str] = set()

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if (match := WRITING.match(sql)) and match[1] not in NO_MATTER:
            found.add(match[1])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield found
