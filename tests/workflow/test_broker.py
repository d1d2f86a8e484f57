from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu.connection import Connection


class Looking:
    """Says as JSON what a worker could take while the message is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __json__(self) -> list[str]:
        return [path.name for path in self.folder.glob("*.work.msg")]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    folders = ("data_folder_in", "data_folder_out", "control_folder")
    with Connection(
        "filesystem://localhost",
        transport="workflow.broker:Transport",
        transport_options=dict.fromkeys(folders, str(tmp_path)),
    ) as connection:
        yield connection


def test_no_message_can_be_taken_before_it_is_whole(
    connection: Connection, tmp_path: Path
):
    channel = connection.default_channel

    channel._put("work", {"seen": Looking(tmp_path)})

    assert channel._get("work") == {"seen": []}
    assert not list(tmp_path.glob("*.msg*"))


def test_every_message_comes_through(connection: Connection):
    with connection.SimpleQueue("work") as queue:
        for number in range(5):
            queue.put({"number": number})

        taken = [queue.get(timeout=60).payload["number"] for _ in range(5)]

    assert sorted(taken) == list(range(5))
