"""Several processes want the same: one gets it, the others are told."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.concurrency.conftest import host
from tests.installation import Installation

pytestmark = pytest.mark.concurrency
# A record that was signed once, whoever tried.
SIGNED_ONCE = {
    "state": "signed",
    "lines": ["submit", "sign"],
    "slots": ["class_teacher", "head", "seal", "subject_teacher.art"],
    "files": 1,
}


def test_each_step_is_taken_once_however_many_processes_try(
    installation: Installation,
):
    found = host(installation, "many_at_once")

    for step, answers in found["answers"].items():
        assert Counter(answers)["done"] == 1, (step, answers)
    assert set(found["answers"]["sign"]) == {"done", "illegal_transition"}
    assert set(found["answers"]["edit"]) == {"done", "version_moved"}
    assert found["record"] == {
        "state": "transferred",
        "lines": ["submit", "sign", "lock", "dispatch", "receive"],
        "slots": ["class_teacher", "head", "seal", "subject_teacher.art"],
        "files": 1,
    }
    # The signed record has one version, the edited one two.
    assert found["counts"] == {"versions": 3, "transfers": 1}
    assert found["flaws"] == []


def test_two_heads_sign_the_same_class_at_once(installation: Installation):
    found = host(installation, "two_batches_of_one_class")

    first, second = found["runs"]
    for outcomes in zip(first, second, strict=True):
        assert sorted(outcomes) == ["done", "refused"]
    assert found["records"] == [SIGNED_ONCE] * 3
    assert found["flaws"] == []


def test_two_workers_that_are_given_the_same_batch_share_nothing(
    installation: Installation,
):
    found = host(installation, "two_runs_of_one_batch")

    assert sorted(map(len, found["runs"])) == [0, 4]
    assert found["report"]["statuses"] == ["done"] * 4
    assert found["report"]["records"] == [SIGNED_ONCE] * 4
    assert found["flaws"] == []
