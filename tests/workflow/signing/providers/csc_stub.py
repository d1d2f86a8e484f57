"""A remote signing service that believes nothing: CSC API v1 and v2 over HTTP.

It checks what certomancer's does not: our own account, PIN, one-time code, expiry of
the SAD, ``multisign``, hashes that were not authorised or are signed a second time
with one SAD. And it can be told to fail.
"""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from workflow.signing.development import DevelopmentCA, IssuedKey
from workflow.signing.providers.pkcs12 import PrivateKey, sign_digest

PIN, ACCOUNT, TOKEN = "1234", ("hocba", "secret"), "account-token"
Json = dict[str, Any]
Reply = tuple[int, Json]
# Takes the true reply away and writes something else to the wire.
Fault = Callable[["Handler", Callable[[], Reply]], None]


class No(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        self.reply = (status, {"error": error, "error_description": description})


@dataclass
class Act:
    """One SAD: which hashes it may sign once, until when."""

    hashes: Counter[str]
    until: datetime


@dataclass
class Service:
    """The rules. Tests set the fields and read what was counted."""

    key: PrivateKey
    chain: list[str]
    multisign: int = 1000
    lifetime: int = 3600
    pin: bool = True
    otps: list[str] = field(default_factory=list)
    phone: str = ""  # "waiting", "confirmed" or "declined"
    locked: bool = False
    enabled: bool = True
    now: datetime = datetime(2026, 6, 30, 12, tzinfo=UTC)
    calls: Counter[str] = field(default_factory=Counter)
    signed: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[Fault | None]] = field(default_factory=dict)
    every: tuple[int, Fault] | None = None
    last: Reply = (200, {})
    _acts: dict[str, Act] = field(default_factory=dict)
    _asked: dict[str, list[str]] = field(default_factory=dict)
    _tokens: set[str] = field(default_factory=set)
    connections: int = 0

    def fault(self, method: str) -> Fault | None:
        planned = self.faults.get(method, [])
        if planned:
            return planned.pop(0)
        if self.every and sum(self.calls.values()) % self.every[0] == 0:
            return self.every[1]
        return None

    def forget_account(self) -> None:
        self._tokens.clear()

    def login(self, header: str) -> Reply:
        user, _, password = base64.b64decode(header.split()[1]).decode().partition(":")
        if (user, password) != ACCOUNT:
            raise No("invalid_client", "Unknown account", 401)
        token = f"{TOKEN}-{len(self._tokens)}"
        self._tokens.add(token)
        return 200, {"access_token": token, "token_type": "Bearer"}

    def answer(self, method: str, body: Json, version: str, token: str) -> Reply:
        if token not in self._tokens:
            raise No("invalid_token", "The access token is unknown", 401)
        if version == "v2" and {"hash", "hashAlgo", "PIN", "OTP"} & body.keys():
            raise No("invalid_request", "a name of v1")
        hashes = body.get("hash" if version == "v1" else "hashes", [])
        match method:
            case "credentials/list":
                return self._list(body)
            case "credentials/info":
                return 200, self._info(version)
            case "credentials/authorize":
                return self._authorize(body, hashes, version)
            case "credentials/authorizeCheck" if version == "v2":
                return self._check(body["handle"])
            case "signatures/signHash":
                return 200, {"signatures": self._sign(body, hashes)}
        raise No("invalid_request", f"no method {method}", 404)

    def _list(self, body: Json) -> Reply:
        if "pageToken" in body:
            return 200, {"credentialIDs": ["seal"]}
        return 200, {"credentialIDs": ["head"], "nextPageToken": "2"}

    def _info(self, version: str) -> Json:
        needed = {"PIN": self.pin, "OTP": bool(self.otps)}
        data: Json = {
            "key": {
                "status": "enabled" if self.enabled else "disabled",
                "algo": ["1.2.840.10045.4.3.2"],
                "len": 256,
            },
            "cert": {"status": "valid", "certificates": self.chain},
            "multisign": self.multisign,
            "SCAL": "2",
        }
        if version == "v1":
            presence = {k: {"presence": str(v).lower()} for k, v in needed.items()}
            return data | {"authMode": "explicit"} | presence
        objects = [{"type": "Password", "id": k} for k, v in needed.items() if v]
        return data | {"auth": {"mode": "explicit", "objects": objects}}

    def _authorize(self, body: Json, hashes: list[str], version: str) -> Reply:
        given = {one["id"]: one["value"] for one in body.get("authData", [])}
        self._check_factors(given if version == "v2" else body)
        if body["numSignatures"] > self.multisign:
            raise No("invalid_request", "Numbers of signatures is too high")
        if body["numSignatures"] != len(hashes):
            raise No("invalid_request", "numSignatures and hashes differ")
        if self.phone:
            handle = f"handle-{len(self._asked)}"
            self._asked[handle] = hashes
            return 202, {"handle": handle}
        return 200, self._grant(hashes)

    def _check_factors(self, given: Json) -> None:
        if self.locked:
            raise No("invalid_request", "Credential locked")
        if self.pin and given.get("PIN") != PIN:
            raise No("invalid_pin", "The PIN is invalid")
        if self.otps and given.get("OTP") not in self.otps:
            raise No("invalid_otp", "The OTP is invalid")
        if self.otps:
            # A place is kept, so that the credential still asks for a code.
            self.otps[self.otps.index(given["OTP"])] = "used up"

    def _check(self, handle: str) -> Reply:
        if self.phone == "declined":
            raise No("access_denied", "The user has declined")
        if self.phone == "waiting":
            return 202, {"handle": handle}
        return 200, self._grant(self._asked.pop(handle))

    def _grant(self, hashes: list[str]) -> Json:
        sad = f"sad-{len(self._acts)}"
        until = self.now + timedelta(seconds=self.lifetime)
        self._acts[sad] = Act(Counter(hashes), until)
        return {"SAD": sad, "expiresIn": self.lifetime}

    def _sign(self, body: Json, hashes: list[str]) -> list[str]:
        act = self._acts.get(body["SAD"])
        if act is None:
            raise No("invalid_request", "Invalid parameter SAD")
        if act.until < self.now:
            raise No("invalid_request", "SAD expired")
        if not Counter(hashes) <= act.hashes:
            raise No("invalid_request", "Hash is not authorized by the SAD")
        act.hashes -= Counter(hashes)
        self.signed.update(hashes)
        digests = map(base64.b64decode, hashes)
        return [b64(sign_digest(self.key, digest)) for digest in digests]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet, or each answer waits 40 ms for an acknowledgement.
    wbufsize = -1
    service: Service

    def setup(self) -> None:
        super().setup()
        self.service.connections += 1

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        _, path, method = self.path.split("/", 2)
        if path == "csc":
            version, _, method = method.partition("/")
        self.service.calls[method] += 1
        header = self.headers.get("Authorization", "")

        def act() -> Reply:
            try:
                if method in ("auth/login", "token"):
                    return self.service.login(header)
                token = header.removeprefix("Bearer ")
                return self.service.answer(method, json.loads(raw), version, token)
            except No as no:
                return no.reply

        if fault := self.service.fault(method):
            fault(self, act)
        else:
            reply = act()
            self.service.last = reply
            self.reply(*reply)

    def reply(self, status: int, data: Json, **headers: str) -> None:
        self.write(status, json.dumps(data).encode(), **headers)

    def write(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the tests read the counters."""


def status(code: int, **headers: str) -> Fault:
    """Nothing is done."""
    return lambda handler, act: handler.reply(code, {}, **headers)


def done_but(code: int) -> Fault:
    """The service acted, and its answer was lost on the way."""

    def fault(handler: Handler, act: Callable[[], Reply]) -> None:
        act()
        handler.reply(code, {})

    return fault


def garbage(handler: Handler, act: Callable[[], Reply]) -> None:
    handler.write(200, b"<html>Out of order</html>")


def half(handler: Handler, act: Callable[[], Reply]) -> None:
    """The connection breaks in the middle of the true answer."""
    code, data = act()
    body = json.dumps(data).encode()
    handler.send_response(code)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def hang_up(handler: Handler, act: Callable[[], Reply]) -> None:
    handler.close_connection = True


def fewer(handler: Handler, act: Callable[[], Reply]) -> None:
    """Only some of the signatures."""
    code, data = act()
    handler.reply(code, {"signatures": data["signatures"][:3]})


def twice(handler: Handler, act: Callable[[], Reply]) -> None:
    """The right answer to the last question, once more."""
    handler.reply(*handler.service.last)


def swapped(handler: Handler, act: Callable[[], Reply]) -> None:
    """Good signatures of other hashes than asked."""
    code, data = act()
    handler.reply(code, {"signatures": data["signatures"][::-1]})


def new_service(ca: DevelopmentCA, issued: IssuedKey) -> Service:
    bundle = pkcs12.load_pkcs12(issued.path.read_bytes(), issued.passphrase.encode())
    assert isinstance(bundle.key, PrivateKey)
    authorities = (ca.issuing.certificate, ca.root.certificate)
    der = serialization.Encoding.DER
    chain = [one.public_bytes(der) for one in (issued.certificate, *authorities)]
    return Service(bundle.key, list(map(b64, chain)))


@contextmanager
def serving(service: Service) -> Iterator[str]:
    """The service at a port of this machine; yields its address."""
    handler = type("ServiceHandler", (Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
