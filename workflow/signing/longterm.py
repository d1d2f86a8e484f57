"""What makes a signed file last: validation data in it, and a time-stamp over all.

Head and seal sign at level B-T. ``Keeper.complete`` then adds one revision with the
certificates and proofs of non-revocation of every signer and time-stamping service
(DSS, EN 319 142-1 §5.4), and one with a document time-stamp: B-LTA for each of them.
The two are apart because validators look for the data in the revisions before a
time-stamp.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1

from documents.exchange.faults import PacketRefused
from documents.exchange.reading import open_record
from workflow.signing.algorithms import (
    AlgorithmPolicy,
    default_policy,
    uses_of_certificate,
    uses_of_signer,
)
from workflow.signing.cms import certificates_of, timestamp_of
from workflow.signing.errors import NotSignable
from workflow.signing.evidence import Evidence, EvidenceSource, evidence_for
from workflow.signing.pades import stamp_document
from workflow.signing.reading import RecordReader
from workflow.signing.timestamps import TimeStamper
from workflow.signing.update import (
    EFFECTIVE_DATE,
    STAMP_FIELD,
    RecordUpdate,
    fill_date,
    follow,
    open_update,
    opened,
    stamp_count,
)
from workflow.verification.chains import Chain, find_chain
from workflow.verification.revocation import Status
from workflow.verification.stored import Stored, stored_in, streams
from workflow.verification.structure import embedded_packet
from workflow.verification.trust import TrustStore
from workflow.verification.xml_signatures import XmlSignature

EVIDENCE = "evidence"
PdfDictionary: Any = generic.DictionaryObject
PdfStream: Any = generic.StreamObject
PdfList: Any = generic.ArrayObject


@dataclass(frozen=True)
class Used:
    """A certificate, when it signed or stamped, and what came with it."""

    leaf: x509.Certificate
    others: tuple[x509.Certificate, ...]
    moment: datetime


@dataclass(frozen=True)
class Keeper:
    """Whom to ask, whom to trust and who stamps, to keep files for the long term."""

    trust: TrustStore
    source: EvidenceSource
    timestamper: TimeStamper

    def complete(self, pdf: bytes, *, at: datetime) -> bytes:
        """Bring every signature of ``pdf`` to level B-LTA; again, to renew it.

        Raises NotSignable, CertificateRevoked, what the time-stamper raises, or
        RevocationUnavailable: then ``pdf`` is as good as before.
        """
        update = open_update(pdf, EVIDENCE)
        if store_evidence(update, self.missing(update, at)):
            update = open_update(written(update), EVIDENCE)
        return stamp_document(update, self.timestamper)

    def fill_effective_date(
        self, pdf: bytes, text: str, stamp_pdf: bytes, *, at: datetime
    ) -> bytes:
        """Write the date from which the record counts, and keep the level.

        Without the time-stamp the bytes of this revision would be under no signature
        at all and could be changed unseen. Raises NotSignable when there is no such
        field or it is filled already, else as ``complete``.
        """
        update = open_update(pdf, EFFECTIVE_DATE)
        fill_date(update, text, stamp_pdf)
        if store_evidence(update, self.missing(update, at)):
            update = open_update(written(update), EFFECTIVE_DATE)
        return stamp_document(update, self.timestamper)

    def missing(self, update: RecordUpdate, at: datetime) -> Evidence:
        """The proof that the file does not bring yet, asked for at ``at``.

        Of the last time-stamp's certificate it is always asked: from now on another
        one vouches for it.
        """
        stored = stored_in(update.prev)
        used = list(all_used(update.prev))
        # The first time that each of them was used; the last one is asked about.
        first = {one.leaf.dump(): one for one in reversed(used)}
        found = Evidence()
        for der, one in first.items():
            # Also what leads beyond an anchor: it came with the signature, under
            # nobody's signature, and has to be known to the byte.
            found += Evidence(tuple(other.dump() for other in one.others))
            last = der == used[-1].leaf.dump()
            if last or not self.is_proven(one, stored):
                found += evidence_for(
                    one.leaf,
                    extra=(*one.others, *stored.certificates),
                    trust=self.trust,
                    source=self.source,
                    at=at,
                    used=min(one.moment, at),
                )
        return found

    def is_proven(self, used: Used, stored: Stored) -> bool:
        extra = (*used.others, *stored.certificates)
        moment = used.moment
        chain = find_chain(used.leaf, trust=self.trust, at=moment, extra=extra)
        if not isinstance(chain, Chain):
            return False
        return chain.status(stored.revocations, since=moment) is Status.GOOD


def evidence_expires_at(
    pdf: bytes, policy: AlgorithmPolicy | None = None
) -> datetime | None:
    """Until when the last time-stamp can vouch for the file; renew before.

    The earliest end of the certificates that came with it and of what they and it
    were made with. None if there is no document time-stamp: the file is not made to
    last, and needs ``Keeper.complete`` now. Raises NotSignable for what is no PDF.
    """
    policy = policy or default_policy()
    token = last_stamp(opened(pdf, EVIDENCE))
    if token is None:
        return None
    signed = cms.ContentInfo.load(token)["content"]
    leaf, others = read_certificates(signed)
    uses = [
        *uses_of_signer(signed["signer_infos"][0], leaf),
        *(use for one in (leaf, *others) for use in uses_of_certificate(one)),
    ]
    ends: list[datetime] = [one.not_valid_after for one in (leaf, *others)]
    end = policy.ends(uses)
    return min(filter(None, (end, *ends)))


def last_stamp(file: RecordReader) -> bytes | None:
    """The token of the last document time-stamp, by the number in its field's name."""
    number = stamp_count(file)
    form = follow(file.root, "/AcroForm", {})
    for reference in follow(form, "/Fields", ()):
        field = reference.get_object()
        if number and follow(field, "/T") == f"{STAMP_FIELD}{number}":
            token: bytes = field["/V"].raw_get("/Contents").original_bytes
            return token
    return None


