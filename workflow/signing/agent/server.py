"""The agent's HTTP on the loopback address: who may ask, and in which form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from documents.errors import RecordsError
from workflow.signing.agent.acts import (
    AgentError,
    BadRequest,
    HostRefused,
    NotPaired,
    OriginRefused,
    read_act,
)
from workflow.signing.agent.desk import Agent

PROTOCOL = 1
BODY_LIMIT = 512 * 1024
LOOPBACK = "127.0.0.1"
SECONDS_OF_PREFLIGHT = "600"
Json = dict[str, Any]


class AgentServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 alone; ``port`` 0 takes any that is free."""

    daemon_threads = True

    def __init__(self, agent: Agent, origins: Iterable[str], port: int = 0) -> None:
        self.agent = agent
        self.origins = frozenset(map(checked_origin, origins))
        super().__init__((LOOPBACK, port), AgentHandler)

    @property
    def hosts(self) -> frozenset[str]:
        port = self.server_address[1]
        return frozenset({f"{LOOPBACK}:{port}", f"localhost:{port}"})


def checked_origin(origin: str) -> str:
    """Raises ValueError unless it is scheme, host and port of a page, nothing more."""
    parts = urlsplit(origin)
    local = parts.hostname in (LOOPBACK, "localhost")
    bare = origin == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    if not bare or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise ValueError(f"not an origin of a secure page: {origin}")
    return origin


class AgentHandler(BaseHTTPRequestHandler):
    """Every request passes ``_admit`` first, also the browser's preflight."""

    server: AgentServer
    protocol_version = "HTTP/1.1"
    server_version = "hocba-agent"
    sys_version = ""
    wbufsize = -1
    # A page that sends half a request does not keep a thread for ever.
    timeout = 30

    def do_OPTIONS(self) -> None:
        self._answered(lambda: (204, {}))

    def do_GET(self) -> None:
        routes: dict[str, Callable[[], Json]] = {
            "/v1/status": self._status,
            "/v1/keys": self._keys,
        }
        self._routed(routes)

    def do_POST(self) -> None:
        routes: dict[str, Callable[[], Json]] = {
            "/v1/pair": self._pair,
            "/v1/sign": self._sign,
        }
        self._routed(routes)

    def _routed(self, routes: dict[str, Callable[[], Json]]) -> None:
        def act() -> tuple[int, Json]:
            if (route := routes.get(self.path)) is None:
                raise BadRequest("no such path")
            return 200, route()

        self._answered(act)

    def _status(self) -> Json:
        try:
            self._require_paired()
        except NotPaired:
            return {"agent": "hocba", "protocol": PROTOCOL, "paired": False}
        return {"agent": "hocba", "protocol": PROTOCOL, "paired": True}

    def _pair(self) -> Json:
        code = self._body().get("code")
        if not isinstance(code, str):
            raise BadRequest("no code")
        return {"token": self.server.agent.pair(code, self._origin)}

    def _keys(self) -> Json:
        self._require_paired()
        found = self.server.agent.available_keys()
        return {"keys": [key.as_json() for key in found]}

    def _sign(self) -> Json:
        self._require_paired()
        return self.server.agent.sign(read_act(self._body(), self._origin)).as_json()

    @property
    def _origin(self) -> str:
        return self.headers.get("Origin", "")

    def _answered(self, act: Callable[[], tuple[int, Json]]) -> None:
        try:
            self._admit()
            status, data = act()
        except AgentError as error:
            status, data = error.status, {"error": {"code": error.code}}
        except RecordsError as error:
            status, data = 409, {"error": {"code": error.code}}
        self._write(status, data)

    def _admit(self) -> None:
        """The right name (else DNS rebinding), the right page (else any web site)."""
        if self.headers.get("Host") not in self.server.hosts:
            raise HostRefused
        if self._origin not in self.server.origins:
            raise OriginRefused

    def _require_paired(self) -> None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise NotPaired
        self.server.agent.require_paired(token, self._origin)

    def _body(self) -> Json:
        # JSON makes the browser ask first (CORS); a form would come without asking.
        if self.headers.get_content_type() != "application/json":
            raise BadRequest("not JSON")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            raise BadRequest("no length, or too long")
        try:
            data = json.loads(self.rfile.read(int(length)))
        except ValueError as error:
            raise BadRequest("not JSON") from error
        if not isinstance(data, dict):
            raise BadRequest("no object")
        return data

    def _write(self, status: int, data: Json) -> None:
        body = b"" if status == 204 else json.dumps(data).encode()
        # What was not read of a refused request must not be taken for the next one.
        self.close_connection = True
        self.send_response(status)
        for name, value in self._cors().items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _cors(self) -> dict[str, str]:
        """Nothing for a page that is not allowed: its browser keeps the answer."""
        if self._origin not in self.server.origins:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": self._origin,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Allow-Private-Network": "true",
            "Access-Control-Max-Age": SECONDS_OF_PREFLIGHT,
        }

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the window belongs to the questions."""
