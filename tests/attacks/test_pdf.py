"""A signed file that somebody changed, as verify_records is shown it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from documents.models import Record
from documents.rendering import render_stamp
from workflow.services import record_pdf
from workflow.services.evidence.verdicts import verdict_of_file

EVERY_SO_OFTEN = 40


def flip(pdf: bytes, place: int) -> bytes:
    return pdf[:place] + bytes([pdf[place] ^ 0x01]) + pdf[place + 1 :]


@pytest.fixture
def pdf(locked_record: Record) -> bytes:
    return record_pdf(locked_record)


def test_the_untouched_file_is_authentic(pdf: bytes):
    assert verdict_of_file(pdf).verdict == "authentic"


def test_no_flipped_bit_anywhere_is_authentic(pdf: bytes):
    """Places over the whole file, drawn once and for all by the seed."""
    places = random.Random(27).sample(range(len(pdf)), EVERY_SO_OFTEN)

    verdicts = {place: verdict_of_file(flip(pdf, place)).verdict for place in places}

    assert set(verdicts.values()) == {"altered"}, verdicts


def test_no_flipped_bit_in_a_signature_is_authentic(pdf: bytes):
    begin = re.search(rb"/Contents ?<3", pdf).end()
    places = random.Random(28).sample(range(begin, begin + 3000), 10)

    verdicts = [verdict_of_file(flip(pdf, place)).verdict for place in places]

    assert "authentic" not in verdicts


def append_revision(pdf: bytes) -> bytes:
    """A page that shows something else, added as a reader would save it."""
    last = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    size = max(map(int, re.findall(rb"/Size (\d+)", pdf)))
    root = re.findall(rb"/Root (\d+ \d+ R)", pdf)[-1]
    place = len(pdf) + 1
    added = b"%d 0 obj\n<</Type/Page>>\nendobj\n" % size
    xref = place + len(added)
    return (
        pdf
        + b"\n"
        + added
        + (
            b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root %s/Prev %d>>\n"
            b"startxref\n%d\n%%%%EOF\n" % (size, place, size + 1, root, last, xref)
        )
    )


FORGERIES: dict[str, tuple[Callable[[bytes], bytes], str, str]] = {
    "bytes behind the end": (
        lambda pdf: pdf + b"\n% and a mark of 10",
        "altered",
        "bytes_behind_end",
    ),
    "a revision behind the signatures": (append_revision, "altered", "history_changed"),
    "only the first half": (
        lambda pdf: pdf[: len(pdf) // 2],
        "unreadable",
        "truncated",
    ),
    "nothing": (lambda pdf: b"", "unreadable", "empty_file"),
    "a workbook": (lambda pdf: b"PK\x03\x04" + pdf, "unreadable", "not_a_pdf"),
    "another PDF": (
        lambda pdf: render_stamp(["Hoàn thành"], 200, 50),
        "unknown",
        "not_signed",
    ),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forgery_is_called_what_it_is(pdf: bytes, what: str):
    forge, verdict, code = FORGERIES[what]

    answer = verdict_of_file(forge(pdf))

    assert (answer.verdict, answer.reasons[0].code) == (verdict, code)
    assert all(str(reason.sentence) for reason in answer.reasons)
    assert answer.sheets == ()
