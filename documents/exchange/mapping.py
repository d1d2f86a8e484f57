"""Content to elements and back, as the kind's packet format describes it.

Between the two stands plain JSON data, so that what is read has the same canonical
bytes as what was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import rfc8785

from documents.kinds.packets import Group, Member, Objects, Texts, Value, ValueType

from .trees import Element, add

# XML 1.0 §2.2: these characters cannot stand in a document at all.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
SAFE = 2**53
ENCODING, JSON = "maHoa", "json"
PLAIN = re.compile("[A-Za-z0-9_-]+")

PartId = Callable[[str, str], str]


def write(
    parent: Element,
    members: Iterable[Member],
    data: Mapping[str, Any],
    part_id: PartId | None = None,
) -> None:
    """Append the elements of ``data`` to ``parent``, in the order of ``members``.

    ``part_id`` gives the Id of a part by element name and key.
    """
    for member in members:
        value = data[member.key]
        match member:
            case Value():
                write_value(parent, member, value)
            case Group():
                write(add(parent, member.name), member.members, value)
            case Texts():
                container = add(parent, member.name)
                for text in value:
                    set_text(add(container, member.item), text)
            case Objects():
                write_objects(add(parent, member.name), member, value, part_id)


def write_value(parent: Element, member: Value, value: Any) -> None:
    if value is None or value == "":
        return
    element = add(parent, member.name)
    match member.type:
        case ValueType.NUMBER:
            element.text = rfc8785.dumps(value).decode()
        case ValueType.FLAG:
            element.text = "true" if value else "false"
        case _:
            set_text(element, value)


def write_objects(
    container: Element, member: Objects, value: Any, part_id: PartId | None
) -> None:
    if not member.keyed_by:
        for item in value:
            write(add(container, member.item), member.members, item)
        return
    for key, item in value.items():
        element = add(container, member.item)
        if member.are_parts and part_id:
            element.set("Id", part_id(member.item, key))
        set_text(add(element, member.keyed_by), key)
        write(element, member.members, item)


def set_text(element: Element, text: str) -> None:
    """Write any text; what XML cannot hold stands as a JSON string and says so."""
    if UNWRITABLE.search(text):
        element.set(ENCODING, JSON)
        text = json.dumps(text)
    element.text = text


def read(element: Element, members: Iterable[Member]) -> dict[str, Any]:
    """The data of an element that the schema has accepted.

    Raises ValueError for what the schema lets through and JSON does not.
    """
    children = {child.tag: child for child in element}
    return {member.key: read_member(children, member) for member in members}


def read_member(children: Mapping[str, Element], member: Member) -> Any:
    found = children.get(member.name)
    if isinstance(member, Value):
        return read_value(found, member.type)
    if found is None:
        raise ValueError(member.name)
    match member:
        case Group():
            return read(found, member.members)
        case Texts():
            return [get_text(item) for item in found]
        case Objects():
            return read_objects(found, member)


def read_value(element: Element | None, kind: ValueType) -> Any:
    if element is None:
        return "" if kind is ValueType.TEXT else None
    match kind:
        case ValueType.NUMBER:
            return parse_json(element.text)
        case ValueType.FLAG:
            return element.text == "true"
    return get_text(element)


def read_objects(container: Element, member: Objects) -> Any:
    items = [read(item, member.members) for item in container]
    if not member.keyed_by:
        return items
    keys = [get_text(item.find(member.keyed_by)) for item in container]
    if len(set(keys)) != len(keys):
        raise ValueError(member.keyed_by)
    return dict(zip(keys, items, strict=True))


def get_text(element: Element) -> str:
    text = element.text or ""
    if element.get(ENCODING) != JSON:
        return text
    decoded = json.loads(text)
    if not isinstance(decoded, str):
        raise ValueError(element.tag)
    return decoded


def parse_json(text: str | bytes) -> Any:
    """Canonical JSON as data that has the same canonical form again."""
    return json.loads(text, parse_int=_number)


def _number(digits: str) -> int | float:
    """Beyond 2⁵³ RFC 8785 writes floats without a fraction; they stay floats."""
    value = int(digits)
    return value if abs(value) < SAFE else float(value)


def id_part(key: str) -> str:
    """``key`` as the end of an Id; a key of other characters stands in hexadecimal."""
    return key if PLAIN.fullmatch(key) else "." + key.encode().hex()
