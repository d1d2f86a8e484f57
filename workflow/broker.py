"""The embedded broker: kombu's files, each put in its place whole."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Named in ``CELERY_BROKER_TRANSPORT`` through its transport."""

    def _put(  # type: ignore[override]
        self, queue: str, payload: Any, **kwargs: Any
    ) -> None:
        """Write the message under another name, then give it its own.

        kombu makes the file first and writes it then: a worker that looks in between
        takes an empty message, and what it asked for waits for the reconciler.
        """
        # Messages are taken in the order of their names.
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        place = Path(self.data_folder_out) / name
        part = place.with_name(f"{name}.part")
        message: str = dumps(payload)  # type: ignore[no-untyped-call]
        part.write_text(message, encoding="utf-8")
        part.replace(place)


class Transport(filesystem.Transport):
    Channel = Channel
