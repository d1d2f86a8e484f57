"""A record with all its signatures: two subject teachers, class teacher, head, seal."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from documents.exchange.envelopes import Envelope
from documents.exchange.packages import Package
from documents.exchange.records import RecordPacket
from tests.documents.exchange.packets import OTHER, package_header, packet
from tests.workflow.signing.material import NOW, PERSONAL_NUMBER, TAX_CODE, Desk
from workflow.signing.development import IssuedKey
from workflow.signing.providers.base import Provider
from workflow.signing.providers.pkcs12 import Pkcs12Provider
from workflow.signing.timestamps import TimeStamper
from workflow.signing.xades import finish, prepare, sign_slot
from workflow.verification.signatures import Slot

Sealed = TypeVar("Sealed", bound=Envelope)
ART = ("art", "music")
SLOTS = (
    Slot("GVBM"),
    Slot("GVBM.math", personal_number=PERSONAL_NUMBER),
    Slot("GVCN"),
    Slot("CBQL", personal_number=PERSONAL_NUMBER),
    Slot("KY_PHAT_HANH", tax_code=TAX_CODE),
)


def provider_of(key: IssuedKey) -> Pkcs12Provider:
    return Pkcs12Provider(key.path, key.passphrase)


def sign(
    desk: Desk,
    made: RecordPacket,
    slot: str,
    *,
    provider: Provider | None = None,
    parts: tuple[str, ...] = (),
    at: datetime = NOW,
    timestamper: TimeStamper | None = None,
) -> RecordPacket:
    key = desk.seal if slot == "KY_PHAT_HANH" else desk.head
    sign_slot(
        made,
        slot,
        provider=provider or provider_of(key),
        at=at,
        timestamper=timestamper or desk.timestamper,
        parts=parts,
    )
    return made


def signed_by_teachers(desk: Desk, made: RecordPacket | None = None) -> RecordPacket:
    """Teachers have no time-stamp of their own: those of head and seal cover them."""
    made = made or packet()
    rest = tuple(key for key in made.parts() if key not in ART)
    for slot, parts in (("GVBM", ART), ("GVBM", rest), ("GVCN", ())):
        sign_slot(
            made,
            slot,
            provider=provider_of(desk.head),
            at=NOW,
            timestamper=None,
            parts=parts,
        )
    return made


def issued(desk: Desk, made: RecordPacket | None = None) -> RecordPacket:
    made = signed_by_teachers(desk, made)
    return sign(desk, sign(desk, made, "CBQL"), "KY_PHAT_HANH")


def sealed(desk: Desk, package: Sealed, provider: Provider | None = None) -> Sealed:
    provider = provider or provider_of(desk.seal)
    prepared = prepare(
        package.target(),
        certificate=provider.describe(),
        mechanism=provider.mechanism,
        at=NOW,
    )
    authorisation = provider.authorise([prepared.digest])
    (value,) = provider.sign([prepared.digest], authorisation)
    package.attach(finish(prepared, value, timestamper=desk.timestamper))
    return package


def package_of_two(desk: Desk, **changes: Any) -> Package:
    made = [issued(desk), issued(desk, packet(record=OTHER))]
    return sealed(desk, Package.write(package_header(count=2, **changes), made))
