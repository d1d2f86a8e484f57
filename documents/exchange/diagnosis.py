"""Why the schema refused a packet: attacks get their own names.

The schema alone decides what is refused; this only says what it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.kinds.packets import Coverage, PacketFormat

from .faults import Fault
from .places import (
    DATA,
    HEADER,
    ISSUE,
    LIST,
    PACKAGE,
    PACKAGE_DATA,
    PACKAGE_HEADER,
    PACKAGE_RECORDS,
    PACKAGE_SLOT,
    RECEIPT,
    RECEIPT_DATA,
    RECEIPT_HEADER,
    RECEIPT_LINES,
    RECEIPT_SLOT,
    RECORD,
    SHEET,
    SIGNATURE,
    SIGNERS,
)
from .trees import DS, Element, elements, ids

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
PLAIN = re.compile(r"#[A-Za-z_][A-Za-z0-9_.-]*")
WEAK = ("sha1", "md5", "ripemd160", "hmac", "dsa-sha")

# Element → the one element that it may stand in.
Parents = dict[str, str | None]
PACKAGE_PARENTS: Parents = {
    PACKAGE: None,
    PACKAGE_DATA: PACKAGE,
    PACKAGE_HEADER: PACKAGE_DATA,
    PACKAGE_RECORDS: PACKAGE_DATA,
    PACKAGE_SLOT: PACKAGE,
}
RECEIPT_PARENTS: Parents = {
    RECEIPT: None,
    RECEIPT_DATA: RECEIPT,
    RECEIPT_HEADER: RECEIPT_DATA,
    RECEIPT_LINES: RECEIPT_DATA,
    RECEIPT_SLOT: RECEIPT,
}
# What stands in an envelope and is signed; nothing in it is loose.
INSIDE = {PACKAGE: {PACKAGE_HEADER, RECORD}, RECEIPT: {RECEIPT_HEADER, RECEIPT_LINES}}
RECORD_PARENTS: Parents = {
    DATA: RECORD,
    SHEET: DATA,
    HEADER: SHEET,
    SIGNERS: DATA,
    ISSUE: RECORD,
}


def diagnose(root: Element, format: PacketFormat | None = None) -> list[Fault]:
    """The faults of a tree that was refused; none if nothing fits."""
    parents = expected_parents(root, format)
    found = [Fault.ID_DUPLICATED] if max(ids(root).values(), default=0) > 1 else []
    found += misplaced(root, parents, format)
    if root.tag in INSIDE:
        found += unsigned(root, parents, INSIDE[root.tag])
    elif format is not None:
        found += unsigned(root, parents, {SHEET})
    for signature in root.iter(SIGNATURE):
        found += signature_faults(signature)
    return list(dict.fromkeys(found))


def expected_parents(root: Element, format: PacketFormat | None) -> Parents:
    """Of all elements around what is signed, and of what signatures cover."""
    if root.tag == RECEIPT:
        return RECEIPT_PARENTS
    in_package = root.tag == PACKAGE
    parents = dict(PACKAGE_PARENTS) if in_package else {}
    parents |= {RECORD: PACKAGE_RECORDS if in_package else None} | RECORD_PARENTS
    if format is None:
        return parents
    for slot in format.slots:
        match slot.covers:
            case Coverage.PART:
                parents |= {LIST + slot.code: SIGNERS, slot.code: LIST + slot.code}
            case Coverage.SHEET:
                parents[slot.code] = SIGNERS
            case Coverage.DATA:
                parents[slot.code] = ISSUE
    if member := format.parts:
        parents |= {member.name: SHEET, member.item: member.name}
    return parents


def misplaced(
    root: Element, parents: Parents, format: PacketFormat | None
) -> Iterator[Fault]:
    """What signatures cover stands elsewhere, or twice where it may stand once."""
    many = {RECORD}
    if format is not None:
        many |= {slot.code for slot in format.slots if slot.covers is Coverage.PART}
        many |= {format.parts.item} if format.parts else set()
    seen: set[tuple[Element, str]] = set()
    for element in elements(root):
        if element.tag not in parents:
            continue
        above = element.getparent()
        if element is root:
            above = None
        place = (above, element.tag)
        outside = parents[element.tag] != (None if above is None else above.tag)
        if outside or (place in seen and element.tag not in many):
            yield Fault.OUT_OF_PLACE
            return
        seen.add(place)


def unsigned(root: Element, parents: Parents, inner: set[str]) -> Iterator[Fault]:
    """Elements, texts or attributes outside of ``inner`` that nobody signs."""
    for element in elements(root):
        if element.tag not in parents or is_within(element, inner):
            continue
        known = {tag for tag, above in parents.items() if above == element.tag}
        foreign = [child for child in element if child.tag not in {*known, SIGNATURE}]
        loose = element.text or set(element.attrib) - {"Id"}
        if foreign or loose or any(child.tail for child in element):
            yield Fault.UNSIGNED_ELEMENT
            return


def is_within(element: Element, tags: set[str]) -> bool:
    """Whether it is one of them or stands in one."""
    above = element.iterancestors()
    return element.tag in tags or any(one.tag in tags for one in above)


def signature_faults(signature: Element) -> Iterator[Fault]:
    """References, transforms and algorithms that ours never have."""
    references = signature.findall(f"{DS}SignedInfo/{DS}Reference")
    if not references:
        yield Fault.REFERENCES_MISSING
    for reference in references:
        uri = reference.get("URI") or ""
        if not PLAIN.fullmatch(uri):
            yield Fault.REFERENCE_FORBIDDEN
        transforms = reference.findall(f"{DS}Transforms/{DS}Transform")
        named = [one.get("Algorithm") for one in transforms]
        if named != [EXCLUSIVE] or any(len(one) for one in transforms):
            yield Fault.TRANSFORM_FORBIDDEN
    if any(is_weak(one.get("Algorithm", "")) for one in signature.iter("{*}*")):
        yield Fault.WEAK_ALGORITHM


def is_weak(algorithm: str) -> bool:
    name = algorithm.rpartition("#")[2]
    return any(name.startswith(weak) or name.endswith(weak) for weak in WEAK)
