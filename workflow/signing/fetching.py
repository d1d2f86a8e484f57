"""Ask a service over HTTP, within a time and a size."""

from __future__ import annotations

import http.client
import time
import urllib.request

CHUNK = 64 * 1024


def fetch(
    url: str, *, timeout: float, limit: int, body: bytes = b"", content_type: str = ""
) -> bytes:
    """The answer to a GET, or to a POST if there is a ``body``.

    Raises OSError when the service does not answer in time (trying again may help),
    ValueError when the answer is longer than ``limit``, or the address is none.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"not a web address: {url}")
    headers = {"Content-Type": content_type} if body else {}
    request = urllib.request.Request(url, body or None, headers)
    # The timeout of a socket starts again with each byte; a service that drips must
    # not hold a worker.
    deadline = time.monotonic() + timeout
    data = bytearray()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            while part := answer.read1(CHUNK):
                data += part
                if len(data) > limit:
                    raise ValueError("the answer is too long")
                if time.monotonic() > deadline:
                    raise TimeoutError(f"no whole answer in {timeout} s")
    except http.client.HTTPException as error:
        raise OSError(f"half an answer: {error!r}") from error
    return bytes(data)
