"""The page of a verdict, kept for those who ask after the first one.

On the day of the reports thousands check the same kind of page. What is kept is never
older than the record: its revision is part of the key, and is asked each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from documents.models import Record

# So long the name of a school, or a page's title at the foot, may be the old one.
SECONDS = 60
# Whoever has one of these may see a page of their own: a name, a message.
PERSONAL = ("sessionid", "messages")


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
    sheets = Record.objects.filter(book__code=code).order_by("pk")
    state = hashlib.sha256(str(list(sheets.values_list("pk", "revision"))).encode())
    return f"verdict:{code}:{get_language()}:{state.hexdigest()}"
