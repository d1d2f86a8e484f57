"""A worker killed by `kill -9` within a batch: nothing doubled, lost or stuck."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.concurrency.conftest import host
from tests.concurrency.test_at_once import SIGNED_ONCE
from tests.factories import NOW
from tests.installation import ROOT, Installation
from tests.tsa import served
from workflow.signing.development import ensure_development_ca
from workflow.signing.timestamps import DevelopmentTimeStamper

pytestmark = pytest.mark.concurrency
# Over the data and over the pages; each once, whatever was killed in between.
MADE_ONCE = {"head": 2, "seal": 2}


@pytest.mark.parametrize("what", ["killed_at_each_step", "killed_with_a_remote_key"])
def test_a_run_that_is_killed_around_any_statement_is_resumed(
    installation: Installation, what: str
):
    found = host(installation, what)

    assert len(found["trials"]) >= 9
    for trial in found["trials"]:
        assert trial["signal"] == signal.SIGKILL, trial["before"]
        assert trial["report"] == {
            "finished": True,
            "statuses": ["done", "done"],
            "records": [SIGNED_ONCE, SIGNED_ONCE],
            "made": [MADE_ONCE, MADE_ONCE],
        }, trial["before"]
    assert found["flaws"] == []


@pytest.mark.parametrize(
    ("what", "lines"),
    [
        ("killed_in_a_submit", ["submit"]),
        ("killed_in_a_slice", ["submit"]),
        ("killed_in_a_lock", ["submit", "sign", "lock"]),
    ],
)
def test_whatever_a_batch_does_a_kill_changes_nothing_of_its_end(
    installation: Installation, what: str, lines: list[str]
):
    found = host(installation, what)

    assert found["sample"]["statuses"] == ["done", "done"]
    assert [one["lines"] for one in found["sample"]["records"]] == [lines, lines]
    assert len(found["trials"]) >= 9
    for trial in found["trials"]:
        assert trial["signal"] == signal.SIGKILL, trial["before"]
        assert trial["report"] == found["sample"], trial["before"]
    assert found["flaws"] == []


@pytest.mark.parametrize(
    ("what", "end"),
    [
        ("killed_while_packing", {"packages": 2, "outcomes": ["waiting"] * 2}),
        ("killed_while_taking_in", {"packages": 1, "outcomes": ["accepted"] * 2}),
    ],
)
def test_work_on_packages_that_is_killed_is_resumed_and_nothing_goes_twice(
    installation: Installation, what: str, end: dict[str, Any]
):
    found = host(installation, what)

    sample = found["sample"]
    assert {name: sample[name] for name in end} == end
    assert (sample["status"], sample["records"], sample["times"]) == ("done", 2, 2)
    assert sample["parts"] == 0
    assert len(found["trials"]) >= 9
    for trial in found["trials"]:
        assert trial["signal"] == signal.SIGKILL, trial["before"]
        assert trial["report"] == sample, trial["before"]
    assert found["flaws"] == []


def test_a_cancel_that_is_killed_is_one_or_none(installation: Installation):
    found = host(installation, "killed_in_a_cancel")

    assert found["sample"]["statuses"] == ["done", "cancelled"]
    for trial in found["trials"]:
        assert trial["signal"] == signal.SIGKILL, trial["before"]
        assert trial["report"]["finished"], trial["before"]
        assert_told_as_it_is(trial)
    assert found["flaws"] == []


def test_a_batch_that_is_cancelled_after_a_kill_tells_what_was_done(
    installation: Installation,
):
    found = host(installation, "killed_and_cancelled")

    assert len(found["trials"]) >= 9
    for trial in found["trials"]:
        assert trial["signal"] == signal.SIGKILL, trial["before"]
        assert trial["report"]["finished"], trial["before"]
        assert_told_as_it_is(trial)
    assert found["flaws"] == []


def assert_told_as_it_is(trial: dict[str, Any]) -> None:
    """Done is what was submitted, once; cancelled is what is a draft as before."""
    ends = {"done": ("reviewed", ["submit"]), "cancelled": ("draft", [])}
    report = trial["report"]
    for status, record in zip(report["statuses"], report["records"], strict=True):
        assert (record["state"], record["lines"]) == ends[status], trial["before"]


def test_the_command_goes_on_where_kill_9_stopped_it(installation: Installation):
    """Killed while it waits for a time-stamp.

    The first is asked for before the batch begins, then each record needs five: head
    and seal over the data, head and seal over the pages, and one over all. The second
    is that of the first head's signature, the eleventh the last of the second record.
    The new batch takes over what the dead one has signed.
    """
    done_before = {"3A": (2, 0), "3B": (11, 1)}
    host(installation, "classes", *done_before)

    for name, (stamp, done) in done_before.items():
        signing = ["advance", "sign", "--as", "head", "--class", name]
        assert stamped(installation, signing, kill_at=stamp) == (-signal.SIGKILL, "")
        status, answer = stamped(installation, [*signing, "--json"])
        again = json.loads(answer)
        assert status == 0
        assert (again["done"], again["refused"]) == (3 - done, [])

    # The reconciler finds the two dead batches, and that all is done.
    left = host(installation, "resume_all")
    assert [batch["finished"] for batch in left] == [True, True]
    assert [batch["statuses"] for batch in left] == [["done"] * 3] * 2
    assert [batch["records"] for batch in left] == [[SIGNED_ONCE] * 3] * 2
    assert [batch["made"] for batch in left] == [[MADE_ONCE] * 3] * 2
    assert installation.json("check_integrity")["ok"] is True


def stamped(
    installation: Installation, words: list[str], *, kill_at: int = 0
) -> tuple[int, str]:
    """Run a command whose time-stamper kills it instead of its n-th answer.

    Return how it ended, and what it printed.
    """
    ca = ensure_development_ca(
        installation.folder / "pki", at=NOW, allow_development=True
    )
    processes: list[subprocess.Popen[str]] = []
    asked = 0

    def answer(body: bytes) -> bytes:
        nonlocal asked
        asked += 1
        if asked == kill_at:
            os.kill(processes[0].pid, signal.SIGKILL)
            return b""
        return DevelopmentTimeStamper(ca).respond(body)

    with served(answer) as url:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=installation.environment | {"TSA_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        processes.append(process)
        printed, _errors = process.communicate(timeout=240)
        return process.returncode, printed
