"""Our reader reads what pyHanko's own reads."""

from __future__ import annotations

from io import BytesIO

import pytest
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.workflow.signing.material import Desk, printed_record
from workflow.signing.reading import RecordReader


@pytest.fixture(scope="module")
def locked(desk: Desk) -> bytes:
    return desk.lock(desk.issue(printed_record()))


def written(value):
    out = BytesIO()
    value.write_to_stream(out)
    return out.getvalue()


def test_every_object_of_every_revision_is_read_as_pyhanko_reads_it(locked):
    mine, theirs = RecordReader(locked), PdfFileReader(BytesIO(locked))

    pairs = [
        (mine.get_object(one, revision), theirs.get_object(one, revision))
        for revision in (1, theirs.total_revisions - 1)
        for one in theirs.xrefs.explicit_refs_in_revision(0)
    ]

    assert len(pairs) > 1000
    for ours, expected in pairs:
        assert type(ours) is type(expected)
        assert written(ours) == written(expected)


def test_signatures_are_read_to_the_byte(locked):
    mine, theirs = RecordReader(locked), PdfFileReader(BytesIO(locked))

    both = zip(mine.embedded_signatures, theirs.embedded_signatures, strict=True)

    for ours, expected in both:
        assert ours.pkcs7_content == expected.pkcs7_content
        assert ours.compute_digest() == expected.compute_digest()


@pytest.mark.parametrize("digit", [b"G", b" ", b">", b"<"])
def test_a_wrong_digit_in_a_signature_is_read_as_pyhanko_reads_it(locked, digit):
    place = locked.rindex(b"/Contents <") + 3000
    broken = locked[:place] + digit + locked[place + 1 :]

    def read(make):
        try:
            return [one.pkcs7_content for one in make().embedded_signatures]
        except (PdfReadError, ValueError) as error:
            return type(error)

    assert read(lambda: RecordReader(broken)) == read(
        lambda: PdfFileReader(BytesIO(broken))
    )
