"""From an approved version to the file that is issued: packet, pages, signatures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from documents.exchange.standing import Given, given_to
from documents.models import Signature, Version
from documents.printing import form_input
from documents.rendering import SIGNATURE_SIZE, FormInput, render_pdf, render_stamp

from ..signing import pades
from ..signing.asking import Act, Ask
from ..signing.longterm import Keeper
from .exchange.packets import Signer, sign_in_packet

REASONS: dict[str, str] = {"head": "Ký duyệt học bạ", "seal": "Phát hành học bạ"}


@dataclass(frozen=True)
class Issued:
    """What has been signed, and the rows that say who did; nothing is written yet."""

    version: Version
    pdf: bytes
    packet: bytes
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class Issue:
    """One record on its way out. The same issue asks for the same signatures again.

    ``signers`` sign in their order, ``at`` is the time that they claim, ``render``
    may remember pages that it has made before.
    """

    version: Version
    signers: Sequence[Signer]
    keeper: Keeper
    at: datetime
    render: Callable[[FormInput], bytes] = render_pdf

    def act(self) -> Act[Issued]:
        """Sign the data, print it with the signed data inside, and sign the pages.

        Two rounds of questions for each key: the pages hold the signed data, so what
        is to be signed of them is known only then.
        """
        given = given_to(self.version)
        packet = given.packet
        signed = yield from sign_in_packet(
            packet,
            self.signers,
            timestamper=self.keeper.timestamper,
            at=self.at,
        )
        xml = packet.to_bytes()
        pdf = self.render(self._form(xml, given))
        for signer in self.signers:
            pdf = yield from self._sign_pages(pdf, signer)
        pdf = self.keeper.complete(pdf, at=timezone.now())
        school = self.version.record.issuer
        rows = [
            one.row(self.version, school, signer, self.at)
            for one, signer in zip(signed, self.signers, strict=True)
        ]
        return Issued(self.version, pdf, xml, tuple(rows))

    def _form(self, packet: bytes, given: Given) -> FormInput:
        return form_input(
            self.version,
            signed_on=timezone.localdate(self.at),
            head_name=self.signers[0].certificate.name,
            packet=packet,
            given=given,
        )

    def _sign_pages(self, pdf: bytes, signer: Signer) -> Act[bytes]:
        timestamper = self.keeper.timestamper
        prepared = pades.prepare(
            pdf,
            field=signer.slot,
            certificate=signer.certificate,
            mechanism=signer.mechanism,
            stamp_pdf=render_stamp(stamp_lines(signer, self.at), *SIGNATURE_SIZE),
            reason=REASONS[signer.slot],
            location=self.version.record.issuer.place,
            at=self.at,
            token_size=timestamper.token_size,
        )
        (signature,) = yield [Ask(signer.slot, prepared.digest)]
        return pades.finish(prepared, signature, timestamper=timestamper)


def stamp_lines(signer: Signer, at: datetime) -> list[str]:
    """The visible block: name, office, organisation, time.

    To the minute, so that the records of a class share their block: to the second it
    would be laid out anew for almost each. The signature itself has the second.
    """
    time = timezone.localtime(at).strftime("Thời gian ký: %d/%m/%Y %H:%M")
    lines = [signer.certificate.name, signer.office, signer.certificate.organisation]
    # A seal's certificate names the school as holder and as organisation.
    return [*dict.fromkeys(filter(None, lines)), time]
