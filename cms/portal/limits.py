"""How often one address may ask: enough for an office, too little for guessing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from ipaddress import AddressValueError, IPv6Address, IPv6Network
from typing import Any, Protocol

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .tries import Tries

View = Callable[..., HttpResponseBase]


class Counts(Protocol):
    """Where the calls of one window are counted under a key."""

    def take(self, key: str, *, most: int, seconds: int) -> bool:
        """Count one call; False if there were ``most`` already."""

    def give_back(self, key: str) -> None:
        """Let one call that was counted not count."""


class InProcess:
    """In the memory of each process: quick, and its bound is one on each process."""

    def take(self, key: str, *, most: int, seconds: int) -> bool:
        # Not one step, and it need not be: a few calls too many do no harm.
        cache.add(key, 0, seconds)
        try:
            taken: int = cache.incr(key)
        except ValueError:  # it expired between the two calls
            return True
        return taken <= most

    def give_back(self, key: str) -> None:
        with contextlib.suppress(ValueError):  # the window has passed
            cache.decr(key)


class InDatabase:
    """For all processes together: who guesses must not have a turn at each."""

    def take(self, key: str, *, most: int, seconds: int) -> bool:
        until = timezone.now() + timedelta(seconds=seconds)
        return Tries.objects.take(key, most=most, until=until)

    def give_back(self, key: str) -> None:
        Tries.objects.give_back(key)


@dataclass(frozen=True)
class Limit:
    """At most ``count`` calls in each window of ``seconds`` from one address."""

    name: str
    count: int
    seconds: int
    counts: Counts = field(default_factory=InProcess)

    def take(self, who: str, *, now: float | None = None) -> int:
        """Count one call; return the seconds to wait, 0 when it may go on."""
        now = time.time() if now is None else now
        key = self._key(who, now)
        if self.counts.take(key, most=self.count, seconds=self.seconds):
            return 0
        return self.seconds - int(now) % self.seconds

    def give_back(self, who: str, *, now: float | None = None) -> None:
        """Let a call that was counted not count."""
        self.counts.give_back(self._key(who, time.time() if now is None else now))

    def _key(self, who: str, now: float) -> str:
        # Under this site's key: an address, or what was typed as a name, must not be
        # read out of the count.
        said = who.encode(errors="replace")
        digest = salted_hmac("cms.limits", said, algorithm="sha256").hexdigest()
        return f"limit:{self.name}:{int(now) // self.seconds}:{digest}"


CODES = Limit("codes", count=60, seconds=60)
FILES = Limit("files", count=12, seconds=60)
SIGN_INS = Limit("sign-ins", count=10, seconds=300, counts=InDatabase())
# From one address: a school of forty teachers stands behind one, and some mistype.
SIGN_INS_THERE = Limit("sign-ins-there", count=60, seconds=300, counts=InDatabase())


def client_address(request: HttpRequest) -> str:
    """The address that asks. Behind a proxy, what the proxy itself has added last.

    Of IPv6 the network: one household has 2^64 addresses, and would never wait.
    """
    value = str(request.META.get(settings.CLIENT_ADDRESS_HEADER, ""))
    value = value.rsplit(",", 1)[-1].strip()
    try:
        address = IPv6Address(value)
    except AddressValueError:
        return value
    return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))


def limited(limit: Limit, *methods: str) -> Callable[[View], View]:
    """Answer 429 with the time to wait once an address has asked too often."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(
            request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            if not methods or request.method in methods:
                wait = limit.take(client_address(request))
                if wait:
                    return too_many(request, wait)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


def too_many(request: HttpRequest, wait: int) -> HttpResponse:
    """The page that asks to wait."""
    context = {"wait": wait}
    response = render(request, "cms/portal/too_many.html", context, status=429)
    response["Retry-After"] = str(wait)
    return response
