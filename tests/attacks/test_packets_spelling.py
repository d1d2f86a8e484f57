"""Attacks on the bytes of a packet: entities, bombs, another spelling, flipped bits."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from documents.exchange.trees import DECLARATION, END

DOCTYPE = b'<!DOCTYPE HOC_BA [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LAUGHS = b"<!DOCTYPE HOC_BA [<!ENTITY a 'ha'>%s]>" % b"".join(
    b"<!ENTITY a%d '&a;&a;&a;'>" % n for n in range(30)
)


def behind_declaration(added: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(DECLARATION, DECLARATION + added, 1)


def inside(tag: bytes, old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def attack(data: bytes) -> bytes:
        before, after = b"<%s>%s" % (tag, old), b"<%s>%s" % (tag, new)
        assert before in data
        return data.replace(before, after, 1)

    return attack


SPELLED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an external entity": (behind_declaration(DOCTYPE), "dtd_forbidden"),
    "an entity bomb": (behind_declaration(LAUGHS), "dtd_forbidden"),
    "an outside DTD": (
        behind_declaration(b'<!DOCTYPE HOC_BA SYSTEM "http://a.example/a.dtd">'),
        "dtd_forbidden",
    ),
    "a comment in a score": (
        inside(b"DIEM_KTDK", b"8", b"8<!-- -->"),
        "markup_forbidden",
    ),
    "an instruction": (inside(b"DIEM_KTDK", b"8", b"8<?x?>"), "markup_forbidden"),
    "a CDATA section": (
        inside(b"DIEM_KTDK", b"8", b"<![CDATA[8]]>"),
        "markup_forbidden",
    ),
    "a character reference": (
        inside(b"DIEM_KTDK", b"8", b"&#56;"),
        "packet_rewritten",
    ),
    "an undeclared entity": (inside(b"DIEM_KTDK", b"8", b"&x;"), "damaged"),
    "white space": (lambda data: data.replace(b"><", b">\n<"), "packet_rewritten"),
    "other quotes": (lambda data: data.replace(b'"', b"'"), "packet_rewritten"),
    "a mark of the byte order": (lambda data: b"\xef\xbb\xbf" + data, "not_a_packet"),
    "UTF-16": (
        lambda data: data.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        "not_a_packet",
    ),
    "bytes behind the end": (lambda data: data + b"\n", "packet_rewritten"),
    "a second document": (lambda data: data + b"<HOC_BA/>", "damaged"),
    "half of it": (lambda data: data[: len(data) // 2], "damaged"),
    "white space that nobody signs": (
        lambda data: data.replace(b"<HOC_BA><", b"<HOC_BA>\n<", 1),
        "packet_rewritten",
    ),
    "a namespace that cannot be": (
        lambda data: data.replace(b"<HOC_BA>", b'<HOC_BA xmlns:a="b">', 1),
        "packet_rewritten",
    ),
    "an unused namespace": (
        lambda data: data.replace(b"<HOC_BA>", b'<HOC_BA xmlns:a="urn:b">', 1),
        "packet_rewritten",
    ),
    "too many elements": (
        lambda data: DECLARATION + b"<A></A>" * 30_000 + data[len(DECLARATION) :],
        "too_complex",
    ),
    "a deep well": (
        lambda data: DECLARATION + b"<A>" * 5_000 + b"</A>" * 5_000 + END,
        "too_complex",
    ),
    "nothing": (lambda data: b"", "empty_file"),
    "a PDF": (lambda data: b"%PDF-1.7\n" + data, "not_a_packet"),
    "too large": (lambda data: data + b" " * (4 * 2**20), "too_large"),
}


@pytest.mark.parametrize("what", SPELLED)
def test_another_spelling_is_called_what_it_is(original, verdict, what: str):
    attack, reason = SPELLED[what]

    found, reasons = verdict(attack(original))

    assert found in ("altered", "unreadable")
    assert reasons == (reason,)


def test_no_flipped_bit_anywhere_is_authentic(original, verdict):
    """Places over the whole packet, drawn once and for all by the seed."""
    places = random.Random(4).sample(range(len(original)), 150)

    def flipped(place):
        middle = bytes([original[place] ^ 0x01])
        return original[:place] + middle + original[place + 1 :]

    verdicts = {place: verdict(flipped(place)) for place in places}

    assert {found for found, _ in verdicts.values()} <= {"altered", "unreadable"}
