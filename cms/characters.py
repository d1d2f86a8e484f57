"""What no text of ours may hold: PostgreSQL keeps no null character, SQLite does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, QueryDict

NULL = "\0"
INTERFACE = "/api/"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class NullCharacterMiddleware:
    """Answers 400 to a null character in an address or a field of a form.

    No keyboard types one; whoever sends it gets the same answer on both databases. The
    interface and the readers of JSON say themselves which of their fields is wrong.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        if request.path_info.startswith(INTERFACE):
            return
        if NULL in request.path_info or has_null(texts(request.GET)):
            raise BadRequest("a null character in the address")
        if request.content_type in FORMS and has_null(texts(request.POST)):
            raise BadRequest("a null character in a field")


def texts(data: QueryDict) -> Iterable[str]:
    for name, values in data.lists():
        yield name
        yield from map(str, values)


def has_null(values: Iterable[str]) -> bool:
    return any(NULL in value for value in values)
