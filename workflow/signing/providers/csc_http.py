"""One HTTP service that may be slow, overloaded or broken, asked with patience."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from workflow.signing.providers.errors import ServiceRefused, ServiceUnavailable

Json = Mapping[str, Any]
Sleep = Callable[[float], None]

OVERLOADED = frozenset({429, 503})
BROKEN = frozenset({408, 500, 502, 504})
# 600 RSA signatures in base64 have 220 kB.
ANSWER_LIMIT = 4 * 1024 * 1024
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Refusal(Exception):
    """The service understood and said no: its status, error code and sentence."""

    def __init__(self, status: int, error: str, description: str) -> None:
        self.status = status
        self.error = error
        self.description = description
        super().__init__(f"{status} {error}: {description}")


class Trouble(Exception):
    """One attempt came to nothing. ``acted`` tells whether the service may have acted
    all the same; ``wait`` is how long it asked us to stay away."""

    def __init__(self, detail: str, *, acted: bool, wait: float = 0) -> None:
        self.acted = acted
        self.wait = wait
        super().__init__(detail)


@dataclass(frozen=True)
class Answer:
    status: int
    data: Json


@dataclass(frozen=True)
class Patience:
    """How often and how long to try. The worker waits, so the sum stays small."""

    attempts: int = 5
    first_wait: float = 0.3
    longest_wait: float = 10
    connect: float = 3
    read: float = 15


class Bearer(AuthBase):
    """As an ``auth`` object, so that a .netrc does not put itself in its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Transport:
    """JSON in, JSON out, one kept connection. Redirects are not followed."""

    def __init__(
        self,
        base_url: str,
        *,
        patience: Patience = Patience(),
        sleep: Sleep = time.sleep,
        authorities: str | bool = True,
    ) -> None:
        """``authorities`` is a file of CA certificates, for a service inside a state
        network whose authority browsers do not know."""
        parts = urlsplit(base_url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ServiceRefused("https", f"not a secure address: {base_url}")
        self.base_url = base_url.rstrip("/")
        self.patience = patience
        self._sleep = sleep
        self._session = requests.Session()
        self._session.verify = authorities

    def post(
        self, path: str, body: Json, *, token: str = "", repeatable: bool = True
    ) -> Answer:
        """Ask until there is an answer.

        What must not happen twice is not ``repeatable``: then only what surely did
        not reach the service is sent again. Raises Refusal or ServiceUnavailable.
        """
        return self._patiently(
            lambda: self._once(path, Bearer(token), json=body), repeatable
        )

    def post_form(self, path: str, form: Json, user: str, password: str) -> Answer:
        """The token request of OAuth 2.0 (RFC 6749 §4.4) and CSC's auth/login."""
        login = HTTPBasicAuth(user.encode(), password.encode())
        return self._patiently(lambda: self._once(path, login, data=form), True)

    def pause(self, attempt: int) -> None:
        """Wait before attempt number ``attempt + 1``, longer each time."""
        self._sleep(self._wait(attempt))

    def _patiently(self, ask: Callable[[], Answer], repeatable: bool) -> Answer:
        last = self.patience.attempts - 1
        for attempt in range(self.patience.attempts):
            try:
                return ask()
            except Trouble as trouble:
                given_up = attempt == last or (trouble.acted and not repeatable)
                if given_up or trouble.wait > self.patience.longest_wait:
                    detail = str(trouble)
                    raise ServiceUnavailable(
                        detail, retry_after=trouble.wait
                    ) from trouble
                self._sleep(max(trouble.wait, self._wait(attempt)))
        raise ServiceUnavailable("no attempt was allowed")

    def _wait(self, attempt: int) -> float:
        # Spread, so that many workers do not come back in the same moment.
        wait: float = self.patience.first_wait * 2**attempt * random.uniform(0.5, 1)
        return min(wait, self.patience.longest_wait)

    def _once(self, path: str, auth: AuthBase, **content: Any) -> Answer:
        try:
            with self._session.post(
                f"{self.base_url}/{path}",
                auth=auth,
                timeout=(self.patience.connect, self.patience.read),
                allow_redirects=False,
                stream=True,
                **content,
            ) as response:
                return read_answer(response)
        except requests.exceptions.ConnectionError as error:
            raise Trouble(str(error), acted=not is_unheard(error)) from error
        # The body is read by urllib3 itself, which has errors of its own.
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            raise Trouble(str(error), acted=True) from error


def is_unheard(error: requests.exceptions.ConnectionError) -> bool:
    """Whether there was no connection, so that nothing can have happened there."""
    cause = error.args[0] if error.args else None
    unheard = (NewConnectionError, ConnectTimeoutError)
    return isinstance(getattr(cause, "reason", cause), unheard)


def read_answer(response: requests.Response) -> Answer:
    """Raises Trouble for an answer that is none, Refusal for a clear no."""
    status = response.status_code
    if status in OVERLOADED:
        raise Trouble(f"status {status}", acted=False, wait=wished_wait(response))
    if status in BROKEN:
        raise Trouble(f"status {status}", acted=True)
    body = response.raw.read(ANSWER_LIMIT + 1, decode_content=True)
    if len(body) > ANSWER_LIMIT:
        raise Trouble("the answer is too long", acted=True)
    if not response.ok or status >= 300:
        raise refusal(status, body)
    if status == 204:
        return Answer(status, {})
    return Answer(status, as_object(body))


def as_object(body: bytes) -> Json:
    try:
        data = json.loads(body)
    except ValueError as error:
        raise Trouble("the answer is no JSON", acted=True) from error
    if not isinstance(data, dict):
        raise Trouble("the answer is no object", acted=True)
    return data


def refusal(status: int, body: bytes) -> Refusal:
    """CSC API §10.1: error and error_description; others send a page of HTML."""
    try:
        data = as_object(body)
    except Trouble:
        data = {}
    error = str(data.get("error", f"status {status}"))
    return Refusal(status, error, str(data.get("error_description", "")))


def wished_wait(response: requests.Response) -> float:
    """Retry-After in seconds; the form with a date is rare and read as nothing."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else 0
