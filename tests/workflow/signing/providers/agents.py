"""The real agent over real HTTP, with somebody in front of it who answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from tests.workflow.signing.providers.material import digests
from tests.workflow.signing.providers.tokens import MODULE, PIN
from workflow.signing.agent.acts import Act
from workflow.signing.agent.desk import Agent
from workflow.signing.agent.server import AgentServer
from workflow.signing.certificates import CertificateInfo
from workflow.signing.providers.agent import Accepted, SigningRequest, accept
from workflow.signing.providers.base import Mechanism

ORIGIN = "https://hocba.example.vn"
FEW = digests(12)
PURPOSE = "Ký duyệt 12 học bạ lớp 3B"
Signer = tuple[CertificateInfo, Mechanism]


@dataclass
class Person:
    """Reads the window and types what the test says; ``pins`` run out into PIN."""

    pins: list[str] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    pairing_codes: list[str] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    hesitates: threading.Event | None = None

    def show_pairing_code(self, code: str) -> None:
        self.pairing_codes.append(code)

    def ask(self, act: Act, signer: CertificateInfo, *, wrong_pin: bool) -> str:
        self.acts.append(act)
        self.asked.set()
        if self.hesitates:
            self.hesitates.wait(60)
        return self.pins.pop(0) if self.pins else PIN


class Page:
    """What a script of the site can do: fetch, from its own origin."""

    def __init__(self, url: str, origin: str | None = ORIGIN) -> None:
        self.url = url
        self.origin = origin
        self.token = ""

    def pair(self, code: str) -> requests.Response:
        answer = self.post("pair", {"code": code})
        self.token = answer.json().get("token", "")
        return answer

    def get(self, path: str, **headers: str) -> requests.Response:
        url = f"{self.url}/v1/{path}"
        return requests.get(url, headers=self._headers() | headers, timeout=60)

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        url = f"{self.url}/v1/{path}"
        given = self._headers() | {"Content-Type": "application/json"} | headers
        return requests.post(url, json=body, headers=given, timeout=60)

    def _headers(self) -> dict[str, str]:
        given = {"Origin": self.origin} if self.origin is not None else {}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        return given


@contextmanager
def running(person: Person) -> Iterator[Page]:
    """An agent for ORIGIN, and a page that is not paired yet."""
    agent = Agent(MODULE, person)
    with AgentServer(agent, [ORIGIN]) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield Page(f"http://127.0.0.1:{server.server_address[1]}")
        finally:
            server.shutdown()
            thread.join()


def code_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def ask_for(
    signer: Signer, wanted: Sequence[bytes] = FEW, at: datetime | None = None
) -> SigningRequest:
    moment = at or datetime.now(UTC)
    return SigningRequest.new(wanted, signer[0], purpose=PURPOSE, at=moment)


def taken(
    request: SigningRequest, signer: Signer, answer: requests.Response
) -> Accepted:
    certificate, mechanism = signer
    moment = datetime.now(UTC)
    return accept(request, answer.content, certificate, mechanism, at=moment)
