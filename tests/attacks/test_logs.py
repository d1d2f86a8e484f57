"""What stands in a hostile file writes no line of its own into the log."""

from __future__ import annotations

import logging

from pyhanko.pdf_utils.generic import ArrayObject, NumberObject, pdf_name, pdf_string

from tests.attacks.forging import field, updated
from workflow.verification.reasons import Verdict

FORGED = "head\n2026-06-30T12:00:00Z [error] the seal was stolen"


def break_and_rename(writer):
    head = field(writer, "head")
    signature = head["/V"]
    head[pdf_name("/T")] = pdf_string(FORGED)
    signature[pdf_name("/ByteRange")] = ArrayObject(map(NumberObject, (0, 9, 7)))
    writer.update_container(head)
    writer.update_container(signature)


def test_a_field_s_name_breaks_no_line_of_the_log(check, issued, caplog):
    with caplog.at_level(logging.INFO, logger="workflow.verification"):
        report = check(updated(issued, break_and_rename))

    said = [record.getMessage() for record in caplog.records]
    assert report.verdict != Verdict.AUTHENTIC
    assert any("the seal was stolen" in line for line in said)
    assert not [line for line in said if "\n" in line]
