"""What no text of ours may hold, refused where it comes in.

PostgreSQL keeps no null character, SQLite does; neither keeps half of a surrogate pair,
which JSON can write and UTF-8 cannot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, QueryDict

UNKEPT = re.compile("[\0\ud800-\udfff]")
INTERFACE = "/api/"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class CharactersMiddleware:
    """Answers 400 to such a character in an address or a field of a form.

    No keyboard types one; whoever sends it gets the same answer on both databases. The
    interface and the readers of JSON say themselves what is wrong.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        if request.path_info.startswith(INTERFACE):
            return
        if has_unkept([request.path_info, *texts(request.GET)]):
            raise BadRequest("a character that is not kept in the address")
        if request.content_type in FORMS and has_unkept(texts(request.POST)):
            raise BadRequest("a character that is not kept in a field")


def texts(data: QueryDict) -> Iterator[str]:
    for name, values in data.lists():
        yield name
        yield from map(str, values)


def texts_in(data: Any) -> Iterator[str]:
    """Every text in what was read from JSON, the names of its fields too."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        yield from data
        data = list(data.values())
    if isinstance(data, list):
        for one in data:
            yield from texts_in(one)


def has_unkept(values: Iterable[str]) -> bool:
    return any(UNKEPT.search(value) for value in values)


def sent_by_script(request: HttpRequest) -> bytes:
    """The body of a request that no form sent. Raises BadRequest for a form's.

    A form has been read field by field, and its bytes are not there any more.
    """
    if request.content_type in FORMS:
        raise BadRequest("a form where a script was expected")
    return request.body