def all_used(reader: Any) -> Iterator[Used]:
    """Every certificate that signed or stamped: the data, then the pages in order."""
    yield from used_in_packet(embedded_packet(reader))
    for embedded in reader.embedded_signatures:
        signed = embedded.signed_data
        if embedded.sig_object_type == "/DocTimeStamp":
            yield used_by(signed)
            continue
        token = timestamp_of(signed)
        if token is None:
            raise NotSignable(embedded.field_name, "a signature without a time-stamp")
        stamp = used_by(token)
        leaf, others = read_certificates(signed)
        yield Used(leaf, tuple(others), stamp.moment)
        yield stamp


def used_in_packet(data: bytes | None) -> Iterator[Used]:
    """Those of the XML signatures in the file, when each was stamped or says it was."""
    if data is None:
        return
    try:
        packet = open_record(data)
    except PacketRefused as error:
        raise NotSignable(EVIDENCE, str(error)) from error
    for standing in packet.standing():
        signature = XmlSignature.of(standing.element)
        stamp = None
        if signature.token is not None:
            stamp = used_by(cms.ContentInfo.load(signature.token)["content"])
            yield stamp
        leaf = signature.leaf or signature.certificates[0]
        others = tuple(one for one in signature.certificates if one is not leaf)
        yield Used(leaf, others, stamp.moment if stamp else signature.claimed)


def used_by(token: cms.SignedData) -> Used:
    leaf, others = read_certificates(token)
    moment = token["encap_content_info"]["content"].parsed["gen_time"].native
    return Used(leaf, tuple(others), moment)


def read_certificates(
    signed: cms.SignedData,
) -> tuple[x509.Certificate, list[x509.Certificate]]:
    try:
        return certificates_of(signed)
    except ValueError as error:
        raise NotSignable(EVIDENCE, str(error)) from error


def store_evidence(update: RecordUpdate, evidence: Evidence) -> bool:
    """Add to the DSS what is not in it; False if nothing was to be added."""
    wanted = {
        "/Certs": evidence.certificates,
        "/CRLs": evidence.crls,
        "/OCSPs": evidence.answers,
    }
    store = follow(update.root, "/DSS", PdfDictionary())
    new = {
        key: [data for data in values if data not in set(streams(store, key))]
        for key, values in wanted.items()
    }
    if not any(new.values()):
        return False
    for key, values in new.items():
        if values:
            added = [update.add_object(PdfStream(stream_data=one)) for one in values]
            store[pdf_name(key)] = PdfList([*listed(store, key), *added])
    if "/DSS" in update.root:
        update.update_container(store)
    else:
        update.root["/DSS"] = update.add_object(store)
        # The store is declared as PAdES in PDF 1.7 is (EN 319 142-1 §5.6).
        update.register_extension(ESIC_EXTENSION_1)
        update.update_root()  # type: ignore[no-untyped-call]
    return True


def listed(store: Any, key: str) -> list[Any]:
    """The references in a list as they stand."""
    found = follow(store, key, ())
    return [found.raw_get(place) for place in range(len(found))]


def written(update: RecordUpdate) -> bytes:
    output = BytesIO()
    update.write(output)  # type: ignore[no-untyped-call]
    return output.getvalue()
