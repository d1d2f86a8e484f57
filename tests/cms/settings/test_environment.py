from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cms.settings.environment import development_key


def test_the_development_key_is_made_once_and_for_its_owner_alone(tmp_path: Path):
    folder = tmp_path / "new"

    key = development_key(folder)

    assert len(key) >= 64
    assert development_key(folder) == key
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret_key"]


def test_processes_that_start_together_share_one_key(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: development_key(tmp_path), range(40)))

    assert keys == {(tmp_path / "secret_key").read_text()}


def test_two_installations_have_two_keys(tmp_path: Path):
    keys = {development_key(tmp_path / name) for name in ("here", "there")}

    assert len(keys) == 2
