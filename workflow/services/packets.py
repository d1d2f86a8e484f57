"""The signed XML of a version: what stands in it, and what a new signature adds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from documents.exchange.records import RecordPacket, Target
from documents.kinds.packets import Coverage
from documents.models import Signature, Unit, User, Version

from ..signing import xades
from ..signing.asking import Act, Ask
from ..signing.certificates import CertificateInfo
from ..signing.providers.base import Mechanism
from ..signing.timestamps import TimeStamper
from .credentials import pem_of


@dataclass(frozen=True)
class Signer:
    """Who signs one slot: the certificate, how its key signs, and in what office."""

    slot: str
    certificate: CertificateInfo
    mechanism: Mechanism
    user: User
    office: str


@dataclass(frozen=True)
class Signed:
    """A finished ``ds:Signature`` over ``parts`` (or the whole), and what it covers."""

    xml: str
    parts: tuple[str, ...]
    covers: str

    def row(
        self, version: Version, school: Unit, signer: Signer, at: datetime
    ) -> Signature:
        """The signature as it is entered beside the version; not saved."""
        slot = ".".join([signer.slot, *self.parts[:1]])
        return Signature(
            version=version,
            slot=slot,
            signer=signer.user,
            unit=school,
            name=signer.certificate.name,
            office=signer.office,
            organisation=signer.certificate.organisation,
            certificate=pem_of(signer.certificate),
            signed_at=at,
            time_source="tsa",
            xml=self.xml,
            parts=list(self.parts),
            covers=self.covers,
        )


def packet_of(version: Version) -> RecordPacket:
    """The packet of a version with every signature that teachers gave to what it says.

    A subject's row that no later version changed keeps its signature: the element is
    the same, byte for byte.
    """
    packet = RecordPacket.of(version)
    by_role = {slot.role: slot for slot in packet.format.slots}
    standing = Signature.objects.filter(version__record=version.record_id).exclude(
        xml=""
    )
    # The newest first: of two over the same row it is the one that counts.
    rows = sorted(standing.order_by("-pk"), key=lambda one: not one.parts)
    for row in rows:
        slot = by_role[row.slot.partition(".")[0]]
        if slot.covers is Coverage.DATA or not _is_free(packet, slot.code, row.parts):
            continue
        if digest_of(packet.target(slot.code, row.parts)) == row.covers:
            packet.attach(slot.code, row.xml.encode())
    return packet


def unsigned_parts(packet: RecordPacket) -> list[str]:
    """The subjects whose rows nobody has signed as they stand."""
    signed = {
        part for one in packet.standing() for part in packet.parts_under(one.element)
    }
    return [part for part in packet.parts() if part not in signed]


def sign_in_packet(
    packet: RecordPacket,
    signers: Sequence[Signer],
    *,
    timestamper: TimeStamper,
    at: datetime,
    parts: Sequence[str] = (),
) -> Act[list[Signed]]:
    """Let each signer fill the slot of their role; all cover the packet as it is now.

    With ``parts`` one slot over those parts. The signatures stand in the packet then.
    """
    codes = {slot.role: slot.code for slot in packet.format.slots}
    targets = [packet.target(codes[one.slot], parts) for one in signers]
    prepared = [
        xades.prepare(
            target, certificate=one.certificate, mechanism=one.mechanism, at=at
        )
        for target, one in zip(targets, signers, strict=True)
    ]
    raw = yield [
        Ask(one.slot, it.digest) for one, it in zip(signers, prepared, strict=True)
    ]
    done = []
    for one, target, it, value in zip(signers, targets, prepared, raw, strict=True):
        xml = xades.finish(it, value, timestamper=timestamper)
        packet.attach(codes[one.slot], xml)
        done.append(Signed(xml.decode(), tuple(parts), digest_of(target)))
    return done


def digest_of(target: Target) -> str:
    """One digest over all that a signature covers."""
    covered = hashlib.sha256()
    for one in target.covered:
        covered.update(hashlib.sha256(one.data).digest())
    return covered.hexdigest()


def _is_free(packet: RecordPacket, slot: str, parts: Sequence[str]) -> bool:
    known = packet.parts()
    if not all(part in known for part in parts):
        return False
    place = packet.format.slot(slot)
    if place.covers is Coverage.PART:
        return set(parts) <= set(unsigned_parts(packet))
    return not packet.places.filled(place)
