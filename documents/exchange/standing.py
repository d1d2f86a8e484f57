"""Which signatures of teachers hold for what a version says.

A signature is entered on the version that it was made for. It holds for a later one
as long as what it covers is the same, byte for byte: a row that nobody changed keeps
the signature of its teacher.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.kinds.packets import Coverage, XmlSlot
from documents.models import Book, Record, Signature, Version

from .records import RecordPacket, Target


@dataclass(frozen=True)
class Given:
    """The packet of a version with what teachers have signed of it.

    ``signatures`` are their entries, the rows first; a sign-off without a key is among
    them and has no place in the packet.
    """

    version: Version
    packet: RecordPacket
    signatures: tuple[Signature, ...]

    @property
    def sheet_is_signed(self) -> bool:
        return any(not one.parts for one in self.signatures)

    def unsigned_parts(self) -> list[str]:
        """The subjects whose rows nobody has signed as they stand, in their order."""
        signed = {part for one in self.signatures for part in one.parts}
        return [part for part in self.packet.parts() if part not in signed]


def given_to(version: Version) -> Given:
    """The packet with every signature of teachers that holds for what it says."""
    return given_to_many([version])[version.pk]


def given_to_many(versions: Sequence[Version]) -> dict[int, Given]:
    """The same for versions of different records, by key, in two queries.

    The records come with their issuers.
    """
    records = [version.record for version in versions]
    _read_books(records)
    entered: dict[int, list[Signature]] = defaultdict(list)
    rows = Signature.objects.filter(version__record__in=[r.pk for r in records])
    read = rows.select_related("version").defer(
        "version__canonical", "version__lineage"
    )
    # Newest first: of two over the same row it counts.
    for row in read.order_by("-pk"):
        entered[row.version.record_id].append(row)
    return {one.pk: _given(one, entered[one.record_id]) for one in versions}


def _read_books(records: Sequence[Record]) -> None:
    # Not prefetch_related_objects: it compares keys by OR, of which SQLite refuses
    # more than a thousand. Nor in_bulk: there it asks for 999 at a time.
    known = Record._meta.get_field("book").is_cached
    without = [record for record in records if not known(record)]
    rows = Book.objects.filter(pk__in={record.book_id for record in without})
    books = {book.pk: book for book in rows}
    for record in without:
        record.book = books[record.book_id]


def _given(version: Version, entered: Iterable[Signature]) -> Given:
    packet = RecordPacket.of(version)
    slots = {
        slot.role: slot
        for slot in packet.format.slots
        if slot.covers is not Coverage.DATA
    }
    taken: set[str] = set()
    kept = []
    of_teachers = [row for row in entered if role_of(row) in slots]
    for row in sorted(of_teachers, key=lambda one: not one.parts):  # rows, then sheet
        slot = slots[role_of(row)]
        marks = set(row.parts) or {slot.code}
        if taken.isdisjoint(marks) and _holds(packet, slot, row, version):
            taken |= marks
            kept.append(row)
            if row.xml:
                packet.attach(slot.code, row.xml.encode())
    return Given(version, packet, tuple(kept))


def role_of(signature: Signature) -> str:
    """The role in which it was given: the beginning of its slot."""
    return signature.slot.partition(".")[0]


def digest_of(target: Target) -> str:
    """One digest over all that a signature covers (``Signature.covers``)."""
    covered = hashlib.sha256()
    for one in target.covered:
        covered.update(hashlib.sha256(one.data).digest())
    return covered.hexdigest()


def signed_rows(records: Iterable[Record]) -> dict[int, dict[str, Signature]]:
    """Who has signed which rows of many records as they stand; at most two queries.

    By record and subject. Says the same as ``given_to`` without writing a packet: the
    rows are compared as JSON.
    """
    read = {one.pk: one for one in records}
    given = list(
        Signature.objects.filter(version__record__in=read)
        .exclude(parts=[])
        .select_related("version")
        .defer("version__canonical", "version__lineage", "certificate", "xml")
        .order_by("pk")
    )
    older = [r for r in given if r.version_id != read[r.version.record_id].current_id]
    wanted = {r.version_id for r in older}
    wanted |= {read[r.version.record_id].current_id or 0 for r in older}
    texts = Version.objects.in_bulk(wanted) if wanted else {}
    found: dict[int, dict[str, Signature]] = defaultdict(dict)
    for row in given:
        record = read[row.version.record_id]
        if row.version_id == record.current_id or _same(record, texts, row):
            found[record.pk].update(dict.fromkeys(row.parts, row))
    return found


def _same(record: Record, versions: Mapping[int, Version], row: Signature) -> bool:
    now = versions.get(record.current_id or 0)
    if now is None:
        return False
    was, says = _rows(record, versions[row.version_id]), _rows(record, now)
    return all(was.get(part, ()) == says.get(part) for part in row.parts)


def _rows(record: Record, version: Version) -> dict[str, Any]:
    """The members of the content that are signed one by one, as a signature sees them.

    In a packet nothing stands for what says nothing: a row of one format version is
    the same in another that only has room for more.
    """
    member = record.definition.packets[version.format_version].parts
    if member is None:
        return {}
    rows = json.loads(version.canonical)[member.key]
    return {
        part: {key: value for key, value in row.items() if value not in (None, "")}
        for part, row in rows.items()
    }


def _holds(
    packet: RecordPacket, slot: XmlSlot, row: Signature, version: Version
) -> bool:
    if not row.covers:  # a sign-off of the time before signatures in packets
        return row.version_id == version.pk and slot.covers is Coverage.SHEET
    known = packet.parts()
    if not all(part in known for part in row.parts):
        return False
    return digest_of(packet.target(slot.code, row.parts)) == row.covers
