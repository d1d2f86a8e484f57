"""Our reader reads what pyHanko's own reads."""

from __future__ import annotations

from io import BytesIO

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.workflow.signing.material import Desk, printed_record
from workflow.signing.bounds import read_by_pyhanko, read_entries
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


def told(section):
    """What a section says, with its sets in order: they have none of their own."""
    return {
        name: sorted(value) if isinstance(value, set) else value
        for name, value in vars(section).items()
    }


def test_cross_references_are_read_as_pyhanko_reads_them(locked):
    mine, theirs = RecordReader(locked), PdfFileReader(BytesIO(locked))

    pairs = [
        [
            reader.xrefs.get_xref_container_info(number),
            told(reader.xrefs.get_xref_data(number)),
        ]
        for number in range(theirs.total_revisions)
        for reader in (mine, theirs)
    ]

    assert len(pairs) == 2 * theirs.total_revisions > 2
    for ours, expected in zip(pairs[::2], pairs[1::2], strict=True):
        assert repr(ours) == repr(expected)
    assert mine.last_startxref == theirs.last_startxref
    assert mine.has_xref_stream


def section(widths, index, data):
    numbers = generic.NumberObject
    return generic.StreamObject(
        {
            pdf_name("/W"): generic.ArrayObject(map(numbers, widths)),
            pdf_name("/Index"): generic.ArrayObject(map(numbers, index)),
            pdf_name("/Size"): numbers(9),
        },
        stream_data=data,
    )


ROWS = bytes([1, 0, 9, 0, 2, 0, 5, 7, 0, 0, 0, 3, 9, 1, 1, 1])


@pytest.mark.parametrize(
    ("widths", "index", "data"),
    [
        ((1, 2, 1), (0, 4), ROWS),
        ((1, 2, 1), (0, 1, 5, 3), ROWS),
        ((1, 1, 2), (1, 4), ROWS),
        ((1, 8, 2), (1, 1), bytes([1, 255, 0, 0, 0, 0, 0, 0, 1, 0, 1])),
        ((0, 2, 2), (1, 4), ROWS),
        ((1, 3, 0), (1, 4), ROWS),
        ((1, 2, 1), (1, 5), ROWS),
        ((1, 2, 1), (1, 3), ROWS),
        ((1, 2, 1), (5, 2, 1, 2), ROWS),
        ((1, 2, 1), (1, 2, 2, 2), ROWS),
        ((1, 1, 4), (1, 1), bytes([1, 9, 0, 1, 0, 0])),
        ((1, 1, 4), (1, 1), bytes([2, 9, 0, 1, 0, 0])),
        ((1, 9, 1), (1, 1), bytes([1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0])),
    ],
)
def test_every_layout_of_entries_is_read_as_pyhanko_reads_it(widths, index, data):
    def read(how):
        try:
            return vars(how(section(widths, index, data)))
        except (PdfReadError, AssertionError) as error:
            return type(error), str(error).lower()[:18]

    assert read(read_entries) == read(read_by_pyhanko)


def test_a_section_that_was_read_before_belongs_to_each_reader_alone():
    first = read_entries(section((1, 2, 1), (1, 4), ROWS))
    first.standard_xrefs.clear()
    first.explicit_refs_in_revision.clear()

    second = read_entries(section((1, 2, 1), (1, 4), ROWS))

    expected = read_by_pyhanko(section((1, 2, 1), (1, 4), ROWS))
    assert vars(second) == vars(expected)
    assert second.standard_xrefs
