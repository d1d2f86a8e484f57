"""The signed XML of a version: what stands in it, and what a new signature adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from documents.exchange.records import RecordPacket
from documents.exchange.standing import digest_of
from documents.kinds.packets import Coverage
from documents.models import Signature, Unit, User, Version

from ...signing import xades
from ...signing.asking import Act, Ask
from ...signing.certificates import CertificateInfo
from ...signing.providers.base import Mechanism
from ...signing.timestamps import TimeStamper
from ..keys.credentials import pem_of


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


def sign_in_packet(
    packet: RecordPacket,
    signers: Sequence[Signer],
    *,
    timestamper: TimeStamper,
    at: datetime,
    parts: Sequence[str] = (),
) -> Act[list[Signed]]:
    """Let each signer fill the slot of their role; all cover the packet as it is now.

    A slot over parts is filled over ``parts``. All keys are asked at once. The
    signatures stand in the packet then.
    """
    slots = {slot.role: slot for slot in packet.format.slots}
    covered = [
        tuple(parts) if slots[one.slot].covers is Coverage.PART else ()
        for one in signers
    ]
    targets = [
        packet.target(slots[one.slot].code, those)
        for one, those in zip(signers, covered, strict=True)
    ]
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
    for number, one in enumerate(signers):
        xml = xades.finish(prepared[number], raw[number], timestamper=timestamper)
        packet.attach(slots[one.slot].code, xml)
        digest = digest_of(targets[number])
        done.append(Signed(xml.decode(), covered[number], digest))
    return done
