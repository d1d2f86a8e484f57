"""XML as bytes and trees. The one place that parses what others have sent.

A packet has exactly one spelling: a fixed declaration, then exclusive C14N 1.0 of
the whole. What differs from it by a single byte (quotes, white space, comments,
CDATA, character references, an encoding, a DTD) was not written by us and could
mean one thing to the signature and another to the reader.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from .faults import Fault, PacketRefused

# lxml brings no types.
Element = Any

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
END = b"\n"
SCHEMAS = Path(__file__).with_name("schemas")
DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
DTD = re.compile(rb"<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """What a reader is ready to hold in memory."""

    size: int
    elements: int
    depth: int = 24


RECORD_LIMITS = Limits(size=4 * 2**20, elements=20_000)
# A whole school: 1,600 records with 16 signatures each.
PACKAGE_LIMITS = Limits(size=256 * 2**20, elements=4_000_000)


def parse(data: bytes, limits: Limits = RECORD_LIMITS) -> Element:
    """The root of the tree that ``data`` spells. Raises PacketRefused.

    Nothing is loaded, no entity is resolved, and whatever could hide content is
    refused before the parser sees it.
    """
    refuse_early(data, limits)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        deep = "depth" in str(error).lower()
        fault = Fault.TOO_COMPLEX if deep else Fault.DAMAGED
        line, column = error.position
        place = f"{line}:{column}"
        raise PacketRefused([fault], str(error), place=place) from error
    if depth(root) > limits.depth:
        raise PacketRefused([Fault.TOO_COMPLEX])
    if not is_exact(root, data):
        raise PacketRefused([Fault.REWRITTEN])
    return root


def is_exact(root: Element, data: bytes) -> bool:
    """Whether ``data`` is the one spelling of its tree, and not laid out for reading.

    White space between elements is no data, and some of it nobody signs.
    """
    if any(one.tail or (len(one) and is_blank(one.text)) for one in elements(root)):
        return False
    try:
        return to_bytes(root) == data
    except etree.C14NError:  # a namespace whose name is relative
        return False


def is_blank(text: str | None) -> bool:
    return text is not None and text != "" and not text.strip()


def refuse_early(data: bytes, limits: Limits) -> None:
    """What can be said of the bytes alone."""
    if not data:
        raise PacketRefused([Fault.EMPTY_FILE])
    if len(data) > limits.size:
        raise PacketRefused([Fault.TOO_LARGE])
    if not data.lstrip().startswith(b"<"):
        raise PacketRefused([Fault.NOT_A_PACKET])
    if found := DTD.search(data):
        raise PacketRefused([Fault.DTD_FORBIDDEN], place=place_of(data, found.start()))
    # "<" is always escaped in text, so these can only be comments, CDATA sections
    # and processing instructions. A comment would cut a text in two for the reader
    # and not for the signature.
    if b"<!" in data or data.count(b"<?") > 1:
        raise PacketRefused([Fault.MARKUP_FORBIDDEN])
    if data.count(b"<") > 2 * limits.elements:
        raise PacketRefused([Fault.TOO_COMPLEX])
    if not data.startswith(DECLARATION):
        raise PacketRefused([Fault.REWRITTEN])


def place_of(data: bytes, offset: int) -> str:
    """Line and column of a byte, both from 1, as editors count them."""
    before = data[:offset]
    return f"{before.count(END) + 1}:{offset - before.rfind(END)}"


def depth(root: Element) -> int:
    """How deep the elements stand, without recursion."""
    deepest, level = 0, 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        level += 1 if event == "start" else -1
        deepest = max(deepest, level)
    return deepest


def canonical(element: Element) -> bytes:
    """Exclusive C14N 1.0 without comments: what a reference digests."""
    data: bytes = etree.tostring(
        element, method="c14n", exclusive=True, with_comments=False
    )
    return data


def to_bytes(root: Element) -> bytes:
    """The one spelling of a packet."""
    return DECLARATION + canonical(root) + END


def fragment(data: bytes) -> Element:
    """The tree of one signature that our own signer has written."""
    return etree.fromstring(data)


def new(tag: str, namespaces: dict[str, str] | None = None) -> Element:
    return etree.Element(tag, nsmap=namespaces)


def add(parent: Element, tag: str, **attributes: str) -> Element:
    return etree.SubElement(parent, tag, attributes)


def elements(root: Element) -> Iterator[Element]:
    """Every element, root included, in document order."""
    found: Iterator[Element] = root.iter(etree.Element)
    return found


def ids(root: Element) -> Counter[str]:
    """How often each Id occurs."""
    return Counter(one.get("Id") for one in elements(root) if "Id" in one.attrib)


@cache
def schema(name: str) -> Any:
    """The XSD of that name (``primary_year-1``). Raises KeyError."""
    path = SCHEMAS / f"{name}.xsd"
    if not path.is_file():
        raise KeyError(name)
    return etree.XMLSchema(etree.parse(str(path)))


def is_valid(element: Element, name: str) -> bool:
    return bool(schema(name).validate(element))


def first_error(element: Element, name: str) -> str:
    """The path of the first element that the schema does not take; "" if none."""
    rules = schema(name)
    if rules.validate(element):
        return ""
    error = next(iter(rules.error_log), None)
    return error.path or "" if error else ""
