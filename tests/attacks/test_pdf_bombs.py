"""Small files that would cost much: refused before they are unpacked or counted out."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile

from workflow.signing.bounds import MAX_ENTRIES, MAX_SECTIONS, TooMuch
from workflow.signing.reading import RecordReader

CATALOG = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
PAGES = b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
BODY = b"%PDF-1.7\n" + CATALOG + PAGES
MANY = 3_000_000_000
MOST_SECONDS = 5  # of a stranger's file; without the bounds hours


def section(size: int, extra: bytes = b"", *, data: bytes = b"") -> bytes:
    """A file whose cross-references are one stream without widths."""
    head = b"3 0 obj\n<</Type/XRef/Size %d/W[0 0 0]/Root 1 0 R%s/Length %d>>\n"
    stream = b"stream\n" + data + b"\nendstream\nendobj\n"
    begin = len(BODY)
    return BODY + head % (size, extra, len(data)) + stream + tail(begin)


def tail(begin: int) -> bytes:
    return b"startxref\n%d\n%%%%EOF\n" % begin


def beside_a_table() -> bytes:
    """The same, hidden in a hybrid file behind a table without entries."""
    stream = len(BODY)
    whole = section(MANY).removesuffix(tail(stream))
    trailer = b"<</Size 4/Root 1 0 R/XRefStm %d>>\n" % stream
    return whole + b"xref\n0 0\ntrailer\n" + trailer + tail(len(whole))


def chained() -> bytes:
    """Tables without entries, each naming the one before."""
    out, before = BODY, b""
    for _number in range(MAX_SECTIONS + 1):
        begin = len(out)
        trailer = b"<</Size 3/Root 1 0 R%s>>\n" % before
        out += b"xref\n0 0\ntrailer\n" + trailer
        before = b"/Prev %d" % begin
    return out + tail(begin)


def long_table() -> bytes:
    begin, count = len(BODY), MAX_ENTRIES + MAX_ENTRIES // 10
    head = b"xref\n0 %d\n" % count
    lines = b"0000000009 00000 n \n" * count
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\n" % count
    return BODY + head + lines + trailer + tail(begin)


BOMBS: dict[str, Callable[[], bytes]] = {
    "entries of no bytes": lambda: section(MANY),
    "counted in parts": lambda: section(9, b"/Index[0 %d]" % MANY),
    "beside a table": beside_a_table,
    "sections": chained,
    "a long table": long_table,
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_announces_too_much_is_refused_before_it_is_read(name: str):
    data = BOMBS[name]()
    before = time.process_time()

    with pytest.raises(TooMuch):
        RecordReader(data)

    assert time.process_time() - before < MOST_SECONDS


def test_a_negative_part_does_not_hide_the_others():
    sizes = b"/Index[0 %d %d %d]" % (MANY, MANY, -MANY + 1)

    with pytest.raises(Exception, match="negative"):
        RecordReader(section(9, sizes))


@pytest.mark.django_db
def test_at_the_counter_a_bomb_is_a_file_that_cannot_be_read(client):
    data = section(MANY)

    answer = client.post(
        "/verify/", {"file": upload(data)}, headers={"accept-language": "en"}
    )

    assert answer.status_code == 200
    assert "This file cannot be read." in answer.content.decode()


@pytest.mark.django_db
def test_an_attachment_that_unpacks_to_gigabytes_is_not_unpacked(client):
    data = with_record(zlib.compress(b"\0" * 40 * 1024 * 1024, 9))

    answer = client.post(
        "/verify/", {"file": upload(data)}, headers={"accept-language": "en"}
    )

    assert answer.status_code == 200
    assert "This file cannot be read." in answer.content.decode()


def with_record(packed: bytes) -> bytes:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R"
        b"/Names<</EmbeddedFiles<</Names[(record.json) 3 0 R]>>>>>>",
        b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</Type/Filespec/UF(record.json)/EF<</F 4 0 R>>>>",
        b"<</Type/EmbeddedFile/Filter/FlateDecode/Length %d>>\nstream\n" % len(packed)
        + packed
        + b"\nendstream",
    ]
    out, table = b"%PDF-1.7\n", b"xref\n0 5\n0000000000 65535 f \n"
    for number, content in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    trailer = b"trailer\n<</Size 5/Root 1 0 R>>\n"
    return out + table + trailer + tail(len(out))


def upload(data: bytes) -> ContentFile[bytes]:
    return ContentFile(data, name="a.pdf")
