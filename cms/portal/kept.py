"""The page of a verdict, kept for those who ask after the first one.

On the day of the reports thousands check the same kind of page. What is kept is never
older than the record: its revision is part of the key, and is asked each time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache as cache_once
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from documents.models import Book, Record

# So long the name of a school, or a page's title at the foot, may be the old one.
SECONDS = 60
# Whoever has one of these may see a page of their own: a name, a message.
PERSONAL = ("sessionid", "messages")
CODE = Book._meta.get_field("code")


def kept_page(
    request: HttpRequest, code: str, make: Callable[[], HttpResponse]
) -> HttpResponse:
    """The page of ``make``, or the one that it made for this state of the record."""
    if any(name in request.COOKIES for name in PERSONAL):
        return make()
    key = _key(code)
    if page := cache.get(key):
        return HttpResponse(page)
    response = make()
    if response.status_code == 200:
        cache.set(key, response.content, SECONDS)
    return response


def _key(code: str) -> str:
    """Differs after every step and every edit of any sheet of the book."""
    sql, _params = _question()
    with connection.cursor() as cursor:
        cursor.execute(sql, [CODE.get_db_prep_value(UUID(code), connection)])
        state = ",".join(f"{sheet}.{revision}" for sheet, revision in cursor.fetchall())
    return f"verdict:{code}:{get_language()}:{state}"


@cache_once
def _question() -> tuple[str, Any]:
    """Django writes the query once: to write it took longer than to answer it."""
    sheets = Record.objects.filter(book__code=UUID(int=0)).order_by("pk")
    return sheets.values_list("pk", "revision").query.sql_with_params()
