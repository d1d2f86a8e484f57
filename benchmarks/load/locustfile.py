"""One person of `people.json`: opens a page, reads, opens the next. Run by locust."""

from __future__ import annotations

import itertools
import json
import os
import random
from pathlib import Path
from typing import Any

from locust import HttpUser, between, task

PEOPLE = json.loads(Path(os.environ["PEOPLE_FILE"]).read_text(encoding="utf-8"))
NEXT = itertools.cycle(PEOPLE)
TOKEN = "h" * 32


class Person(HttpUser):
    """Reads three to twelve seconds before the next page."""

    wait_time = between(3, 12)

    def on_start(self) -> None:
        person = next(NEXT)
        self.acts: list[dict[str, Any]] = person["acts"]
        self.client.headers.update(
            {
                "Cookie": f"sessionid={person['session']}; csrftoken={TOKEN}",
                "X-CSRFToken": TOKEN,
                # What the proxy in front of the site would say.
                "X-Forwarded-Proto": "https",
                "Referer": "https://127.0.0.1/",
            }
        )

    @task
    def act(self) -> None:
        """What this person does, as often as the weights say."""
        acts = [act for act in self.acts if act["addresses"]]
        act = random.choices(acts, [act["weight"] for act in acts])[0]
        if act["post"] is None:
            self._open(act["name"], random.choice(act["addresses"]))
        else:
            self._send(act["name"], act["addresses"].pop(), act["post"])

    def _open(self, name: str, address: str) -> None:
        with self.client.get(
            address, name=name, allow_redirects=False, catch_response=True
        ) as response:
            if response.status_code != 200:
                response.failure(f"{response.status_code} {address}")

    def _send(self, name: str, address: str, data: dict[str, str]) -> None:
        with self.client.post(
            address, data, name=name, allow_redirects=False, catch_response=True
        ) as response:
            if response.status_code != 302:
                response.failure(f"{response.status_code} {address}")
