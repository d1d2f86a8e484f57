"""A role that ends in mid-batch: after its end no record takes the step.

Two processes, each with a connection of its own.
"""

from __future__ import annotations

import pytest

from tests.concurrency.conftest import host
from tests.installation import Installation

pytestmark = pytest.mark.concurrency


def test_the_end_of_a_role_waits_for_the_chunk_and_stops_the_next_record(
    installation: Installation,
):
    found = host(installation, "a_role_that_ends_in_a_chunk")

    assert found["run"] == ["done"] * 2 + ["refused"] * 3
    assert found["report"]["finished"]
    # What was locked when the role had ended is all that was ever locked.
    assert found["locked"] == found["locked_in_the_end"] == 2
    states = [record["state"] for record in found["report"]["records"]]
    assert states == ["locked"] * 2 + ["signed"] * 3
    assert found["flaws"] == []


def test_a_chunk_waits_for_an_end_that_is_being_written_and_takes_nothing(
    installation: Installation,
):
    found = host(installation, "a_role_whose_end_is_being_written")

    assert found["run"] == ["refused"] * 5
    assert found["locked"] == found["locked_in_the_end"] == 0
    assert {record["state"] for record in found["report"]["records"]} == {"signed"}
    assert found["flaws"] == []
