"""Packets of others: nothing is returned unless its form is exactly the known one."""

from __future__ import annotations

import rfc8785
from pydantic import ValidationError

from documents.canonical import content_digest
from documents.kinds import KINDS, get_kind
from documents.kinds.packets import PacketFormat

from .diagnosis import diagnose
from .faults import Fault, PacketRefused
from .headers import RecordHeader
from .mapping import get_text
from .places import DATA, HEADER, RECORD, SHEET, Places, data_id, part_id, sheet_id
from .records import RecordPacket, read_content
from .trees import Element, first_error, ids, is_valid, parse

UNREADABLE = (ValueError, ArithmeticError, rfc8785.CanonicalizationError)


def open_record(data: bytes) -> RecordPacket:
    """Read one record document. Raises PacketRefused.

    The schema has accepted it, every element stands in its place with an Id of this
    record, and the content has the digest that the header states. Nothing is said
    about signatures: see ``workflow.verification.xml``.
    """
    return read_record(parse(data))


def read_record(root: Element) -> RecordPacket:
    """The same for a document that stands in a package."""
    if root.tag != RECORD:
        raise PacketRefused([Fault.NOT_A_PACKET])
    kind, version = format_of(root)
    format = get_kind(kind).packets[version]
    require_form(root, f"{kind}-{version}", format)
    places = Places(root, format)
    try:
        header = RecordHeader.read(places.header)
        content = read_content(places)
    except UNREADABLE as error:
        raise PacketRefused([Fault.INVALID], str(error)) from error
    require_identity(header, places)
    require_content(header, content)
    return RecordPacket(header, places, content)


def format_of(root: Element) -> tuple[str, int]:
    """Kind and format version as the header says them; only known ones pass."""
    header = f"{DATA}/{SHEET}/{HEADER}"
    kind = root.findtext(f"{header}/LOAI_HO_SO", "")
    version = root.findtext(f"{header}/PHIEN_BAN_DINH_DANG", "")
    known = KINDS[kind].packets if kind in KINDS else {}
    if version not in {str(number) for number in known}:
        found = [] if version else diagnose(root)
        raise PacketRefused(found or [Fault.VERSION_UNKNOWN])
    return kind, int(version)


def require_form(root: Element, schema: str, format: PacketFormat) -> None:
    """Schema and Ids; what the schema refuses gets its own name if it has one."""
    repeated = max(ids(root).values(), default=0) > 1
    if repeated or has_foreign_attributes(root) or not is_valid(root, schema):
        place = first_error(root, schema)
        raise PacketRefused(diagnose(root, format) or [Fault.INVALID], place=place)


def has_foreign_attributes(root: Element) -> bool:
    """xsi:type and the like, which every schema lets through."""
    return any(key[0] == "{" for one in root.iter("*") for key in one.attrib)


def require_identity(header: RecordHeader, places: Places) -> None:
    """Every Id is that of this record: no element comes from another one."""
    record = header.record
    found = [places.data.get("Id"), places.sheet.get("Id")]
    expected = [data_id(record), sheet_id(record)]
    if member := places.format.parts:
        for item in places.parts:
            found.append(item.get("Id"))
            key = get_text(item.find(member.keyed_by))
            expected.append(part_id(record, member.item, key))
    if found != expected:
        raise PacketRefused([Fault.ANOTHER_RECORD])


def require_content(header: RecordHeader, content: bytes) -> None:
    """The digest of the header, and the kind's own schema."""
    if content_digest(header.kind, header.format_version, content) != header.sha256:
        raise PacketRefused([Fault.DIGEST_WRONG])
    try:
        get_kind(header.kind).parse(content)
    except ValidationError as error:
        raise PacketRefused([Fault.INVALID], str(error)) from error
